"""Does the job about a file again and again, each time killed as it comes to its next step.

Run with a job, a kommune and a systemID; tells how each try ended.
"""

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.jobs.conftest import Worker

from sakark_api.jobs import disposal, examining, unpacking
from sakark_api.jobs.tools import Tools
from sakark_api.settings import read_settings

EXAMINING = ("_make_copy", "with_copy", "_draw", "_put_beside", "record", "keep_preview", "the end")
UNPACKING = ("_store", "_write", "_register", "keep_mail", "record", "the end")
DISPOSING = (
    "begin",
    "next_line",
    "dispose",
    "forget_previews",
    "_destroy_bytes",
    "note_destroyed",
    "end",
    "the end",
)
JOBS: Mapping[str, tuple[Any, Any, tuple[str, ...]]] = {
    "examine": (examining, examining.examine_document, EXAMINING),
    "dispose": (disposal, disposal.execute_disposal, DISPOSING),
    "unpack": (unpacking, unpacking.take_email_apart, UNPACKING),
}


def kill(*arguments: Any, **named: Any) -> None:
    del arguments, named
    os.kill(os.getpid(), signal.SIGKILL)


def try_until(step: str, job: str, kommune: str, unit_id: UUID) -> None:
    """Do the job until it comes to a step."""
    module, do, _ = JOBS[job]
    if hasattr(module, step):
        setattr(module, step, kill)

    async def act(tools: Tools) -> None:
        await do(tools, (await tools.registry.current())[kommune].id, unit_id)
        kill()

    Worker(read_settings()).do(act)


def main() -> None:
    job, kommune, unit_id = sys.argv[1], sys.argv[2], UUID(sys.argv[3])
    for step in JOBS[job][2]:
        child = os.fork()
        if child == 0:
            try_until(step, job, kommune, unit_id)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{step} {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
