"""Bevaringspålegg: an order to keep what else might be deleted (arkivlova §§ 12 and 13)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, func, literal, or_, select
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Mapped

from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel, arkivdel
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.felles import Avgrenset
from sakark_api.noark.arkivstruktur.klasse import Klasse, klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse, leading_to
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe, outermost
from sakark_api.noark.arkivstruktur.merknad import merknad
from sakark_api.noark.arkivstruktur.nasjonalidentifikator import nasjonalidentifikator
from sakark_api.noark.arkivstruktur.part import part
from sakark_api.noark.arkivstruktur.registrering import Registrering, registrering
from sakark_api.noark.attribute import attribute
from sakark_api.noark.logging.endringslogg import log_created
from sakark_api.noark.model import Opprettet, TenantRow, reference, refers
from sakark_api.noark.moeter.moetedeltaker import moetedeltaker
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    Guard,
    JoinTable,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.rules.gyldighet import holds, holds_in_sql, refuse_no_period
from sakark_api.noark.rules.hindring import Units, conflict_over, refuse_found
from sakark_api.noark.rules.opphav import give_origin
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.noark.sakarkiv.presedens import presedens
from sakark_api.texts import text

__all__ = ["KEPT", "Bevaringspaalegg", "bevaringspaalegg"]

KEPT: Sequence[Resource[Any]] = (
    arkivdel,
    klasse,
    mappe,
    registrering,
    dokumentbeskrivelse,
    dokumentobjekt,
    kryssreferanse,
    merknad,
    part,
    korrespondansepart,
    nasjonalidentifikator,
    moetedeltaker,
    avskrivning,
    dokumentflyt,
    presedens,
)
"""The families of what is in the archive: none of it is deleted while an order holds over it."""

MOVED = (klasse, mappe, registrering, dokumentbeskrivelse, dokumentobjekt, presedens)
"""Those that may be taken from one place to another."""

DISPOSED: Final = ("utfoert_kassasjon", "sletting")
"""What says that a unit's content is gone."""

_KINDS = {one.model: one for one in KEPT}


class Bevaringspaalegg(Opprettet, TenantRow):
    """Et pålegg om å bevare en enhet og alt som er i den."""

    __tablename__ = "bevaringspaalegg"
    __table_args__ = (
        *refers("arkivdel_ref", "arkivdel", owned=True),
        *refers("klasse_ref", "klasse", owned=True),
        *refers("mappe_ref", "mappe", owned=True),
        *refers("registrering_ref", "registrering", owned=True),
        CheckConstraint(
            func.num_nonnulls(
                sql_column("arkivdel_ref"),
                sql_column("klasse_ref"),
                sql_column("mappe_ref"),
                sql_column("registrering_ref"),
            )
            == 1,
            name="one_owner",
        ),
    )

    arkivdel_ref: Mapped[UUID | None] = reference()
    klasse_ref: Mapped[UUID | None] = reference()
    mappe_ref: Mapped[UUID | None] = reference()
    registrering_ref: Mapped[UUID | None] = reference()
    hjemmel: Mapped[str] = attribute(
        None, description=text("Lovhjemmelen eller vedtaket som pålegger bevaring"), required=True
    )
    begrunnelse: Mapped[str | None] = attribute(
        None, description=text("Hvorfor enheten skal bevares")
    )
    gyldig_fra: Mapped[datetime | None] = attribute(
        None, description=text("Når pålegget begynner å gjelde; uten den med en gang")
    )
    gyldig_til: Mapped[datetime | None] = attribute(
        None, description=text("Når pålegget slutter å gjelde; uten den inntil videre")
    )


def refuse_while_it_holds(change: Change, unit: Bevaringspaalegg) -> None:
    """Let an order be ended, and not be deleted instead."""
    if holds(unit, change.now):
        raise conflict_over(
            unit,
            "",
            lambda _: text(
                "Bevaringspålegget gjelder og kan ikke slettes. Sett gyldigTil for å avslutte det."
            ),
        )


def refuse_deletion(change: Change, unit: TenantRow) -> None:
    """Keep what an order holds over, and what is referred to there (arkivlova §§ 12 and 13).

    What refers to a unit is deleted with it: what is kept would lose its reference.
    """
    for one in (unit, *leading_to(change, unit)):
        _refuse_under_order(change, one)


def refuse_disposal(change: Change, unit: TenantRow) -> None:
    """Let nothing be said to be disposed of, or to have lost its content, that an order keeps."""
    done = (name for name in DISPOSED if hasattr(unit, name))
    if any(getattr(unit, name) is not None and value_before(unit, name) is None for name in done):
        _refuse_under_order(change, unit)


def _refuse_under_order(change: Change, unit: TenantRow) -> None:
    places = {*_around(change, unit), *_ordering(change, unit)}
    refuse_found(
        change,
        _orders_over(change, places),
        lambda names: text(
            "Et bevaringspålegg gjelder her, og ingenting kan slettes før det er avsluttet:"
            " {hjemmel}.",
            hjemmel=names,
        ),
    )


def refuse_leaving(change: Change, unit: TenantRow) -> None:
    """Let nothing be moved out of what an order holds over: it could be deleted there."""
    if change.former is None and not isinstance(unit, Klasse):  # which may leave its system alone
        return
    place = change.former if change.former and not isinstance(unit, Avgrenset) else unit
    left = {*_around(change, place), *_ordering(change, unit)} - {*_around_after(change, unit)}
    refuse_found(
        change,
        _orders_over(change, left),
        lambda names: text(
            "Et bevaringspålegg gjelder her, og ingenting kan flyttes ut før det er avsluttet:"
            " {hjemmel}.",
            hjemmel=names,
        ),
    )


