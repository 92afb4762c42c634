"""What stands in the way of a deposit: all of it is told at once, before anything is written.

The schema demands what the living archive may do without. Nothing is made up to fill it: somebody
who knows puts it right, or leaves the unit out.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import Text as SqlText

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import Elements, gaps, is_one_of, rows_of
from sakark_api.deponering.endringslogg import has_changes
from sakark_api.deponering.sekvens import (
    ARKIVDEL,
    MAPPE,
    MAPPE_TAILS,
    REGISTRERING_TAILS,
    Again,
    arkiv_elements,
    dokumentbeskrivelse_elements,
    klasse_elements,
    name_of_correspondent,
    registrering_elements,
)
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.errors import SHOWN, Obstacle, Standing
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import FERDIGSTILT, dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import Base, has_kinds, table_of
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.hindring import Reason
from sakark_api.noark.sakarkiv.journalpost import ARKIVERT, UTGAAR
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import Text, text

__all__ = ["find_obstacles"]

CASE_CLOSED, CASE_VOID = "A", "U"

NAMES: Final[Mapping[Resource[Any], str]] = {
    arkiv: "tittel",
    arkivdel: "tittel",
    mappe: "mappe_id",
    registrering: "registrerings_id",
}
"""What units are called by that no screening hides; others by their systemID."""


@dataclass(frozen=True)
class Check:
    """Units of a resource that something stands in the way of, and the sentence of it."""

    resource: Resource[Any]
    condition: Callable[[FromClause, Utvalg], ColumnElement[bool]]
    says: Reason


async def find_obstacles(taken: Snapshot, utvalg: Utvalg) -> list[Obstacle]:
    """List every reason why a deposit cannot be made, with the units that are it."""
    found = [obstacle async for obstacle in _missing(taken, utvalg)]
    for check in CHECKS:
        rows = rows_of(check.resource)
        condition = check.condition(rows, utvalg)
        found += await _over(taken, check.resource, rows, condition, check.says)
    roots = utvalg.arkiver
    tops = await taken.all(select(func.count()).where(roots.c.overarkiv_ref.is_(None)))
    if tops[0][0] > 1:
        found.append(
            _alone(text("Arkivdelene hører til flere arkiver. Deponer ett arkiv om gangen."))
        )
    if not await has_changes(taken, utvalg):
        found.append(
            _alone(
                text("Endringsloggen er tom, og skjemaet krever en endring. Avslutt sakene først.")
            )
        )
    return found


def _alone(reason: Text) -> Obstacle:
    """Tell a reason that is no unit's."""
    return Obstacle(lambda _: reason, [], 0)


async def _missing(taken: Snapshot, utvalg: Utvalg) -> AsyncIterator[Obstacle]:
    """Find what lacks an element that must be there, of each kind of unit."""
    for resource, condition in utvalg.conditions().items():
        for kind, sequence in _sequences(resource, utvalg):
            rows = rows_of(resource)
            inside = and_(condition(rows), true() if kind is None else rows.c.type == kind)
            lacking = [one for one in gaps(sequence(rows), resource, rows) if one[0] != "systemID"]
            counts = await _counts(taken, rows, inside, [missing for _, missing in lacking])
            for (name, missing), count in zip(lacking, counts, strict=True):
                if count == 0:
                    continue
                says = _lacks(kind or resource.name, name, count)
                for one in await _over(taken, resource, rows, and_(inside, missing), says):
                    yield one


async def _counts(
    taken: Snapshot,
    rows: FromClause,
    inside: ColumnElement[bool],
    conditions: Sequence[ColumnElement[bool]],
) -> Sequence[int]:
    """Count for how many rows each condition holds, reading them once."""
    if not conditions:
        return []
    counts = (func.count().filter(one) for one in conditions)
    (row,) = await taken.all(select(*counts).where(same_kommune(rows), inside))
    return list(row)


Sequences = Iterator[tuple[str | None, Callable[[FromClause], Elements]]]


