"""Which programs this machine has, their versions, and what each is for."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed

from sakark_api.formats.clamd import clamd_version
from sakark_api.formats.sandbox import found, isolated
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = ["Tool", "tools", "version_of"]

_VERSION = re.compile(r"\d+(\.\d+)+")
_FPDF = "fpdf2"
_PATIENCE_SECONDS = 30

_FOR: Mapping[str, Text] = {
    "soffice": text("å lage PDF/A av Word, Excel, PowerPoint, OpenDocument, RTF, HTML og e-post"),
    "gs": text("å lage PDF/A av PDF"),
    "verapdf": text("å kontrollere at PDF/A er PDF/A"),
    "tesseract": text("å finne ord i skannede dokumenter"),
    "prlimit": text("å sette grenser for de andre programmene"),
    "bwrap": text("å holde programmene unna nettet og andre filer"),
}


@dataclass(frozen=True)
class Tool:
    """A program, its version where it is there and works, and what it is for."""

    name: str
    version: str | None
    for_what: Text


def tools(settings: Settings) -> tuple[Tool, ...]:
    """List every program that documents are examined and converted with, there or not."""
    listed = [Tool(name, version_of(name, settings), what) for name, what in _FOR.items()]
    if settings.clamd_address is not None:
        looks = text("å lete etter virus")
        listed.append(Tool("clamd", clamd_version(settings), looks))
    return tuple(listed)


def version_of(tool: str, settings: Settings) -> str | None:
    """Give the version of a program; nothing when it is not there or does not work."""
    if tool == _FPDF:
        return installed(_FPDF)
    if tool == "bwrap" and not isolated(settings):
        return None
    program = found(tool, settings)
    return _asked(program) if program is not None else None


@cache
def _asked(program: str) -> str | None:
    """Ask a program for its version; it opens nothing, and so needs no sandbox."""
    try:
        told = subprocess.run(  # noqa: S603 - a program of ours, and one word
            [program, "--version"], check=True, capture_output=True, timeout=_PATIENCE_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = _VERSION.search(told.stdout.decode("utf-8", "replace"))
    return version[0] if version else None
