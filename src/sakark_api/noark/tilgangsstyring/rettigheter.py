"""A kommune's rights as access is decided by them: read at once, and seldom (GUIDE 16)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from sakark_api.access.policy import Action
from sakark_api.access.reach import Barrier, Person, Right, Rights
from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker, bruker_enheter
from sakark_api.noark.admin.tilgang import Tilgang
from sakark_api.noark.rules.gradering import rank_of
from sakark_api.noark.tilgangsstyring.inhabilitet import Inhabilitet
from sakark_api.noark.tilgangsstyring.sperring import Sperring

__all__ = ["load_rights"]


def load_rights(session: Session) -> Rights:
    """Read the rights of the session's kommune."""
    above = dict(
        session.execute(
            select(AdministrativEnhet.system_id, AdministrativEnhet.referanse_overordnet_enhet)
        ).all()
    )
    return Rights(
        rights=[_right(one) for one in session.scalars(select(Tilgang))],
        people=_people(session),
        below=_below(above),
        blocked=[_blocked(one) for one in session.scalars(select(Sperring))],
    )


def _right(row: Tilgang) -> Right:
    given = (
        (Action.READ, row.les),
        (Action.CREATE, row.ny),
        (Action.CHANGE, row.endre),
        (Action.DELETE, row.slett),
    )
    return Right(
        role=row.rolle,
        category=row.tilgangskategori.kode,
        actions=frozenset(action for action, gives in given if gives),
        unit=row.referanse_arkivenhet,
        restriction=row.tilgangsrestriksjon.kode if row.tilgangsrestriksjon else None,
        near=bool(row.egen_enhet),
        since=row.gyldig_fra,
        until=row.gyldig_til,
    )


def _blocked(row: Sperring) -> Barrier:
    unit = row.mappe_ref or row.registrering_ref
    assert unit is not None  # noqa: S101  a constraint says so
    return Barrier(unit, row.gyldig_fra, row.gyldig_til)


def _people(session: Session) -> Mapping[UUID, Person]:
    """Read what is known of users with a unit, a clearance or a case that they are barred from."""
    units: dict[UUID, set[UUID]] = defaultdict(set)
    pairs = select(bruker_enheter.c.bruker_ref, bruker_enheter.c.administrativenhet_ref).where(
        bruker_enheter.c.tenant_id == session.info["tenant_id"]
    )
    for bruker, enhet in session.execute(pairs):
        units[bruker].add(enhet)
    barred: dict[UUID, list[Inhabilitet]] = defaultdict(list)
    for one in session.scalars(select(Inhabilitet)):
        barred[one.referanse_bruker].append(one)
    cleared = {
        row.system_id: row
        for row in session.execute(
            select(Bruker.system_id, Bruker.klarering, Bruker.klarering_gyldig_til).where(
                Bruker.klarering.is_not(None)
            )
        )
    }
    return {
        bruker: Person(
            units=frozenset(units[bruker]),
            clearance=rank_of(cleared[bruker].klarering.kode) if bruker in cleared else 0,
            cleared_until=cleared[bruker].klarering_gyldig_til if bruker in cleared else None,
            barred=[
                Barrier(one.mappe_ref, one.gyldig_fra, one.gyldig_til) for one in barred[bruker]
            ],
        )
        for bruker in {*units, *barred, *cleared}
    }


def _below(above: Mapping[UUID, UUID | None]) -> Mapping[UUID, frozenset[UUID]]:
    """List the administrative units below each that has some, at every level."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for enhet in above:
        for one in _chain(above, enhet):
            found[one].add(enhet)
    return {one: frozenset(enheter) for one, enheter in found.items()}


def _chain(above: Mapping[UUID, UUID | None], enhet: UUID) -> Iterable[UUID]:
    passed: dict[UUID, None] = {}
    over = above.get(enhet)
    while over is not None and over not in passed:
        passed[over] = None
        over = above.get(over)
    return passed