def _sequences(resource: Resource[Any], utvalg: Utvalg) -> Sequences:
    """Give the elements of a resource's units: those that all have, and those of each kind."""
    common: Mapping[Resource[Any], Callable[[FromClause], Elements]] = {
        arkiv: lambda _: arkiv_elements(utvalg),
        arkivdel: lambda _: ARKIVDEL,
        klasse: lambda _: klasse_elements(Again(utvalg.arkivdeler[0])),
        mappe: lambda _: MAPPE,
        registrering: lambda rows: registrering_elements(rows, utvalg),
        dokumentbeskrivelse: lambda _: dokumentbeskrivelse_elements(rows_of(registrering), utvalg),
    }
    if resource in common:
        yield None, common[resource]
    tails = {mappe: MAPPE_TAILS, registrering: REGISTRERING_TAILS}.get(resource, {})
    for kind, tail in tails.items():
        yield kind, partial(_same, tail)


def _same(sequence: Elements, _: FromClause) -> Elements:
    return sequence


def _lacks(kind: str, name: str, count: int) -> Reason:
    return lambda names: text(
        "{antall} {slag} mangler {felt}, som må være med i et uttrekk: {enheter}.",
        antall=count,
        slag=kind,
        felt=name,
        enheter=names,
    )


async def _over(
    taken: Snapshot,
    resource: Resource[Any],
    rows: FromClause,
    condition: ColumnElement[bool],
    says: Reason,
) -> list[Obstacle]:
    """Tell of the units that a condition holds for: the first of them by name, and how many."""
    kind = rows.c.type if has_kinds(table_of(resource.model)) else literal(resource.name)
    name = rows.c[NAMES[resource]] if resource in NAMES else cast(rows.c.system_id, SqlText())
    found = await taken.all(
        select(kind, rows.c.system_id, name, func.count().over())
        .where(same_kommune(rows), condition)
        .order_by(name)
        .limit(SHOWN)
    )
    units = [Standing(*row[:3]) for row in found]
    return [Obstacle(says, units, found[0][3])] if found else []


