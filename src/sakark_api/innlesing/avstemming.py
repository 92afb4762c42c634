"""The reconciliation of an import: what there was in the extraction, and what there is now."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from sakark_api.innlesing.avvik import AVVIK, Avvik
from sakark_api.innlesing.felt import Felt, forms
from sakark_api.innlesing.mellomlager import Lest, Mellomlager
from sakark_api.innlesing.navn import Oppdrag
from sakark_api.innlesing.ordbok import NAVN
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.values import NORWAY, Kode, wire_time
from sakark_api.tenancy import innlesing as rader

__all__ = ["Antall", "Avstemming", "Avviksliste", "Hode", "Hull", "Kilde", "Proeve", "reconcile"]

_NO_UNIT: Final = frozenset({"I14", "I35", "I36", "I39"})
_NO_REFERENCE: Final = frozenset({"I32", "I40"})
SHOWN: Final = 200
"""How many faults of a kind, and gaps of a year, are listed; the rest are counted."""
_SAMPLES: Final = 20
_SAMPLED: Final = ("mappe", "registrering")
_BY_YEAR: Final = frozenset(
    {"mappe", "registrering", "dokumentbeskrivelse", "dokumentobjekt", "klasse", "arkivdel"}
)


@dataclass(frozen=True)
class Hode:
    """Which import it is of."""

    kommune: str
    fil: str
    mappe: str
    versjon: str
    fingeravtrykk: str
    arkivdelstatus: str | None
    dry_run: bool
    filer: int
    byte: int


@dataclass(frozen=True)
class Antall:
    """Units of a kind and year: in the extraction, and here; None here in a dry run."""

    slag: str
    type: str
    aar: str
    kilde: int
    her: int | None
    beholdt: int = 0
    """What is no unit here, and is kept in the import's own register."""


@dataclass(frozen=True)
class Hull:
    """The numbers of a year that are not there, between the first and the last."""

    serie: str
    aar: int
    foerste: int
    siste: int
    mangler: int
    nummer: Sequence[int]


@dataclass(frozen=True)
class Proeve:
    """One unit, element by element: what stood in the extraction, and what stands here."""

    linje: int
    system_id: str
    felt: Sequence[tuple[str, str, str, bool]]


@dataclass
class Avviksliste:
    """Faults: how many of each kind, and the first of them."""

    antall: Counter[str] = field(default_factory=Counter)
    foerste: dict[str, list[Avvik]] = field(default_factory=dict)
    beholdt: Counter[str] = field(default_factory=Counter)
    """How many units there were, by kind, that are none here."""

    def add(self, faults: Sequence[Avvik]) -> None:
        for one in faults:
            self.antall[one.kode] += 1
            slag = one.sted.partition("[")[0]
            if one.kode in _NO_UNIT and one.sted.endswith("]"):
                self.beholdt[slag] += 1
            if one.kode in _NO_REFERENCE and slag == "kryssreferanse":
                self.beholdt[slag] += 1
            listed = self.foerste.setdefault(one.kode, [])
            if len(listed) < SHOWN:
                listed.append(one)

    def as_data(self) -> list[dict[str, Any]]:
        """Give the kinds of faults in order, each with what was wrong and what was done."""
        return [
            {
                "kode": kode,
                "grad": AVVIK[kode].grad,
                "galt": str(AVVIK[kode].galt),
                "gjort": str(AVVIK[kode].gjort),
                "antall": self.antall[kode],
                "steder": [
                    {**asdict(one), "enhet": str(one.enhet) if one.enhet else None}
                    for one in self.foerste[kode]
                ],
            }
            for kode in sorted(self.antall)
        ]


@dataclass(frozen=True)
class Avstemming:
    """What an import came to, as it is written as JSON and kept with the import."""

    data: Mapping[str, Any]

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> "Avstemming":
        """Give what was kept of an import that is there already."""
        return cls({**data, "fra_foer": True})

    def as_data(self) -> dict[str, Any]:
        return dict(self.data)

    def with_receipt(self, receipt: str) -> "Avstemming":
        """Give it with what is answered to whoever sent a message."""
        return Avstemming({**self.data, "kvittering": receipt})

    @property
    def receipt(self) -> str | None:
        """The receipt of a message, if there is one."""
        found: str | None = self.data.get("kvittering")
        return found

    @property
    def faults(self) -> int:
        """How many faults there were that are against the standard."""
        return sum(one["antall"] for one in self.data["avvik"] if one["grad"] == "feil")

    @property
    def differs(self) -> bool:
        """Whether there are fewer of something here than there were."""
        return any(
            one["her"] is not None and one["her"] + one["beholdt"] < one["kilde"]
            for one in self.totals()
        )

    def totals(self) -> Iterator[dict[str, Any]]:
        """Give how many there are of each kind, whatever year they are of."""
        kinds = dict.fromkeys((one["slag"], one["type"]) for one in self.data["antall"])
        for slag, type_ in kinds:
            own = [x for x in self.data["antall"] if (x["slag"], x["type"]) == (slag, type_)]
            here = [one["her"] for one in own if one["her"] is not None]
            yield {
                "slag": slag,
                "type": type_,
                "kilde": sum(one["kilde"] for one in own),
                "her": sum(here) if here else None,
                "beholdt": sum(one["beholdt"] for one in own),
            }


