"""Saksmappe: a case. Numbered by year, with a unit and a person responsible."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean
from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.errors import Conflict
from sakark_api.noark.admin.ansvar import name_enhet, name_person
from sakark_api.noark.arkivstruktur.arkivdel import PERIODE_AVSLUTTET, Arkivdel, arkivdel
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.mappe import Mappe, mappe
from sakark_api.noark.attribute import Mutability, SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import SAKSSTATUS
from sakark_api.noark.model import indexed, join_table, ordered_by, refers_in_table
from sakark_api.noark.resource import (
    Change,
    ChildColumn,
    JoinTable,
    Package,
    Parent,
    Resource,
    Work,
)
from sakark_api.noark.rules.avslutning import ClosesWhen, is_reopening
from sakark_api.noark.rules.hindring import conflict_over
from sakark_api.noark.rules.numre import next_numbers
from sakark_api.noark.values import NORWAY, Kode
from sakark_api.texts import text

__all__ = ["Saksmappe", "has_primary_klasse", "saksmappe"]


class Saksmappe(Mappe):
    """En sak."""

    saksaar: Mapped[int] = attribute("M011", set_by=SetBy.CORE, always=True)
    sakssekvensnummer: Mapped[int] = attribute("M012", set_by=SetBy.CORE, always=True)
    saksdato: Mapped[datetime] = attribute(
        "M100", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_CLOSED, always=True
    )
    administrativ_enhet: Mapped[str | None] = attribute(
        "M305", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_CLOSED
    )
    referanse_administrativ_enhet: Mapped[UUID | None] = attribute(
        None,
        description=text("Den administrative enheten, ved systemID"),
        set_by=SetBy.CLIENT_OR_CORE,
        change=Mutability.UNTIL_CLOSED,
    )
    saksansvarlig: Mapped[str] = attribute(
        "M306", set_by=SetBy.CLIENT_OR_CORE, change=Mutability.UNTIL_CLOSED, always=True
    )
    referanse_saksansvarlig: Mapped[UUID | None] = attribute(
        None,
        description=text("Den saksansvarlige, ved systemID"),
        set_by=SetBy.CLIENT_OR_CORE,
        change=Mutability.UNTIL_CLOSED,
    )
    journalenhet: Mapped[str | None] = attribute("M308", set_by=SetBy.CLIENT_OR_CORE)
    saksstatus: Mapped[Kode] = code(SAKSSTATUS, "M052", default="B")
    utlaant_dato: Mapped[datetime | None] = attribute("M106")
    utlaant_til: Mapped[str | None] = attribute("M309")
    referanse_utlaant_til: Mapped[UUID | None] = attribute(
        None, description=text("Personen saken er lånt ut til, ved systemID")
    )
    har_hatt_journalfoert: Mapped[bool | None] = mapped_column(Boolean)
    """Whether an entry that has been journalled was moved out of the case (6.1.18)."""


ordered_by(Saksmappe, "saksdato")
indexed(Saksmappe, "saksansvarlig")
refers_in_table(Saksmappe, "referanse_administrativ_enhet", "administrativenhet")
refers_in_table(Saksmappe, "referanse_saksansvarlig", "bruker")
refers_in_table(Saksmappe, "referanse_utlaant_til", "bruker")


def name_referred(change: Change, unit: Saksmappe) -> None:
    """Name the unit and the persons that only a reference is given to."""
    name_enhet(change, unit)
    name_person(change, unit, "saksansvarlig")
    name_person(change, unit, "utlaant_til")


def give_responsible(change: Change, unit: Saksmappe) -> None:
    """Make the caller and the caller's unit responsible, where nobody is named (M305, M306)."""
    if unit.saksdato is None:
        unit.saksdato = change.now
    name_referred(change, unit)
    if unit.administrativ_enhet is None:
        unit.administrativ_enhet = change.actor.enhet_navn
        unit.referanse_administrativ_enhet = change.actor.enhet_id
    if unit.saksansvarlig is None:
        unit.saksansvarlig = change.actor.navn
        unit.referanse_saksansvarlig = change.actor.system_id


