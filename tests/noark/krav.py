"""The requirements of the standard as facts: what each demands, at which level, of which entity.

The statements are our wording. Those of entities are in `model.json`; level 0, which the standard
has as prose, is here. A test proves a requirement by carrying its id in the marker `krav`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any

__all__ = ["DEVIATIONS", "MODEL", "REQUIREMENTS", "Kind", "Level", "Requirement"]

MODEL: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "model.json").read_text(encoding="utf-8")
)


class Level(StrEnum):
    """The levels of conformance that chapter 3 names, and the package that has none."""

    BASE = "0"
    ARKIVSTRUKTUR = "1"
    ARKIVSTRUKTUR_OPTIONAL = "1.1"
    SAKARKIV = "2a"
    SAKARKIV_OPTIONAL = "2.1a"
    ADMIN = "admin"


class Kind(StrEnum):
    """How a requirement is numbered."""

    NUMBERED = "numbered"
    NEW = "un-numbered"
    METADATA = "metadata"


@dataclass(frozen=True)
class Requirement:
    """One requirement: `krav("<id>")` on a test says that the test proves it.

    A row of a metadata element has the id `M602 Arkiv`; a test with `M602` alone proves the
    element's rows of every entity.
    """

    id: str
    level: Level
    kind: Kind
    entity: str | None
    statement: str

    @property
    def number(self) -> str:
        return self.id.split(" ", maxsplit=1)[0]


LEVEL_0: Mapping[str, str] = {
    "TG0-01": "One root; everything else is found by relation keys, which are fixed.",
    "TG0-02": "The root is read without logging in.",
    "TG0-03": "OpenID Connect; its discovery document stands relative to the root.",
    "TG0-04": "OAuth 2.0 has its relation key at the root.",
    "TG0-05": "Data is given only to those who have logged in.",
    "TG0-06": "CORS: OPTIONS answers, without a token too.",
    "TG0-07": "The media type is application/vnd.noark5+json.",
    "TG0-08": "Text is UTF-8.",
    "TG0-09": "Every date and time has a time zone.",
    "TG0-10": "Numbers are JSON numbers.",
    "TG0-11": "systemID is a UUID.",
    "TG0-12": "Every error has the body `feil`.",
    "TG0-13": "Lists have count, results and _links; an empty one has no results.",
    "TG0-14": "Lists come in pages, and each but the last says where the next is.",
    "TG0-15": "$filter, $orderby, $top, $skip and $search, announced by templated links.",
    "TG0-16": "ny-* gives a template without self and without ETag.",
    "TG0-17": "POST answers 201 with Location.",
    "TG0-18": "PUT replaces the whole object.",
    "TG0-19": "PATCH merges (RFC 7396).",
    "TG0-20": "ETag guards against lost updates.",
    "TG0-21": "DELETE answers 204.",
    "TG0-22": "Relations are added, replaced and removed by $ref.",
    "TG0-23": "System information tells protocol and limits.",
    "TG0-24": "Files go up whole and in parts, come down, and are verified.",
    "TG0-25": "Only what the caller may see is found.",
}

OPTIONAL = frozenset(
    {
        *("5.2.10", "5.2.11", "6.6.26", "5.13.19", "5.13.23", "5.13.27", "5.4.5", "5.4.19"),
        *("5.5.12", "5.4.11", "6.1.5", "6.1.14", "6.1.15"),
    }
)
"""Requirements that say "bør"."""

NOT_IN_THE_STANDARD = frozenset({"Moetemappe"})
"""The meeting package is core Noark's only (GUIDE 0)."""

CORRECTIONS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Arkivdel", "M601 avsluttetDato"): ("M602", "avsluttetDato"),  # GUIDE 20, 23
    ("Dokumentobjekt", "M700 veriantformat"): ("M700", "variantformat"),
}
"""Slips of the standard, as `model.json` has them too."""

_NUMBERED = re.compile(r"(\d+\.\d+\.\d+): (.+)")
_METADATA = re.compile(r"(M\d{3})(?: (\w+))?: (.+)")


def _level(package: str, number: str) -> Level:
    if package == "admin":
        return Level.ADMIN
    if package == "sakarkiv":
        return Level.SAKARKIV_OPTIONAL if number in OPTIONAL else Level.SAKARKIV
    return Level.ARKIVSTRUKTUR_OPTIONAL if number in OPTIONAL else Level.ARKIVSTRUKTUR


def _rows(entity: str, lines: list[str]) -> Iterator[tuple[Kind, str, str]]:
    """Give kind, id and statement of each of an entity's lines."""
    new = 0
    for line in lines:
        if found := _NUMBERED.fullmatch(line):
            yield Kind.NUMBERED, found[1], found[2]
        elif found := _METADATA.fullmatch(line):
            number, name = CORRECTIONS.get((entity, f"{found[1]} {found[2]}"), found.group(1, 2))
            yield Kind.METADATA, f"{number} {entity}", f"{name}: {found[3]}" if name else found[3]
        else:
            new += 1
            yield Kind.NEW, f"Ny-{entity}-{new}", line


def _requirements() -> Iterator[Requirement]:
    for number, statement in LEVEL_0.items():
        yield Requirement(number, Level.BASE, Kind.NUMBERED, None, statement)
    for entity, facts in MODEL["entities"].items():
        if entity in NOT_IN_THE_STANDARD:
            continue
        rows = _rows(entity, facts.get("constraints", []))
        for (kind, id_), same in groupby(rows, key=lambda row: row[:2]):
            statement = "; ".join(row[2] for row in same)
            yield Requirement(id_, _level(facts["package"], id_), kind, entity, statement)


REQUIREMENTS: Mapping[str, Requirement] = {one.id: one for one in _requirements()}

EXTRACTION = (
    "of extractions for deposit: what is to be shielded of a title without offentligTittel is"
    " masked in the public journal"
)
AT_ONCE = "every original is converted when it comes, whatever its status and version"
ONE_AT_A_TIME = "optional; what may be deleted is deleted one at a time for now"

DEVIATIONS: Mapping[str, str] = {
    "M025 Registrering": EXTRACTION,
    "M025 Mappe": EXTRACTION,
    "Ny-Arkivdel-1": (
        "the interface itself offers ny-mappe on every arkivdel, and 5.4.14 has mapper in one with"
        " a system; closing a saksmappe demands its klasse (6.1.7)"
    ),
    "5.13.13": AT_ONCE,
    "5.13.15": AT_ONCE,
    "5.13.19": ONE_AT_A_TIME,
    "5.13.23": ONE_AT_A_TIME,
    "5.13.27": ONE_AT_A_TIME,
}
"""Requirements that no test proves: id and reason."""