def carry_orders(change: Change, unit: Registrering) -> None:
    """Let orders over an arkivdel follow the mapper that pass on into the next one (5.11.5).

    Each becomes one over the mappe that passes on, with all that is in it.
    """
    del unit
    if not isinstance(change.parent, Mappe):
        return
    top = outermost(change, change.parent)
    left = value_before(top, "effektiv_arkivdel")
    if left in {None, top.effektiv_arkivdel}:
        return
    over = select(Bevaringspaalegg).where(
        Bevaringspaalegg.arkivdel_ref == left,
        or_(Bevaringspaalegg.gyldig_til.is_(None), Bevaringspaalegg.gyldig_til > change.now),
    )
    with change.session.no_autoflush:
        orders = change.session.scalars(over).all()
    made = [_for_mappe(change, one, top) for one in orders]
    change.session.add_all(made)
    log_created(change, made)


def _for_mappe(change: Change, order: Bevaringspaalegg, mappe: Mappe) -> Bevaringspaalegg:
    made = Bevaringspaalegg(
        tenant_id=order.tenant_id,
        system_id=uuid4(),
        mappe_ref=mappe.system_id,
        hjemmel=order.hjemmel,
        begrunnelse=order.begrunnelse,
        gyldig_fra=order.gyldig_fra,
        gyldig_til=order.gyldig_til,
    )
    give_origin(change, made)
    return made


def _orders_over(change: Change, places: Collection[UUID]) -> Units:
    """Select the orders that hold over any of some units, as what stands in the way."""
    owners = (
        Bevaringspaalegg.arkivdel_ref,
        Bevaringspaalegg.klasse_ref,
        Bevaringspaalegg.mappe_ref,
        Bevaringspaalegg.registrering_ref,
    )
    return select(
        literal("bevaringspaalegg"), Bevaringspaalegg.system_id, Bevaringspaalegg.hjemmel
    ).where(
        or_(*(owner.in_(places) for owner in owners)),
        holds_in_sql(Bevaringspaalegg.gyldig_fra, Bevaringspaalegg.gyldig_til, change.now),
    )


def _around(change: Change, unit: TenantRow) -> Iterator[UUID]:
    """List what a unit is in, by the database: itself first, where an order may be given for it."""
    if isinstance(unit, Avgrenset):
        yield from unit.omfang or ()
        return
    kind = next((_KINDS[one] for one in type(unit).__mro__ if one in _KINDS), None)
    for tie in kind.all_ties if kind else ():
        for owner in _owners(change, tie, unit):
            yield from _around(change, owner)


def _ordering(change: Change, unit: TenantRow) -> Iterator[UUID]:
    """List the arkivdeler that a klasse orders, by the system that it is in before this change."""
    if isinstance(unit, Klasse):
        yield from _of_system(change, value_before(unit, "klassifikasjonssystem_ref"))


def _of_system(change: Change, system: UUID) -> Sequence[UUID]:
    ordered = select(Arkivdel.system_id).where(Arkivdel.klassifikasjonssystem_ref == system)
    with change.session.no_autoflush:
        return change.session.scalars(ordered).all()


def _owners(change: Change, tie: Parent, unit: TenantRow) -> Sequence[TenantRow]:
    """List what a unit has its place in by a tie; not what it only names."""
    if tie.resource is None or tie.ny is None:
        return []
    model = tie.resource.model
    if isinstance(tie.via, JoinTable):
        pairs = tie.via.table.c
        above = select(pairs[tie.via.parent_column]).where(
            pairs[tie.via.child_column] == unit.system_id
        )
        return change.session.scalars(select(model).where(model.system_id.in_(above))).all()
    assert isinstance(tie.via, ChildColumn)  # noqa: S101  no parent holds these
    held: UUID | None = getattr(unit, tie.via.column)
    owner = change.get(model, held) if held else None
    return [owner] if owner else []


def _around_after(change: Change, unit: TenantRow) -> Iterator[UUID]:
    """List what a unit is in when it has been moved, which is not written yet."""
    yield unit.system_id
    if isinstance(unit, Mappe) and unit.effektiv_arkivdel:
        yield unit.effektiv_arkivdel
    if isinstance(unit, Klasse):
        yield from _of_system(change, unit.klassifikasjonssystem_ref)
    yield from _around(change, change.parent or unit)


bevaringspaalegg = Resource(
    model=Bevaringspaalegg,
    title=text("Bevaringspålegg"),
    package=Package.TILGANGSSTYRING,
    work=Work.RETENTION,
    parents=[
        Parent(arkivdel, ChildColumn("arkivdel_ref"), owned=True),
        Parent(klasse, ChildColumn("klasse_ref"), owned=True),
        Parent(mappe, ChildColumn("mappe_ref"), owned=True),
        Parent(registrering, ChildColumn("registrering_ref"), owned=True),
    ],
    order_by=["opprettet_dato", "system_id"],
    on_create=[refuse_no_period],
    on_change=[refuse_no_period],
    on_delete=[refuse_while_it_holds],
    guards=[
        *(Guard(one, on_change=[refuse_disposal], on_delete=[refuse_deletion]) for one in KEPT),
        *(Guard(one, on_move=[refuse_leaving]) for one in MOVED),
        Guard(registrering, on_place=[carry_orders], on_move=[carry_orders]),
    ],
    example={
        "hjemmel": "Arkivlova § 13",
        "begrunnelse": "Statsforvalteren har bedt om sakens dokumenter",
    },
)
