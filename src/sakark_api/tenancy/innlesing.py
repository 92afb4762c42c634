"""Imports of a kommune: how far each has come, what was wrong with it, and the rows it makes.

What an import makes refers to the import where a unit says who made it: so it knows its own rows,
and can be gone on with as if it never was cut off.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Uuid

from sakark_api.noark.arkivstruktur.arkiv import Arkiv
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel
from sakark_api.noark.arkivstruktur.arkivskaper import Arkivskaper
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import Klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import Klassifikasjonssystem
from sakark_api.noark.arkivstruktur.kryssreferanse import Kryssreferanse
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.registrering import Registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.noark.metadata.virksomhetsspesifikkemetadata import VirksomhetsspesifikkeMetadata
from sakark_api.noark.model import Base, Opprettet, has_kinds, partitioned, table_of
from sakark_api.noark.rules.numre import Teller
from sakark_api.noark.sakarkiv.presedens import Presedens
from sakark_api.tenancy.inserting import plainly

__all__ = [
    "Innlesing",
    "Innlesingsavvik",
    "Kommet",
    "add_codes",
    "add_fields",
    "begin",
    "count_faults",
    "count_units",
    "faults_of",
    "find",
    "finish",
    "go_on",
    "has_message",
    "highest_numbers",
    "keep_faults",
    "numbers_of",
    "raise_documents",
    "raise_series",
    "raise_to",
    "rows_of",
    "taken",
    "update_row",
]


class Innlesing(Base):
    """One import of one extraction."""

    __tablename__ = "innlesing"
    __table_args__ = (
        UniqueConstraint("tenant_id", "fingeravtrykk"),
        UniqueConstraint("tenant_id", "melding"),
    )

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    fingeravtrykk: Mapped[str]
    """The SHA-256 of what was read: the same extraction comes in once."""
    mappe: Mapped[str]
    versjon: Mapped[str]
    arkivdelstatus: Mapped[str | None]
    startet: Mapped[datetime]
    ferdig: Mapped[datetime | None]
    trinn: Mapped[str] = mapped_column(server_default="")
    """The last step of which something is there."""
    kommet: Mapped[int] = mapped_column(server_default="0")
    """How far that step has come: the place of the last unit that is there."""
    tall: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    """What has been counted."""
    melding: Mapped[str | None]
    """What whoever sent a message calls it: the same message comes in once."""


class Innlesingsavvik(Base):
    """One fault of an extraction, with what stood there where it is nowhere else."""

    __tablename__ = "innlesingsavvik"
    __table_args__ = partitioned()

    tenant_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    innlesing: Mapped[UUID] = mapped_column(primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kode: Mapped[str]
    fil: Mapped[str]
    linje: Mapped[int]
    sted: Mapped[str]
    verdi: Mapped[str | None]
    enhet: Mapped[UUID | None]


@dataclass(frozen=True)
class Kommet:
    """How far an import has come: a step, and the place of the last unit that is there."""

    innlesing: UUID
    trinn: str
    nr: int


Series = Mapping[str, Collection[str]]
"""What units would be called, by series."""

_UNITS: Final[Mapping[str, type[Opprettet]]] = {
    "arkiv": Arkiv,
    "arkivdel": Arkivdel,
    "klassifikasjonssystem": Klassifikasjonssystem,
    "klasse": Klasse,
    "mappe": Mappe,
    "registrering": Registrering,
    "dokumentbeskrivelse": Dokumentbeskrivelse,
    "dokumentobjekt": Dokumentobjekt,
}


def find(session: Session, fingeravtrykk: str) -> Innlesing | None:
    """Find the import of an extraction."""
    ours = Innlesing.tenant_id == session.info["tenant_id"]
    return session.scalar(select(Innlesing).where(ours, Innlesing.fingeravtrykk == fingeravtrykk))


def has_message(session: Session, melding: str) -> bool:
    """Tell whether a message of that name has come before."""
    ours = Innlesing.tenant_id == session.info["tenant_id"]
    return bool(
        session.scalar(select(select(1).where(ours, Innlesing.melding == melding).exists()))
    )


def begin(session: Session, one: Innlesing) -> None:
    """Note that an import has begun."""
    one.tenant_id = session.info["tenant_id"]
    session.add(one)
    session.flush()


def go_on(session: Session, one: "Kommet", to: "Kommet") -> bool:
    """Note how far an import has come since it was at `one`; False when somebody else went on."""
    changed = session.execute(
        update(Innlesing)
        .where(
            Innlesing.tenant_id == session.info["tenant_id"],
            Innlesing.id == one.innlesing,
            Innlesing.trinn == one.trinn,
            Innlesing.kommet == one.nr,
        )
        .values(trinn=to.trinn, kommet=to.nr)
    )
    return bool(getattr(changed, "rowcount", 0))


def finish(session: Session, innlesing: UUID, ferdig: datetime, tall: Mapping[str, Any]) -> None:
    """Note that an import is there, and what was counted."""
    session.execute(
        update(Innlesing)
        .where(Innlesing.tenant_id == session.info["tenant_id"], Innlesing.id == innlesing)
        .values(ferdig=ferdig, tall=tall)
    )


def keep_faults(session: Session, innlesing: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep faults of an import."""
    own = {"tenant_id": session.info["tenant_id"], "innlesing": innlesing}
    if rows:
        session.connection().execute(
            insert(table_of(Innlesingsavvik)), [{**one, **own} for one in rows]
        )