def _in_mixed_arkivdel(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an arkivdel has both a klassifikasjonssystem and units that hang on no klasse."""
    case, entry = rows_of(mappe), rows_of(registrering)
    direct = exists().where(
        same_kommune(case), case.c.arkivdel_ref == rows.c.system_id, utvalg.has_mappe(case)
    )
    alone = exists().where(
        same_kommune(entry), entry.c.arkivdel_ref == rows.c.system_id, utvalg.has_alone(entry)
    )
    mixed = or_(direct.correlate_except(case), alone.correlate_except(entry))
    return and_(utvalg.has_arkivdel(rows), rows.c.klassifikasjonssystem_ref.is_not(None), mixed)


def _has_empty_system(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an arkivdel is ordered by a klassifikasjonssystem without klasser."""
    one = rows_of(klasse)
    ordered = exists().where(
        same_kommune(one), one.c.klassifikasjonssystem_ref == rows.c.klassifikasjonssystem_ref
    )
    return and_(
        utvalg.has_arkivdel(rows),
        rows.c.klassifikasjonssystem_ref.is_not(None),
        ~ordered.correlate_except(one),
    )


def _mixes_kinds(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe holds both mapper and registreringer."""
    below, entry = rows_of(mappe), rows_of(registrering)
    mapper = exists().where(
        same_kommune(below), below.c.referanse_forelder_mappe == rows.c.system_id
    )
    entries = exists().where(same_kommune(entry), entry.c.mappe_ref == rows.c.system_id)
    return and_(
        utvalg.has_mappe(rows), mapper.correlate_except(below), entries.correlate_except(entry)
    )


def _klasse_mixes_kinds(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a klasse holds both klasser and what is to be deposited."""
    below, case, entry = rows_of(klasse), rows_of(mappe), rows_of(registrering)
    klasser = exists().where(same_kommune(below), below.c.overklasse_ref == rows.c.system_id)
    mapper = exists().where(
        same_kommune(case), case.c.klasse_ref == rows.c.system_id, utvalg.has_mappe(case)
    )
    entries = exists().where(
        same_kommune(entry), entry.c.klasse_ref == rows.c.system_id, utvalg.has_alone(entry)
    )
    held = or_(mapper.correlate_except(case), entries.correlate_except(entry))
    return and_(klasser.correlate_except(below), held)


def _mappe_is_of_no_arkivdel(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an outermost mappe hangs on a klasse of several arkivdeler, and is of none."""
    return and_(
        rows.c.referanse_forelder_mappe.is_(None),
        rows.c.effektiv_arkivdel.is_(None),
        _hangs_within(rows, utvalg),
    )


def _entry_is_of_no_arkivdel(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a registrering in no mappe hangs on a klasse, and is told to follow no arkivdel."""
    return and_(
        rows.c.mappe_ref.is_(None),
        rows.c.arkivdel_ref.is_(None),
        rows.c.referanse_arkivdel.is_(None),
        _hangs_within(rows, utvalg),
    )


def _hangs_within(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    one = rows_of(klasse)
    found = exists().where(
        same_kommune(one), one.c.system_id == rows.c.klasse_ref, utvalg.has_klasse(one)
    )
    return found.correlate_except(one)


def _lacks_arkivskaper(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an arkiv has no arkivskaper of its own, as an underarkiv need not have."""
    pairs = Base.metadata.tables["arkivskaper_arkiv"].alias()
    made = exists().where(same_kommune(pairs), pairs.c.arkiv_ref == rows.c.system_id)
    return and_(utvalg.has_arkiv(rows), ~made.correlate_except(pairs))


def _has_secondary_outside(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that a mappe has a secondary klasse that is not in the deposit (N5.48)."""
    pairs, one = Base.metadata.tables["klasse_mappe"].alias(), rows_of(klasse)
    outside = exists().where(
        same_kommune(pairs),
        pairs.c.mappe_ref == rows.c.system_id,
        same_kommune(one),
        one.c.system_id == pairs.c.klasse_ref,
        ~utvalg.has_klasse(one),
    )
    return and_(utvalg.has_mappe(rows), outside.correlate_except(pairs, one))


def _case_is_not_done(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    status = kode_of(rows.c.saksstatus)
    return and_(utvalg.has_mappe(rows), ~is_one_of(status, [CASE_CLOSED, CASE_VOID]))


def _entry_is_not_done(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    status = kode_of(rows.c.journalstatus)
    return and_(utvalg.has_registrering(rows), ~is_one_of(status, [ARKIVERT, UTGAAR]))


def _entry_is_unaddressed(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    """Say that an entry has nobody it is from or to that can be named."""
    one = rows_of(korrespondansepart)
    named = exists().where(same_kommune(one), one.c.registrering_ref == rows.c.system_id)
    nameless = exists().where(
        same_kommune(one),
        one.c.registrering_ref == rows.c.system_id,
        name_of_correspondent(one).is_(None),
    )
    is_entry = and_(rows.c.type == "journalpost", utvalg.has_registrering(rows))
    return and_(is_entry, or_(~named.correlate_except(one), nameless.correlate_except(one)))


def _document_is_not_done(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    return and_(kode_of(rows.c.dokumentstatus) != FERDIGSTILT, utvalg.has_dokument(rows))


def _document_lacks_archive_format(rows: FromClause, utvalg: Utvalg) -> ColumnElement[bool]:
    return and_(utvalg.lacks_archive_format(rows), utvalg.has_dokument(rows))


CHECKS: Final[Sequence[Check]] = (
    Check(
        arkiv,
        _lacks_arkivskaper,
        lambda names: text(
            "Disse arkivene har ingen arkivskaper. Knytt dem til den som har skapt dem: {arkiver}.",
            arkiver=names,
        ),
    ),
    Check(
        arkivdel,
        _in_mixed_arkivdel,
        lambda names: text(
            "Disse arkivdelene har klassifikasjonssystem, men også mapper eller registreringer uten"
            " klasse. Flytt dem til en klasse: {arkivdeler}.",
            arkivdeler=names,
        ),
    ),
    Check(
        arkivdel,
        _has_empty_system,
        lambda names: text(
            "Klassifikasjonssystemet til disse arkivdelene har ingen klasser: {arkivdeler}.",
            arkivdeler=names,
        ),
    ),
    Check(
        klasse,
        _klasse_mixes_kinds,
        lambda names: text(
            "Disse klassene har både underklasser og saker. Flytt sakene til en underklasse:"
            " {klasser}.",
            klasser=names,
        ),
    ),
    Check(
        mappe,
        _mixes_kinds,
        lambda names: text(
            "Disse mappene har både undermapper og registreringer. Flytt registreringene til en"
            " undermappe: {mapper}.",
            mapper=names,
        ),
    ),
    Check(
        mappe,
        _mappe_is_of_no_arkivdel,
        lambda names: text(
            "Disse mappene henger på en klasse som flere arkivdeler bruker, og hører ikke til noen"
            " av dem. Flytt dem til klassen igjen når bare én av arkivdelene er aktiv: {mapper}.",
            mapper=names,
        ),
    ),
    Check(
        registrering,
        _entry_is_of_no_arkivdel,
        lambda names: text(
            "Disse registreringene henger på en klasse som flere arkivdeler bruker. Si hvilken"
            " arkivdel de hører til med referanseArkivdel: {registreringer}.",
            registreringer=names,
        ),
    ),
    Check(
        mappe,
        _has_secondary_outside,
        lambda names: text(
            "Disse mappene har en sekundær klasse i et klassifikasjonssystem som ikke er med i"
            " uttrekket. Knytt systemet til arkivdelen, eller fjern klassen: {mapper}.",
            mapper=names,
        ),
    ),
    Check(
        mappe,
        _case_is_not_done,
        lambda names: text(
            "Disse sakene er verken avsluttet (A) eller utgått (U): {mapper}.", mapper=names
        ),
    ),
    Check(
        registrering,
        _entry_is_not_done,
        lambda names: text(
            "Disse journalpostene er verken arkivert (A) eller utgått (U): {poster}.", poster=names
        ),
    ),
    Check(
        registrering,
        _entry_is_unaddressed,
        lambda names: text(
            "Disse journalpostene mangler korrespondansepart, eller navnet på den: {poster}.",
            poster=names,
        ),
    ),
    Check(
        dokumentbeskrivelse,
        _document_is_not_done,
        lambda names: text(
            "Disse dokumentene er ikke ferdigstilt (F): {dokumenter}.", dokumenter=names
        ),
    ),
    Check(
        dokumentbeskrivelse,
        _document_lacks_archive_format,
        lambda names: text(
            "Disse dokumentene mangler arkivformat: {dokumenter}. Last det opp, eller avtal med"
            " depotet og bruk --produksjonsformat.",
            dokumenter=names,
        ),
    ),
    Check(
        dokumentobjekt,
        lambda rows, utvalg: utvalg.is_of_wrong_format(rows),
        lambda names: text(
            "Disse filene står som arkivformat eller offentlig variant, men er i et format som ikke"
            " er godkjent: {filer}. Last opp nye, eller avtal med depotet og bruk"
            " --produksjonsformat.",
            filer=names,
        ),
    ),
    Check(
        dokumentobjekt,
        lambda rows, utvalg: utvalg.is_found_bad(rows),
        lambda names: text(
            "Kontrollen har funnet at disse filene har virus, er merket som noe annet enn de er,"
            " eller ikke er PDF/A som de sier: {filer}. Se dokumentkontrollen av hver, og last opp"
            " en ny.",
            filer=names,
        ),
    ),
)
"""What else the validators refuse, or the schema has no place for."""
