"""Whether a file is the PDF/A it says it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sakark_api.formats.sandbox import ToolFailed, ToolMissing, found, sandbox
from sakark_api.settings import Settings
from sakark_api.texts import text

__all__ = ["INSIDE", "Check", "check_pdfa"]

INSIDE = "sakark_api.inside"
_PIKEPDF_FLAVOURS: Mapping[str, str] = {"fmt/354": "1b", "fmt/477": "2b", "fmt/480": "3b"}
_NOT_PDFA = 1
"""What veraPDF ends with when a file does not hold; 0 when it does."""
_UNREADABLE = 7


@dataclass(frozen=True)
class Check:
    """What a validator said of a PDF/A; `faults` are the rules broken, none when it holds."""

    checker: str
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


def check_pdfa(path: Path, puid: str, settings: Settings) -> Check:
    """Validate a file against the PDF/A that it claims, with veraPDF.

    Where veraPDF is not, pikepdf's validator may approve a PDF/A-1b, -2b or -3b: it approves only
    what it knows to hold. What it does not approve may still be good: then `ToolMissing` is raised.
    """
    if found("verapdf", settings) is not None:
        return _by_verapdf(path, settings)
    flavour = _PIKEPDF_FLAVOURS.get(puid)
    if flavour is not None and _pikepdf_approves(path, flavour, settings):
        return Check("pikepdf", ())
    raise ToolMissing("verapdf")


def _by_verapdf(path: Path, settings: Settings) -> Check:
    """Let veraPDF choose the profile by what the file claims (`-f 0`)."""
    with sandbox(settings) as box:
        name = box.take(path, "fil.pdf")
        told = box.run(
            "verapdf", "--format", "json", "-f", "0", name, fine=(0, _NOT_PDFA, _UNREADABLE)
        )
    try:
        [job] = json.loads(told)["report"]["jobs"]
    except (ValueError, KeyError) as error:
        raise ToolFailed("verapdf", text("svarte uforståelig.")) from error
    results = job.get("validationResult")
    if not results:
        return Check("veraPDF", ("kan ikke leses",))
    result = results[0] if isinstance(results, list) else results
    if result["compliant"]:
        return Check("veraPDF", ())
    rules = result["details"].get("ruleSummaries", [])
    broken = dict.fromkeys(f"{one['clause']}-{one['testNumber']}" for one in rules)
    return Check("veraPDF", tuple(broken) or ("ukjent",))


def _pikepdf_approves(path: Path, flavour: str, settings: Settings) -> bool:
    with sandbox(settings) as box:
        return box.python(INSIDE, "pdfa", box.take(path, "fil.pdf"), flavour) == b"ja"