def count_faults(session: Session, innlesing: UUID) -> int:
    """Count the faults of an import."""
    return session.scalar(select(func.count()).where(*_of(session, innlesing))) or 0


def faults_of(session: Session, innlesing: UUID) -> Iterator[Sequence[Innlesingsavvik]]:
    """Give the faults of an import, in order, some at a time."""
    rows = select(Innlesingsavvik).where(*_of(session, innlesing))
    last = -1
    while page := session.scalars(
        rows.where(Innlesingsavvik.nummer > last).order_by(Innlesingsavvik.nummer).limit(_PAGE)
    ).all():
        yield page
        last = page[-1].nummer
        for one in page:
            session.expunge(one)


def _of(session: Session, innlesing: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Innlesingsavvik.tenant_id == session.info["tenant_id"],
        Innlesingsavvik.innlesing == innlesing,
    )


_PAGE: Final = 5000


def update_row(session: Session, one: Table, system_id: UUID, values: Mapping[str, Any]) -> None:
    """Give columns of a row other values, as they are on the wire."""
    plain = plainly(one, [*values, "system_id"])
    session.connection().execute(
        update(plain)
        .where(plain.c.tenant_id == session.info["tenant_id"], plain.c.system_id == system_id)
        .values(**values)
    )


def taken(session: Session, innlesing: UUID, wanted: Series) -> dict[str, set[str]]:
    """Give what other units than the import's own are called, of what is wanted."""
    found: dict[str, set[str]] = {}
    for serie, values in wanted.items():
        if serie in _UNITS:
            model: Any = _UNITS[serie]
            ids = [one for one in map(_as_uuid, values) if one is not None]
            found[serie] = _held(session, innlesing, model, model.system_id, ids)
        elif serie == "mappe_id":
            found[serie] = _held(session, innlesing, Mappe, Mappe.mappe_id, values)
        elif serie == "registrerings_id":
            names = Registrering.registrerings_id
            found[serie] = _held(session, innlesing, Registrering, names, values)
        elif serie == "journal":
            found[serie] = _entries(session, innlesing, values)
    return found


def _as_uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _held(
    session: Session,
    innlesing: UUID,
    model: type[Any],
    name: Any,  # noqa: ANN401  an attribute of any model
    values: Collection[Any],
) -> set[str]:
    if not values:
        return set()
    array = literal(list(values), ARRAY(name.type))
    others = model.referanse_opprettet_av != innlesing
    return set(map(str, session.scalars(select(name).where(name == func.any(array), others))))


