"""Moves a kommune, and is killed as it comes to a step for the nth time.

Run with the step, which time, and the words of the command.
"""

import os
import signal
import sys
from typing import Any

from sakark_api import cli
from sakark_api.flytting import ankomst, deling, oppgivelse, sammenslaaing, utreise


def main() -> None:
    step, times = sys.argv[1], int(sys.argv[2])
    modules = (ankomst, deling, sammenslaaing, utreise, oppgivelse)
    module: Any = next(one for one in modules if hasattr(one, step))
    do, left = getattr(module, step), [times]

    def kill(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments, **named)

    setattr(module, step, kill)
    sys.argv[1:] = sys.argv[3:]
    cli.main()


if __name__ == "__main__":
    main()
