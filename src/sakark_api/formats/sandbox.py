"""Programs that open what others have sent: run where they reach nothing and can't go on for ever.

Where bubblewrap may make namespaces, a program has no network, sees no process but its own, and
of files only programs, fonts and its work folder. Elsewhere (`isolated` tells) the limits on
memory, time, processes and files are the same, but the network and this machine's files are as
open to it as to us. As root it is run as nobody.

The limits are set by `prlimit` in the new process, not by code of ours between fork and exec:
the worker has threads, and such code may then hang for ever.
"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = ["WORK_FOLDER", "Box", "ToolFailed", "ToolMissing", "found", "isolated", "sandbox"]

WORK_FOLDER: Final = "sakark-dokument-"
"""What the name of every folder begins with that a document is worked on in.

Whoever is killed leaves it behind, with the document; `jobs/sweeping.py` takes it away.
"""
NOBODY = 65534
MOST_PROCESSES = 1024
"""Threads count too, and those of other sandboxes: LibreOffice and Java have dozens each."""
MOST_TOLD = 16 * 1024 * 1024
"""How many bytes of what a program writes to its standard output are read."""

_SEEN = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ghostscript",
    "/etc/java-17-openjdk",
    "/etc/java-21-openjdk",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/etc/localtime",
    "/var/cache/fontconfig",
    "/var/lib/ghostscript",
)
"""What programs need to see of the machine: themselves, their libraries, and fonts."""
_TMP = "/tmp"  # noqa: S108 - the sandbox's own and empty; LibreOffice has its pipe there


class ToolMissing(Exception):
    """A program is not on this machine."""

    def __init__(self, tool: str) -> None:
        super().__init__(tool)
        self.tool = tool

    @property
    def text(self) -> Text:
        return text(
            "Programmet {verktoey} mangler på maskinen som arbeider med dokumentene. Installer"
            " det, og prøv igjen.",
            verktoey=self.tool,
        )


class ToolFailed(Exception):
    """A program was stopped, or ended badly; `why` has no word of what was in the file.

    `ended` tells that it gave up by itself, which is most often for what is in the file.
    """

    def __init__(self, tool: str, why: Text, *, ended: bool = False) -> None:
        super().__init__(f"{tool}: {why}")
        self.tool = tool
        self.why = why
        self.ended = ended

    @property
    def text(self) -> Text:
        return text(
            "Programmet {verktoey} klarte det ikke: {hvorfor} Prøv igjen; går det ikke, meld fra"
            " til drift.",
            verktoey=self.tool,
            hvorfor=self.why,
        )


@dataclass(frozen=True)
class Box:
    """A work folder that is gone afterwards, and programs run in it, one at a time."""

    folder: Path
    settings: Settings

    def take(self, path: Path, name: str) -> str:
        """Copy a file in under a name of ours, so that the original is out of reach."""
        with path.open("rb") as source, (self.folder / name).open("xb") as copy:
            shutil.copyfileobj(source, copy)
            os.fchmod(copy.fileno(), 0o644)
        return name

    def give(self, name: str, out: Path) -> bool:
        """Copy a file out that a program has made; tell whether there is one.

        What is no file of its own is none: a link that a hostile document had made would have us
        read for it what only we may read.
        """
        try:
            made = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return False
        if not stat.S_ISREG(os.fstat(made).st_mode):
            os.close(made)
            return False
        with os.fdopen(made, "rb") as source, out.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        return True

    def run(self, tool: str, *arguments: str, fine: Sequence[int] = (0,)) -> bytes:
        """Run a program of `SAKARK_TOOL_PATH` and give what it wrote to standard output.

        Raises `ToolMissing`, or `ToolFailed` when it is stopped or ends with another than `fine`.
        """
        program = found(tool, self.settings)
        if program is None:
            raise ToolMissing(tool)
        return self._run(tool, [program, *arguments], fine)

    def python(self, module: str, *arguments: str) -> bytes:
        """Run a module of ours, for libraries that read hostile bytes in C."""
        return self._run(module, [sys.executable, "-I", "-m", module, *arguments], (0,))

    def _run(self, tool: str, command: Sequence[str], fine: Sequence[int]) -> bytes:
        walls = _walls(self.folder, self.settings) if isolated(self.settings) else []
        with tempfile.TemporaryFile() as told:
            status = _watched(
                tool,
                [*walls, *_lowered(self.settings), *_limits(self.settings), *command],
                told.fileno(),
                self,
            )
            told.seek(0)
            output = told.read(MOST_TOLD)
        if status not in fine:
            raise _ending(tool, status)
        return output

    @property
    def environment(self) -> Mapping[str, str]:
        tmp = str(self.folder / "tmp")
        return {
            "PATH": self.settings.tool_path,
            "HOME": str(self.folder / "hjem"),
            "TMPDIR": tmp,
            "JDK_JAVA_OPTIONS": f"-Djava.io.tmpdir={tmp}",  # Java asks no TMPDIR
            "LANG": "C.UTF-8",
            "OMP_THREAD_LIMIT": "1",  # tesseract is no quicker with more, and the others are slower
        }


@contextmanager
def sandbox(settings: Settings) -> Iterator[Box]:
    """Make an empty work folder with a home of its own, and throw it all away in the end."""
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        for place in (folder, folder / "hjem", folder / "tmp"):
            place.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(place, NOBODY, NOBODY)
        yield Box(folder, settings)


def found(tool: str, settings: Settings) -> str | None:
    """Give the path of a program, or nothing."""
    return shutil.which(tool, path=settings.tool_path)


def isolated(settings: Settings) -> bool:
    """Tell whether programs run without network and without a view of our files."""
    return _may_isolate(settings.tool_path)


@cache
def _may_isolate(tool_path: str) -> bool:
    """Try it: many containers may make no namespaces."""
    bwrap = shutil.which("bwrap", path=tool_path)
    if bwrap is None:
        return False
    attempt = [bwrap, *_NAMESPACES, "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"]
    ended = subprocess.run(attempt, check=False, capture_output=True)  # noqa: S603 - words of ours
    return ended.returncode == 0


_NAMESPACES = (
    "--unshare-net",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--die-with-parent",
)


def _walls(folder: Path, settings: Settings) -> list[str]:
    """Wrap a command so that it sees programs, fonts and its work folder, and no network."""
    seen = dict.fromkeys([*_SEEN, *settings.tool_path.split(os.pathsep), *_our_own()])
    shown = (*seen, str(folder))
    above = dict.fromkeys(str(up) for one in shown for up in reversed(Path(one).parents[:-1]))
    above.pop(_TMP, None)
    open_ways = [word for one in above for word in ("--perms", "0755", "--dir", one)]
    views = [word for one in seen for word in ("--ro-bind-try", one, one)]
    become = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.geteuid() == 0 else []
    return [
        str(found("bwrap", settings)),
        *_NAMESPACES,
        *become,
        *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", _TMP),
        *open_ways,
        *views,
        *("--bind", str(folder), str(folder), "--chdir", str(folder)),
        "--",
    ]


def _our_own() -> Iterator[str]:
    """Give the folders that Python itself, the libraries and this program are in."""
    yield from (sys.base_prefix, sys.prefix)
    yield from (one for one in sys.path if one.endswith("site-packages"))
    yield str(Path(__file__).parents[2])


def _lowered(settings: Settings) -> list[str]:
    """Be nobody, where we are root."""
    if os.geteuid() != 0:
        return []
    who = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs")
    return [_required("setpriv", settings), *who, "--"]


def _limits(settings: Settings) -> list[str]:
    seconds = max(1, round(settings.tool_seconds))
    return [
        _required("prlimit", settings),
        f"--as={settings.tool_memory}",
        f"--cpu={seconds}",
        f"--fsize={settings.unpack_limit}",
        f"--nproc={MOST_PROCESSES}",
        "--nofile=1024",
        "--core=0",
        "--",
    ]


def _required(tool: str, settings: Settings) -> str:
    program = found(tool, settings)
    if program is None:
        raise ToolMissing(tool)
    return program


def _watched(tool: str, command: Sequence[str], output: int, box: Box) -> int:
    """Wait for a command, but not longer than is allowed, and leave no process of its group."""
    process = subprocess.Popen(  # noqa: S603 - a program of ours, with names of ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        cwd=box.folder,
        env=box.environment,
        start_new_session=True,
    )
    try:
        return process.wait(box.settings.tool_seconds)
    except subprocess.TimeoutExpired as error:
        seconds = round(box.settings.tool_seconds)
        why = text("stanset etter {sekunder} sekunder.", sekunder=seconds)
        raise ToolFailed(tool, why) from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


_SHELLS_SIGNAL = 128


def _ending(tool: str, status: int) -> ToolFailed:
    """Say how a program ended; a wrapper tells of a signal as a shell does."""
    number = -status if status < 0 else status - _SHELLS_SIGNAL
    if number in (signal.SIGXFSZ, signal.SIGXCPU, signal.SIGKILL):
        return ToolFailed(tool, text("stanset ved en grense for tid, minne eller filstørrelse."))
    return ToolFailed(tool, text("avsluttet med {kode}.", kode=status), ended=True)