def _entries(session: Session, innlesing: UUID, values: Collection[str]) -> set[str]:
    """Give the entries of other years' journals that have one of these numbers."""
    rows = table_of(Registrering).c
    by_year: dict[int, list[int]] = {}
    for one in values:
        aar, _, number = one.partition("/")
        by_year.setdefault(int(aar), []).append(int(number))
    found: set[str] = set()
    for year, numbers in by_year.items():
        held = select(rows.journalsekvensnummer).where(
            rows.tenant_id == session.info["tenant_id"],
            rows.journalaar == year,
            rows.journalsekvensnummer == func.any(literal(numbers, ARRAY(Integer()))),
            rows.referanse_opprettet_av != innlesing,
        )
        found |= {f"{year}/{one}" for one in session.scalars(held)}
    return found


def highest_numbers(session: Session, innlesing: UUID, years: Collection[int]) -> dict[int, int]:
    """Give the highest number in the journals of some years, the import's own left out."""
    rows = table_of(Registrering).c
    found = select(rows.journalaar, func.max(rows.journalsekvensnummer)).where(
        rows.tenant_id == session.info["tenant_id"],
        rows.journalaar.in_(years),
        rows.referanse_opprettet_av != innlesing,
    )
    return {row[0]: row[1] for row in session.execute(found.group_by(rows.journalaar))}


def add_codes(session: Session, codes: Mapping[tuple[str, str], str], expired: datetime) -> None:
    """Add codes that nobody may choose, under what they were called; those that are there stay."""
    rows = [
        {
            "tenant_id": session.info["tenant_id"],
            "liste": liste,
            "kode": kode,
            "kodenavn": navn,
            "utdatert": expired,
            "version": 1,
        }
        for (liste, kode), navn in codes.items()
    ]
    if rows:
        session.connection().execute(upsert(KodeverdiRow).on_conflict_do_nothing(), rows)
        _tell_kodeverk(session)


def add_fields(session: Session, names: Mapping[str, UUID], about: str) -> None:
    """Define fields of the kommune's own, of text; those that are there stay."""
    rows = [
        {
            "tenant_id": session.info["tenant_id"],
            "system_id": system_id,
            "version": 1,
            "navn": navn,
            "type": "string",
            "beskrivelse": about,
        }
        for navn, system_id in names.items()
    ]
    if rows:
        made = upsert(table_of(VirksomhetsspesifikkeMetadata)).on_conflict_do_nothing()
        session.connection().execute(made, rows)
        _tell_kodeverk(session)


def _tell_kodeverk(session: Session) -> None:
    """Let every process read the kommune's code lists anew."""
    # Here, because the registry reads options, and those read us.
    from sakark_api.tenancy.kommune import KommuneRow

    session.connection().execute(
        update(KommuneRow)
        .where(KommuneRow.id == session.info["tenant_id"])
        .values(kodeverk_version=KommuneRow.kodeverk_version + 1)
    )


def count_units(session: Session, innlesing: UUID) -> Iterator[tuple[str, str, str, int]]:
    """Count the rows of an import: table, kind and year, as they are now."""
    for model in (*_UNITS.values(), *_OWN):
        one = table_of(model)
        kind = one.c.type if has_kinds(one) else literal(one.name)
        year = cast(func.extract("year", func.timezone("Europe/Oslo", one.c.opprettet_dato)), Text)
        found = select(kind, year, func.count()).where(
            one.c.tenant_id == session.info["tenant_id"],
            one.c.referanse_opprettet_av == innlesing,
        )
        for row in session.execute(found.group_by(kind, year)):
            yield str(one.name), row[0], row[1], row[2]
    for name, owners in _PARTS.items():
        one = Base.metadata.tables[name]
        total = sum(_count_parts(session, innlesing, one, *owner) for owner in owners.items())
        yield name, name, "", total