def give_case_number(change: Change, unit: Saksmappe) -> None:
    """Number the case within the year it is made (M011, M012, M003; 5.4.9)."""
    unit.saksaar = change.now.astimezone(NORWAY).year
    (unit.sakssekvensnummer,) = next_numbers(change.session, [f"sak/{unit.saksaar}"])
    unit.mappe_id = f"{unit.saksaar}/{unit.sakssekvensnummer}"


def refuse_reopening_in_closed(change: Change, unit: Saksmappe) -> None:
    """Keep the cases of a closed arkivdel closed, and those in a closed mappe (5.11.6, 5.4.7)."""
    if not is_reopening(unit):
        return
    period = change.get(Arkivdel, unit.effektiv_arkivdel) if unit.effektiv_arkivdel else None
    if period is not None and period.arkivdelstatus.kode == PERIODE_AVSLUTTET:
        raise conflict_over(
            period,
            f"«{period.tittel}»",
            lambda name: text(
                "Arkivdelen {tittel} er avsluttet, og saken kan ikke gjenåpnes.", tittel=name
            ),
        )
    above = unit.referanse_forelder_mappe
    over = change.get(Mappe, above) if above else None
    if over is not None and over.avsluttet_dato is not None:
        raise conflict_over(
            over,
            over.mappe_id,
            lambda name: text(
                "Saken er i mappen {mappe}, som er avsluttet. Flytt saken ut av den først.",
                mappe=name,
            ),
        )


def has_primary_klasse(change: Change, unit: Mappe) -> bool:
    """Tell whether a mappe, or one that it is in, hangs on a klasse (6.1.7, 5.4.14).

    A mappe may be made on an arkivdel that is ordered by klasser; before it is closed as a case it
    must have got one.
    """
    if unit.klasse_ref is not None or unit.referanse_forelder_mappe is None:
        return unit.klasse_ref is not None
    above = change.get(Mappe, unit.referanse_forelder_mappe)
    return above is not None and has_primary_klasse(change, above)


def refuse_closed_without_klasse(change: Change, unit: Saksmappe) -> None:
    """Move no closed case to where it has no primary klasse (6.1.7)."""
    if unit.avsluttet_dato is not None and not has_primary_klasse(change, unit):
        raise Conflict(text("Saken er avsluttet og må høre til en klasse. Velg et annet sted."))


def refuse_deletion(change: Change, unit: Saksmappe) -> None:
    """Keep a case that has held what has been journalled (6.1.18)."""
    del change
    if unit.har_hatt_journalfoert:
        raise Conflict(
            text("Saken har hatt journalførte dokumenter og kan ikke slettes. Sett status Utgår.")
        )


close_by_status = ClosesWhen("saksstatus", "A", reopens=True)

saksmappe = Resource(
    model=Saksmappe,
    title=text("Saksmappe"),
    package=Package.SAKARKIV,
    work=Work.CASEWORK,
    extends=mappe,
    extension=True,
    parents=[
        Parent(arkivdel, ChildColumn("arkivdel_ref")),
        Parent(klasse, ChildColumn("klasse_ref")),
        Parent(mappe, ChildColumn("referanse_forelder_mappe")),
        Parent(
            klasse,
            JoinTable(join_table("klasse", "mappe"), "klasse_ref", "mappe_ref"),
            role="sekundaerklassifikasjon",
            list_role=None,
            ny=None,
        ),
    ],
    on_create=[close_by_status, give_responsible, give_case_number],
    on_change=[close_by_status, refuse_reopening_in_closed, name_referred],
    on_move=[refuse_closed_without_klasse],
    on_delete=[refuse_deletion],
    example={"tittel": "Søknad om oppføring av garasje, Fjordvegen 12"},
)
