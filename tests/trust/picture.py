"""A small picture of an archive, as those who use it remember it: units, and what each is in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CATEGORY", "ENTRIES", "FOLDERS", "RULES", "Picture", "Unit", "User"]

ENTRIES = frozenset({"registrering", "journalpost", "arkivnotat"})
FOLDERS = frozenset({"mappe", "saksmappe"})
CATEGORY: Mapping[str, str] = {
    "arkivdel": "A",
    "klasse": "K",
    **dict.fromkeys(FOLDERS, "M"),
    **dict.fromkeys(ENTRIES, "R"),
    "dokumentbeskrivelse": "D",
}
"""The tilgangskategori that rights to each kind of unit are given by."""
RULES = frozenset({"inhabilitet", "sperring", "bevaringspaalegg"})
"""What is laid on a unit, and is not of the archive itself."""


@dataclass(frozen=True)
class User:
    """Somebody with one role in one kommune, and perhaps a group; `ingen` has no role."""

    role: str
    kommune: str
    person: str = ""
    """Who it is, where it is none of the demonstration's users."""
    group: str = ""

    @property
    def name(self) -> str:
        return f"{self.person or self.role}@{self.kommune}"

    @property
    def groups(self) -> frozenset[str]:
        """What rights may name: the role and the group."""
        return frozenset({self.role, self.group} - {"", "ingen"})


@dataclass(eq=False)
class Unit:
    """A unit, what it is in, and what was last answered of it to one who sees all."""

    kommune: str
    kind: str
    above: "Unit | None"
    shown: dict[str, Any]
    tag: str
    alive: bool = True
    texts: list[str] = field(default_factory=list)
    """Each title, name or remark that it ever had, the newest last."""
    file: bytes | None = None
    answers: "Unit | None" = None
    """Of an avskrivning: the entry that is the answer."""
    points_to: "Unit | None" = None
    """Of a kryssreferanse: where it leads."""
    statuses: set[str] = field(default_factory=set)
    """Each journalstatus that an entry ever had."""
    has_held: set[str] = field(default_factory=set)
    """Each journalstatus of entries that were ever in the case."""
    arkivdel: "Unit | None" = None
    """Of a mappe: the arkivdel it is in, also where it hangs on a klasse or in another mappe."""
    left: "list[Unit]" = field(default_factory=list)
    """Of a mappe: the arkivdeler that it was taken on from, when their period was over."""
    ordered: "Unit | None" = None
    """Of a klasse: the arkivdel that is ordered by its system."""
    successor: "Unit | None" = None
    """Of an arkivdel: the one of the next period."""
    members: "set[Unit]" = field(default_factory=set)
    """Of an administrativ enhet: its brukere."""

    @property
    def id(self) -> str:
        return str(self.shown["systemID"])

    @property
    def address(self) -> str:
        return str(self.shown["_links"]["self"]["href"])

    def kode(self, name: str) -> str:
        return str(self.shown.get(name, {}).get("kode", ""))

    @property
    def closed(self) -> bool:
        return "avsluttetDato" in self.shown

    @property
    def archived(self) -> bool:
        return "arkivertDato" in self.shown

    def all_above(self) -> "Iterator[Unit]":
        unit = self.above
        while unit is not None:
            yield unit
            unit = unit.above

    @property
    def whole(self) -> "dict[Unit, None]":
        """The unit and all that it is in, arkivdeler too."""
        chain = (self, *self.all_above())
        return dict.fromkeys((*chain, *(one.arkivdel for one in chain if one.arkivdel)))

    @property
    def holder(self) -> "Unit | None":
        """The unit that rights are given to, which this one is or is a part of."""
        return next((one for one in (self, *self.all_above()) if one.kind in CATEGORY), None)

    @property
    def entry(self) -> "Unit | None":
        """The entry that a document, a file or a part is of, or the unit itself."""
        return next((one for one in (self, *self.all_above()) if one.kind in ENTRIES), None)

    @property
    def folder(self) -> "Unit | None":
        return next((one for one in self.all_above() if one.kind in FOLDERS), None)


class Picture:
    """All units there have been, in the order they were made."""

    def __init__(self) -> None:
        self.units: list[Unit] = []

    def living(self, *kinds: str) -> list[Unit]:
        return [one for one in self.units if one.alive and (not kinds or one.kind in kinds)]

    def within(self, unit: Unit, *kinds: str) -> list[Unit]:
        """List what is directly in a unit."""
        return [one for one in self.living(*kinds) if one.above is unit]

    def below(self, unit: Unit) -> list[Unit]:
        """List what is in a unit, at every level."""
        return [one for one in self.living() if unit in one.all_above()]

    def rules(self, kommune: str, *kinds: str) -> Iterator[Unit]:
        """List what decides access in a kommune: rights, and what is laid on units."""
        return (one for one in self.living(*kinds) if one.kommune == kommune)

    def by_id(self, system_id: str) -> Unit | None:
        return next((one for one in self.units if one.id == system_id), None)

    def bury(self, unit: Unit) -> None:
        """Let a unit be gone, with the compositions that it was made of."""
        for one in (unit, *self.below(unit)):
            one.alive = False