def _count_parts(
    session: Session, innlesing: UUID, one: Table, column_name: str, owner: type[Base]
) -> int:
    above = table_of(owner).c
    found = select(func.count()).where(
        one.c.tenant_id == session.info["tenant_id"],
        above.tenant_id == one.c.tenant_id,
        above.system_id == one.c[column_name],
        above.referanse_opprettet_av == innlesing,
    )
    return session.scalar(found) or 0


def rows_of(
    session: Session, model: type[Base], ids: Collection[UUID]
) -> dict[UUID, Mapping[str, Any]]:
    """Give rows as they are kept, by systemID."""
    one = table_of(model)
    plain = plainly(one, [name for name in one.c.keys() if name not in _LEFT])  # noqa: SIM118  no mapping
    found = select(plain).where(
        plain.c.tenant_id == session.info["tenant_id"], plain.c.system_id.in_(ids)
    )
    return {row["system_id"]: dict(row) for row in session.execute(found).mappings()}


def numbers_of(session: Session, innlesing: UUID, serie: str) -> Iterator[tuple[int, int]]:
    """Give the numbers of an import's cases or entries by year, in order."""
    if serie == "sak":
        cases = table_of(Mappe).c
        columns = (cases.saksaar, cases.sakssekvensnummer)
        own = (cases.tenant_id, cases.referanse_opprettet_av)
    else:
        entries = table_of(Registrering).c
        columns = (entries.journalaar, entries.journalsekvensnummer)
        own = (entries.tenant_id, entries.referanse_opprettet_av)
    found = select(*columns).where(
        own[0] == session.info["tenant_id"], own[1] == innlesing, columns[0].is_not(None)
    )
    for row in session.execute(found.order_by(*columns).execution_options(yield_per=_PAGE)):
        yield row[0], row[1]


_LEFT: Final = frozenset({"sok", "tenant_id"})
_OWN: Final[tuple[type[Any], ...]] = (Arkivskaper, Presedens, Kryssreferanse)
_HOLDERS: Final[Mapping[str, type[Base]]] = {
    "mappe_ref": Mappe,
    "registrering_ref": Registrering,
    "dokumentbeskrivelse_ref": Dokumentbeskrivelse,
}
_PARTS: Final[Mapping[str, Mapping[str, type[Base]]]] = {
    "part": _HOLDERS,
    "merknad": _HOLDERS,
    "korrespondansepart": {"registrering_ref": Registrering},
    "dokumentflyt": {"registrering_ref": Registrering},
    "avskrivning": {"journalpost_ref": Registrering},
    "moetedeltaker": {"mappe_ref": Mappe},
    "konvertering": {"dokumentobjekt_ref": Dokumentobjekt},
    "nasjonalidentifikator": {"mappe_ref": Mappe, "registrering_ref": Registrering},
}
"""What does not say who made it: where it says of which unit it is."""
_CASE_NUMBER: Final = r"^([0-9]{4})/([0-9]{1,9})$"
_MAPPE_NUMBER: Final = r"^M([0-9]{4})/([0-9]{1,9})$"
_POST_NUMBER: Final = r"^R([0-9]{4})/([0-9]{1,9})$"
"""What others are called where nobody has said it: by their year."""


def raise_to(session: Session, numbers: Mapping[str, int]) -> None:
    """Let series go on after some numbers, where they have not come so far."""
    rows = [
        {"tenant_id": session.info["tenant_id"], "serie": serie, "verdi": number}
        for serie, number in sorted(numbers.items())
    ]
    if rows:
        made = upsert(Teller)
        session.connection().execute(_raised(made), rows)


