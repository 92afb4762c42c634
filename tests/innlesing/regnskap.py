"""Everything that an extraction says against everything that a kommune holds, by value."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from sakark_api.deponering.element import DATES
from sakark_api.noark.model import Base

NORWAY = ZoneInfo("Europe/Oslo")
_FILE = "referanseDokumentfil"


def told(structure: Path) -> Iterator[tuple[str, str]]:
    """List every text of an XML file, with the name of its element."""
    for element in etree.parse(structure).iter("{*}*"):
        if len(element) == 0 and (element.text or "").strip():
            yield etree.QName(element).localname, element.text or ""


def held(session: Session) -> Counter[str]:
    """Count every value of every row of a kommune, however deep in it."""
    found: Counter[str] = Counter()
    for table in Base.metadata.sorted_tables:
        if "tenant_id" not in table.c or table.name in ("kodeverdi", "teller"):
            continue
        columns = [one for one in table.c if one.name not in ("sok", "tenant_id", "omfang")]
        rows = select(*columns).where(table.c.tenant_id == session.info["tenant_id"])
        for row in session.execute(rows):
            found.update(plain for value in row for plain in _plain(_json(value)))
    return found


def _json(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", by_alias=True) if dump is not None else value


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _plain(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _plain(_json(one))
    elif isinstance(value, datetime):
        yield from _moment(value)
    elif value is not None:
        text = str(value)
        yield from {alike(part) for part in (text, *text.split("\n"), *text.split(": "))}
        if "T" in text and alike(text).startswith("@"):
            yield datetime.fromisoformat(text).astimezone(NORWAY).strftime("%Y-%m-%d")


def _moment(value: datetime) -> Iterator[str]:
    yield f"@{value.timestamp()}"
    yield value.astimezone(NORWAY).strftime("%Y-%m-%d")


def alike(value: str) -> str:
    """Give what values that mean the same have in common."""
    value = value.strip()
    if value.isdecimal():
        return value.lstrip("0") or "0"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value.casefold()
    if "T" not in value:
        return value[:10]
    aware = moment if moment.tzinfo else moment.replace(tzinfo=NORWAY)
    return f"@{aware.timestamp()}"


def missing(structure: Path, before: Counter[str], after: Counter[str]) -> list[tuple[str, str]]:
    """List what an extraction says that the kommune has not got by it."""
    left = after - before
    ends = {path.rpartition(".")[2] for name, path in told(structure) if name == _FILE}
    lost = []
    for name, value in told(structure):
        if name == "format" and value in ends:
            continue  # the file is still called that
        wanted = _wanted(name, value)
        if left[wanted] > 0:
            left[wanted] -= 1
        elif not (_is_named_once(name) and after[wanted]):
            lost.append((name, value))
    return lost


def missing_of_message(
    message: Path, before: Counter[str], after: Counter[str]
) -> list[tuple[str, str]]:
    """List what a message says that the kommune has not got by it.

    What it refers to, the kommune may have had before.
    """
    left = after - before
    lost = []
    for element in etree.parse(message).iter("{*}*"):
        name, value = etree.QName(element).localname, (element.text or "")
        if len(element) or not value.strip():
            continue
        above = [etree.QName(one).localname for one in element.iterancestors()]
        wanted = _wanted(name, value)
        if left[wanted] > 0:
            left[wanted] -= 1
        elif not (any(map(_refers, [name, *above])) and after[wanted]):
            lost.append((name, value))
    return lost


def _refers(name: str) -> bool:
    return name.startswith("referanse") or name in ("arkivdel", "klassifikasjon")


def _wanted(name: str, value: str) -> str:
    if name in DATES:
        return value.strip()[:10]
    if name == "formatDetaljer" and value.startswith("fmt/"):
        return alike(value.partition(" ")[2])  # the first word is the code
    if name == _FILE:
        return alike(value.replace("\\", "/").rpartition("/")[2])
    return alike(value)


def _is_named_once(name: str) -> bool:
    """Tell what there is in one place here, however often it is told there.

    References are to what a unit is called, and the format of a file is the end of its name.
    """
    return name.startswith("referanse") or name in ("format", "sjekksumAlgoritme")
