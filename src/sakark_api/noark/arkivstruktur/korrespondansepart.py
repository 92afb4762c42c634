"""Korrespondansepart: a sender or receiver: a person, an organisation or a unit of our own."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from sakark_api.noark.admin.ansvar import name_enhet, name_person
from sakark_api.noark.arkivstruktur.felles import (
    ADRESSER,
    OPPLYSNINGER,
    Enhetsopplysninger,
    Personopplysninger,
)
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import SetBy, attribute, code
from sakark_api.noark.metadata.kodeliste import KORRESPONDANSEPARTTYPE
from sakark_api.noark.metadata.utvidbar import Utvidbar
from sakark_api.noark.model import (
    TenantRow,
    indexed,
    partitioned,
    reference,
    refers,
    refers_in_table,
    searchable,
)
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.skjerming import ADDRESSES
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = [
    "AVSENDERE",
    "MOTTAKERE",
    "Korrespondansepart",
    "KorrespondansepartEnhet",
    "KorrespondansepartIntern",
    "KorrespondansepartPerson",
    "korrespondansepart",
    "korrespondansepartenhet",
    "korrespondansepartintern",
    "korrespondansepartperson",
]


AVSENDERE = frozenset({"EA", "IA", "IS"})
MOTTAKERE = frozenset({"EM", "GM", "IM"})
"""Those who are to answer; who got a copy is not."""


class Korrespondansepart(Utvidbar, TenantRow):
    """En avsender, mottaker eller kopimottaker."""

    __tablename__ = "korrespondansepart"
    __table_args__ = partitioned(*refers("registrering_ref", "registrering", owned=True))

    type: Mapped[str] = mapped_column()
    registrering_ref: Mapped[UUID] = reference(required=True)
    sok: Mapped[str] = searchable("navn", "kontaktperson", "administrativ_enhet", "saksbehandler")
    korrespondanseparttype: Mapped[Kode] = code(
        KORRESPONDANSEPARTTYPE, "M087", set_by=SetBy.CLIENT_OR_CORE, always=True
    )


class KorrespondansepartPerson(Personopplysninger, Korrespondansepart):
    """En person som avsender eller mottaker."""


class KorrespondansepartEnhet(Enhetsopplysninger, Korrespondansepart):
    """En organisasjon som avsender eller mottaker."""


class KorrespondansepartIntern(Korrespondansepart):
    """En enhet eller saksbehandler i egen virksomhet som avsender eller mottaker."""

    administrativ_enhet: Mapped[str | None] = attribute("M305", set_by=SetBy.CLIENT_OR_CORE)
    referanse_administrativ_enhet: Mapped[UUID | None] = attribute(
        None,
        description=text("Den administrative enheten, ved systemID"),
        set_by=SetBy.CLIENT_OR_CORE,
    )
    saksbehandler: Mapped[str | None] = attribute("M307")
    referanse_saksbehandler: Mapped[UUID | None] = attribute(
        None, description=text("Saksbehandleren, ved systemID")
    )


indexed(Korrespondansepart, "navn")


refers_in_table(KorrespondansepartIntern, "referanse_administrativ_enhet", "administrativenhet")
refers_in_table(KorrespondansepartIntern, "referanse_saksbehandler", "bruker")


def give_role(change: Change, unit: Korrespondansepart) -> None:
    """Let a correspondent be the sender of what came in, else the receiver (M087)."""
    if unit.korrespondanseparttype is not None:
        return
    journalposttype = getattr(change.parent, "journalposttype", None)
    came_in = journalposttype is not None and journalposttype.kode == "I"
    inside = isinstance(unit, KorrespondansepartIntern)
    # What came in from outside is for somebody inside, and the other way round.
    role = ("IM" if inside else "EA") if came_in else ("IA" if inside else "EM")
    unit.korrespondanseparttype = change.kode(KORRESPONDANSEPARTTYPE, role)


def name_referred(change: Change, unit: KorrespondansepartIntern) -> None:
    """Name the unit and the case handler that only a reference is given to."""
    name_enhet(change, unit)
    name_person(change, unit, "saksbehandler")


def give_unit(change: Change, unit: KorrespondansepartIntern) -> None:
    """Let the correspondent inside be the caller's own unit, where none is given (M305)."""
    name_referred(change, unit)
    if unit.administrativ_enhet is None and unit.saksbehandler is None:
        unit.administrativ_enhet = change.actor.enhet_navn
        unit.referanse_administrativ_enhet = change.actor.enhet_id


_OWNERS = [Parent(registrering, ChildColumn("registrering_ref"), owned=True)]

korrespondansepart = Resource(
    model=Korrespondansepart,
    title=text("Korrespondansepart"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    parents=_OWNERS,
    listed=False,
    abstract=True,
    # A name is not told apart by its role here: who hides senders or receivers hides both.
    screened={"NA": OPPLYSNINGER, "NM": OPPLYSNINGER, ADDRESSES: ADRESSER},
    on_create=[give_role],
)
korrespondansepartperson = Resource(
    model=KorrespondansepartPerson,
    title=text("Person som korrespondansepart"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=korrespondansepart,
    parents=_OWNERS,
    listed=False,
    example={"navn": "Kari Nordmann"},
)
korrespondansepartenhet = Resource(
    model=KorrespondansepartEnhet,
    title=text("Organisasjon som korrespondansepart"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    extends=korrespondansepart,
    parents=_OWNERS,
    listed=False,
    example={"navn": "Fjord Bygg AS"},
)
korrespondansepartintern = Resource(
    model=KorrespondansepartIntern,
    title=text("Intern korrespondansepart"),
    package=Package.ARKIVSTRUKTUR,
    work=Work.CASEWORK,
    near=["referanse_saksbehandler", "referanse_administrativ_enhet"],
    extends=korrespondansepart,
    parents=_OWNERS,
    listed=False,
    on_create=[give_unit],
    on_change=[name_referred],
    example={"saksbehandler": "Ola Nordmann"},
)