def raise_series(session: Session, arkivdeler: Collection[UUID]) -> None:
    """Let what is made from now on be numbered after what is in some arkivdeler (M012, M014)."""
    cases, entries = table_of(Mappe).c, table_of(Registrering).c
    inside = cases.effektiv_arkivdel.in_(arkivdeler)
    ours = (cases.tenant_id == session.info["tenant_id"], inside)
    _raise(session, _serie("sak/", cases.saksaar), cases.sakssekvensnummer, *ours)
    parts = func.regexp_match(cases.mappe_id, _CASE_NUMBER, type_=ARRAY(Text()))
    _raise(session, _serie("sak/", parts[1]), cast(parts[2], Integer), *ours)
    held = (
        entries.tenant_id == session.info["tenant_id"],
        entries.omfang.op("&&")(literal(list(arkivdeler), ARRAY(Uuid()))),
    )
    _raise(session, _serie("journal/", entries.journalaar), entries.journalsekvensnummer, *held)
    called = func.regexp_match(cases.mappe_id, _MAPPE_NUMBER, type_=ARRAY(Text()))
    _raise(session, _serie("mappe/", called[1]), cast(called[2], Integer), *ours)
    called = func.regexp_match(entries.registrerings_id, _POST_NUMBER, type_=ARRAY(Text()))
    _raise(session, _serie("registrering/", called[1]), cast(called[2], Integer), *held)
    post = _serie("registrering/", entries.mappe_ref)
    _raise(session, post, func.coalesce(entries.journalpostnummer, 0), *held)
    _raise(session, post, func.count(), *held, whole=True)
    _raise_documents(session, held)


def raise_documents(session: Session, innlesing: UUID) -> None:
    """Let documents in what an import made be numbered after those that came (M005, M007)."""
    entries = table_of(Registrering).c
    own = (
        entries.tenant_id == session.info["tenant_id"],
        entries.referanse_opprettet_av == innlesing,
    )
    _raise_documents(session, own)


def _raise_documents(session: Session, held: Sequence[ColumnElement[bool]]) -> None:
    documents, files = table_of(Dokumentbeskrivelse).c, table_of(Dokumentobjekt).c
    pairs = Base.metadata.tables["registrering_dokumentbeskrivelse"].c
    entries = table_of(Registrering).c
    tied = (
        *held,
        pairs.tenant_id == entries.tenant_id,
        pairs.registrering_ref == entries.system_id,
        documents.tenant_id == pairs.tenant_id,
        documents.system_id == pairs.dokumentbeskrivelse_ref,
    )
    serie = _serie("dokument/", pairs.registrering_ref)
    _raise(session, serie, documents.dokumentnummer, *tied)
    of_file = (
        *tied,
        files.tenant_id == documents.tenant_id,
        files.dokumentbeskrivelse_ref == documents.system_id,
        kode_of(files.variantformat) == "P",
    )
    version = _serie("versjon/", documents.system_id)
    _raise(session, version, files.versjonsnummer, *of_file)


def _serie(prefix: str, of: ColumnElement[Any]) -> ColumnElement[str]:
    return literal(prefix, Text()).concat(cast(of, Text()))


def _raise(
    session: Session,
    serie: ColumnElement[str],
    number: ColumnElement[Any],
    *where: ColumnElement[bool],
    whole: bool = False,
) -> None:
    """Raise each series to the highest number in it, where it is lower."""
    highest = number if whole else func.max(number)
    found = (
        select(literal(session.info["tenant_id"], SmallInteger()), serie, highest)
        .where(*where, serie.is_not(None))
        .group_by(serie)
        .having(highest > 0)
    )
    made = upsert(Teller).from_select(["tenant_id", "serie", "verdi"], found)
    session.connection().execute(_raised(made))


def _raised(made: Insert) -> Insert:
    """Let a counter be the higher of what it was and what is given."""
    return made.on_conflict_do_update(
        index_elements=[Teller.tenant_id, Teller.serie],
        set_={"verdi": func.greatest(Teller.verdi, made.excluded.verdi)},
    )
