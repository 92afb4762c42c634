"""The programs that documents are examined and converted with, by the worker."""

import asyncio

from sakark_api.doctor.report import Finding, ok, warning
from sakark_api.formats import Tool, tools
from sakark_api.settings import Settings
from sakark_api.texts import text

__all__ = ["check_tools"]

CHECK = "tools"


async def check_tools(settings: Settings) -> list[Finding]:
    """Name each program that is not on this machine, or does not work, and what it is for."""
    listed = await asyncio.to_thread(tools, settings)
    missing = [one for one in listed if one.version is None]
    if not missing:
        return [ok(CHECK, text("Programmene som undersøker og konverterer dokumenter, er her."))]
    return [_missing(one) for one in missing]


def _missing(tool: Tool) -> Finding:
    if tool.name == "clamd":
        return warning(
            CHECK,
            text("clamd svarer ikke; start den, eller rett SAKARK_CLAMD_ADDRESS."),
        )
    if tool.name == "bwrap":
        return warning(
            CHECK,
            text(
                "bwrap mangler eller får ikke lage navnerom, så programmene som åpner dokumenter,"
                " når nettet og filene her; installer bubblewrap, og la worker lage navnerom."
            ),
        )
    return warning(
        CHECK,
        text(
            "{verktoey} mangler eller virker ikke; der sakark worker kjører, trengs det for"
            " {formaal}.",
            verktoey=tool.name,
            formaal=tool.for_what,
        ),
    )
