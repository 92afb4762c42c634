"""Which programs this machine has, their versions, and what each is for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from sakark_api.formats.clamd import clamd_version
from sakark_api.formats.sandbox import ToolFailed, ToolMissing, isolated, sandbox
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

__all__ = ["Tool", "tools", "version_of"]

_VERSION = re.compile(r"\d+(\.\d+)+")
_FPDF = "fpdf2"

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
    if settings.clamd is not None:
        looks = text("å lete etter virus")
        listed.append(Tool("clamd", clamd_version(settings), looks))
    return tuple(listed)


def version_of(tool: str, settings: Settings) -> str | None:
    """Give the version of a program; nothing when it is not there or does not work."""
    if tool == _FPDF:
        return version(_FPDF)
    if tool == "bwrap" and not isolated(settings):
        return None
    return _asked(tool, settings)


@cache
def _asked(tool: str, settings: Settings) -> str | None:
    try:
        with sandbox(settings) as box:
            told = box.run(tool, "--version").decode("utf-8", "replace")
    except (ToolMissing, ToolFailed):
        return None
    found = _VERSION.search(told)
    return found[0] if found else None
