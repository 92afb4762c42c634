"""Makes a deposit that was ordered, and is killed as it comes to a step.

Run with the step, a kommune and the order.
"""

import os
import signal
import sys
from typing import Any
from uuid import UUID

from tests.jobs.conftest import Worker

from sakark_api.deponering import eksport
from sakark_api.jobs import exporting
from sakark_api.jobs.tools import Tools
from sakark_api.settings import read_settings


def kill(*arguments: Any, **named: Any) -> None:
    del arguments, named
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    step, kommune, order = sys.argv[1], sys.argv[2], UUID(sys.argv[3])
    module = exporting if hasattr(exporting, step) else eksport
    setattr(module, step, kill)

    async def act(tools: Tools) -> None:
        there = (await tools.registry.current())[kommune]
        await exporting.make_deposit(tools, there.id, order)

    Worker(read_settings()).do(act)


if __name__ == "__main__":
    main()
