"""Forks API and worker off a process that has loaded them, as loading them takes seconds.

Each line it reads is a command of `sakark` and the file of its log; it answers with the number of
the process, which is a `sakark` like any other.
"""

import os
import signal
import sys

import sakark_api.app
import sakark_api.jobs.worker
import sakark_api.serving
from sakark_api import cli

LOADED = (sakark_api.app, sakark_api.jobs.worker, sakark_api.serving)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed is gone at once
    for line in sys.stdin:
        command, log = line.split()
        pid = os.fork()
        if pid == 0:
            become(command, log)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def become(command: str, log: str) -> None:
    """Run a command in this process, and end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["sakark", command]
    try:
        cli.main()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