@dataclass(frozen=True)
class Kilde:
    """What there is in an extraction: its units by kind, type and year, and a sample of them."""

    antall: Mapping[tuple[str, str, str], int]
    proever: Sequence[tuple[Lest, UUID]]

    @classmethod
    def of(cls, lager: Mellomlager, oppdrag: Oppdrag) -> "Kilde":
        """Count units, and draw some that are the same each time."""

        def drawn(nr: int) -> str:
            return hashlib.sha256(f"{oppdrag.digest}/{nr}".encode()).hexdigest()

        places = sorted(heapq.nsmallest(_SAMPLES, lager.places(_SAMPLED), key=drawn))
        units = [(unit, lager.id_of(unit)) for unit in map(lager.at, places)]
        return cls(lager.counts(), [(unit, own) for unit, own in units if own is not None])


def reconcile(
    session: Session, kilde: Kilde, oppdrag: Oppdrag, head: Hode, faults: Avviksliste
) -> Avstemming:
    """Count what there is beside what there was, find gaps, and put samples side by side."""
    numbers = [] if head.dry_run else list(_gaps(session, oppdrag))
    samples = [] if head.dry_run else list(_samples(session, kilde))
    return Avstemming(
        {
            **asdict(head),
            "fra_foer": False,
            "antall": [asdict(one) for one in _numbers(session, kilde, oppdrag, head, faults)],
            "hull": [asdict(one) for one in numbers],
            "avvik": faults.as_data(),
            "proever": [asdict(one) for one in samples],
        }
    )


def _numbers(
    session: Session, kilde: Kilde, oppdrag: Oppdrag, head: Hode, faults: Avviksliste
) -> Iterator[Antall]:
    left = Counter(faults.beholdt)
    there: Counter[tuple[str, str, str]] = Counter()
    for (slag, type_, aar), count in kilde.antall.items():
        there[slag, _kind(slag, type_), aar if slag in _BY_YEAR else ""] += count
    here: Counter[tuple[str, str, str]] = Counter()
    if not head.dry_run:
        for slag, type_, aar, count in rader.count_units(session, oppdrag.innlesing):
            here[slag, _kind(slag, type_), aar if slag in _BY_YEAR else ""] += count
    for key in sorted(there.keys() | {one for one in here if here[one]}):
        kept = min(left[key[0]], there[key])
        left[key[0]] -= kept
        yield Antall(*key, there[key], None if head.dry_run else here[key], kept)


def _kind(slag: str, type_: str) -> str:
    """Give the type of what is counted by type."""
    return type_ if slag in ("mappe", "registrering") and type_ in forms() else slag


def _gaps(session: Session, oppdrag: Oppdrag) -> Iterator[Hull]:
    for serie in ("sak", "journal"):
        numbers = rader.numbers_of(session, oppdrag.innlesing, serie)
        yield from _gaps_in(serie, numbers)


def _gaps_in(serie: str, numbers: Iterator[tuple[int, int]]) -> Iterator[Hull]:
    """Find what is missing in numbers that come in order, year by year."""
    year: int | None = None
    first = last = missing = 0
    listed: list[int] = []
    for aar, number in numbers:
        if aar != year:
            if year is not None:
                yield Hull(serie, year, first, last, missing, listed)
            year, first, last, missing, listed = aar, number, number, 0, []
            continue
        gap = max(0, number - last - 1)
        missing += gap
        listed += range(last + 1, min(number, last + 1 + SHOWN - len(listed)))
        last = number
    if year is not None:
        yield Hull(serie, year, first, last, missing, listed)


def _samples(session: Session, kilde: Kilde) -> Iterator[Proeve]:
    """Put what units say there and here side by side."""
    for unit, own in kilde.proever:
        row = rader.rows_of(session, CATALOG.by_name[unit.slag].model, [own]).get(own)
        if row is not None:
            yield Proeve(unit.linje, str(own), list(_side_by_side(unit, own, row)))


def _side_by_side(
    unit: Lest, own: UUID, row: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, bool]]:
    told = unit.first("systemID") or ""
    yield "systemID", told, str(own), told.lower() == str(own)
    form = forms().get(unit.type) or forms()[unit.slag]
    for name, felt in form.felt.items():
        given = unit.felt.get(f"{name}{NAVN}") or unit.felt.get(name, ())
        source = [one for one in given if one.strip()]
        if source:
            here = written(name, felt, row.get(felt.name))
            yield name, "; ".join(source), here, _same(felt, source, here)


def written(name: str, felt: Felt, value: Any) -> str:  # noqa: ANN401  of any type
    """Write a value as an extraction would."""
    del name
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(written("", felt, one) for one in value)
    if felt.python is Kode:
        return str(value.get("kodenavn") or value["kode"])
    if isinstance(value, datetime):
        return wire_time(value.astimezone(NORWAY))
    return str(value)


def _same(felt: Felt, source: Sequence[str], here: str) -> bool:
    """Tell whether what stands here is what stood there, however it was written."""
    if felt.python is datetime:
        return here.startswith(source[0][:10])
    if felt.python is int:
        return source[0].strip().lstrip("0") == here.lstrip("0")
    return "; ".join(source).strip().casefold() == here.strip().casefold()
