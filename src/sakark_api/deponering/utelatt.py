"""What a deposit has no place for: counted and told, so that nobody believes it came along."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, not_, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.db.snapshot import Snapshot
from sakark_api.deponering.element import plain, rows_of
from sakark_api.deponering.sekvens import is_whole_flyt
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.nasjonalidentifikator import nasjonalidentifikator
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.logging.endringslogg import ENDRET
from sakark_api.noark.loggingogsporing.endringslogg import endringslogg
from sakark_api.noark.model import Base
from sakark_api.noark.resource import Resource
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.noark.sakarkiv.presedens import presedens
from sakark_api.rest.tenant import same_kommune
from sakark_api.texts import Text, text

__all__ = ["left_out"]


async def left_out(taken: Snapshot, utvalg: Utvalg) -> AsyncIterator[Text]:
    """Tell what stays behind, of each kind that there is any of.

    The schema demands that a dokumentflyt was answered and that kassasjon has a date, which it has
    not on a klasse in use. It knows no nasjonalidentifikator, and takes fields of the kommune's own
    by a schema of the kommune's own only. A presedens may be of several units: what was changed of
    it is of none of them.
    """
    flows = rows_of(dokumentflyt)
    unanswered = not_(is_whole_flyt(flows))
    if count := await _count(taken, flows, unanswered, _held(utvalg, registrering, flows)):
        yield text("{antall} dokumentflyter uten svar er utelatt", antall=count)
    numbers = rows_of(nasjonalidentifikator)
    owned = or_(_held(utvalg, registrering, numbers), _held(utvalg, mappe, numbers))
    if count := await _count(taken, numbers, owned):
        yield text("{antall} nasjonale identifikatorer er utelatt", antall=count)
    plans = rows_of(klasse)
    held = type_coerce(plans.c.kassasjon, JSONB())
    undated = and_(held.is_not(None), plain(held, "kassasjonsdato").is_(None))
    if count := await _count(taken, plans, undated, utvalg.has_klasse(plans)):
        yield text("Kassasjon på {antall} klasser uten kassasjonsdato er utelatt", antall=count)
    lines, told = rows_of(endringslogg), rows_of(presedens)
    of_presedens = exists().where(
        same_kommune(told),
        told.c.system_id == lines.c.referanse_arkivenhet,
        or_(_tied(utvalg, mappe, told), _tied(utvalg, registrering, told)),
    )
    changes = (lines.c.kode == ENDRET, lines.c.referanse_metadata.is_not(None))
    if count := await _count(taken, lines, *changes, of_presedens.correlate_except(told)):
        yield text("{antall} endringer av presedenser er utelatt", antall=count)
    for resource in (mappe, registrering):
        rows = rows_of(resource)
        has_fields = rows.c.virksomhetsspesifikke_metadata.is_not(None)
        if count := await _count(taken, rows, has_fields, utvalg.conditions()[resource](rows)):
            yield text(
                "Virksomhetsspesifikke metadata på {antall} {slag} er utelatt",
                antall=count,
                slag=resource.name,
            )


async def _count(taken: Snapshot, rows: FromClause, *conditions: ColumnElement[bool]) -> int:
    found = await taken.all(select(func.count()).where(same_kommune(rows), *conditions))
    return int(found[0][0])


def _held(utvalg: Utvalg, owner: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that a row belongs to a unit in the deposit."""
    above = rows_of(owner)
    found = exists().where(
        same_kommune(above),
        above.c.system_id == rows.c[f"{owner.name}_ref"],
        utvalg.conditions()[owner](above),
    )
    return found.correlate_except(above)


def _tied(utvalg: Utvalg, owner: Resource[Any], rows: FromClause) -> ColumnElement[bool]:
    """Say that a presedens is one of a unit in the deposit."""
    pairs, above = Base.metadata.tables[f"{owner.name}_presedens"].alias(), rows_of(owner)
    found = exists().where(
        same_kommune(pairs),
        pairs.c.presedens_ref == rows.c.system_id,
        same_kommune(above),
        above.c.system_id == pairs.c[f"{owner.name}_ref"],
        utvalg.conditions()[owner](above),
    )
    return found.correlate_except(pairs, above)
