"""Kassasjonsliste: documents that are due for disposal, decided on by two people (arkivlova § 12).

One makes the list and sends it, another approves it, and the archive destroys what is still due.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped

from sakark_api.db.queue import defer
from sakark_api.errors import Conflict, Forbidden, Invalid
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.attribute import Mutability, SetBy, ValueType, attribute, code
from sakark_api.noark.bevaring.kassasjonsbevis import Kassasjonsbevis, Utelatt
from sakark_api.noark.bevaring.kassasjonsgrunn import KASSERES, VURDERES
from sakark_api.noark.metadata.kodeliste import KASSASJONSVEDTAK
from sakark_api.noark.model import Opprettet, TenantRow, reference, refers
from sakark_api.noark.resource import Change, ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.rules.frysing import value_before
from sakark_api.noark.values import Kode
from sakark_api.texts import text

__all__ = [
    "EXECUTION",
    "FILLING",
    "TRANSITIONS",
    "By",
    "Kassasjonsliste",
    "Listestatus",
    "kassasjonsliste",
    "proceed",
    "take_step",
]

FILLING: Final = "fyll_kassasjonsliste"
"""The job that finds what is due."""
EXECUTION: Final = "utfoer_kassasjon"
"""The job that destroys what was approved."""


class Listestatus(StrEnum):
    """How far a list has come."""

    LAGES = "lages"
    UTKAST = "utkast"
    TIL_GODKJENNING = "til_godkjenning"
    GODKJENT = "godkjent"
    AVSLAATT = "avslaatt"
    UTFOERES = "utfoeres"
    UTFOERT = "utfoert"


class By(Enum):
    """Who takes a list a step further."""

    ARKIVET = "arkivet"
    EN_PERSON = "en person"
    EN_ANNEN = "en annen person"


S = Listestatus
TRANSITIONS: Final[Mapping[tuple[Listestatus, Listestatus], By]] = {
    (S.LAGES, S.UTKAST): By.ARKIVET,
    (S.UTKAST, S.TIL_GODKJENNING): By.EN_PERSON,
    (S.TIL_GODKJENNING, S.UTKAST): By.EN_PERSON,
    (S.TIL_GODKJENNING, S.GODKJENT): By.EN_ANNEN,
    (S.TIL_GODKJENNING, S.AVSLAATT): By.EN_ANNEN,
    (S.GODKJENT, S.UTFOERES): By.ARKIVET,
    (S.UTFOERES, S.UTFOERT): By.ARKIVET,
}
"""The steps there are, and who takes them; there are no others."""

_DELETABLE: Final = frozenset({S.LAGES, S.UTKAST})


class Kassasjonsliste(Opprettet, TenantRow):
    """Dokumenter som skal kasseres, fra listen lages til kassasjonen er bevist."""

    __tablename__ = "kassasjonsliste"
    __table_args__ = (*refers("arkivdel_ref", "arkivdel"),)

    arkivdel_ref: Mapped[UUID] = reference(required=True)
    begrunnelse: Mapped[str | None] = attribute(
        None, description=text("Hvorfor dokumentene kasseres nå, og etter hvilken plan")
    )
    til_dato: Mapped[datetime] = attribute(
        None,
        description=text(
            "Listen har det som skulle kasseres senest da; uten den fram til den lages"
        ),
        set_by=SetBy.CLIENT_OR_CORE,
        change=Mutability.NEVER,
        always=True,
    )
    kassasjonsvedtak: Mapped[Kode] = code(
        KASSASJONSVEDTAK, "M450", default=KASSERES, change=Mutability.NEVER
    )
    status: Mapped[str] = attribute(
        None,
        description=text(
            "Hvor langt listen er kommet: lages, utkast, til_godkjenning, godkjent, avslaatt,"
            " utfoeres eller utfoert"
        ),
        set_by=SetBy.CLIENT_OR_CORE,
        always=True,
    )
    merknad_til_avgjoerelse: Mapped[str | None] = attribute(
        None, description=text("Det den som godkjenner eller avslår, sier om det")
    )
    antall_dokumenter: Mapped[int | None] = attribute(
        None, description=text("Dokumenter som skal kasseres"), set_by=SetBy.CORE
    )
    antall_filer: Mapped[int | None] = attribute(
        None, description=text("Filer som de har til sammen"), set_by=SetBy.CORE
    )
    antall_byte: Mapped[int | None] = attribute(
        None,
        description=text("Filenes størrelse til sammen, i byte"),
        type_=BigInteger(),
        set_by=SetBy.CORE,
    )
    utelatt: Mapped[tuple[Utelatt, ...] | None] = attribute(
        None,
        description=text("Hvor mange som ikke tas med, og hvorfor"),
        type_=ValueType(Utelatt, many=True),
        set_by=SetBy.CORE,
    )
    sendt_dato: Mapped[datetime | None] = attribute(
        None, description=text("Når listen ble sendt til godkjenning"), set_by=SetBy.CORE
    )
    sendt_av: Mapped[str | None] = attribute(
        None, description=text("Den som sendte listen til godkjenning"), set_by=SetBy.CORE
    )
    referanse_sendt_av: Mapped[UUID | None] = attribute(
        None,
        description=text("Brukeren som sendte listen til godkjenning, ved systemID"),
        set_by=SetBy.CORE,
    )
    avgjort_dato: Mapped[datetime | None] = attribute(
        None, description=text("Når listen ble godkjent eller avslått"), set_by=SetBy.CORE
    )
    avgjort_av: Mapped[str | None] = attribute(
        None, description=text("Den som godkjente eller avslo listen"), set_by=SetBy.CORE
    )
    referanse_avgjort_av: Mapped[UUID | None] = attribute(
        None,
        description=text("Brukeren som godkjente eller avslo listen, ved systemID"),
        set_by=SetBy.CORE,
    )
    kassasjonsbevis: Mapped[Kassasjonsbevis | None] = attribute(
        None,
        description=text("Beviset for at dokumentene er kassert"),
        type_=ValueType(Kassasjonsbevis),
        set_by=SetBy.CORE,
    )
    bevistekst: Mapped[str | None] = attribute(
        None, description=text("Det samme beviset, til å skrives ut"), set_by=SetBy.CORE
    )


def begin(change: Change, unit: Kassasjonsliste) -> None:
    """Let the archive find what was due at a time that has come, for a kind of decision."""
    if unit.status not in {None, S.LAGES}:
        raise Invalid(text("En ny liste har ingen status. Arkivet setter den."))
    if unit.kassasjonsvedtak.kode not in {KASSERES, VURDERES}:
        raise Invalid(text("Lag en liste over det som skal kasseres (K) eller vurderes (G)."))
    if unit.til_dato is None:
        unit.til_dato = change.now
    if unit.til_dato > change.now:
        raise Invalid(text("Ingenting kasseres før tiden. Velg en tilDato som er passert."))
    unit.status = S.LAGES
    defer(change.session, FILLING, unit.system_id)


def take_step(change: Change, unit: Kassasjonsliste) -> None:
    """Take a list from one status to the next, by whoever may take that step."""
    before = Listestatus(value_before(unit, "status"))
    by = next((who for step, who in TRANSITIONS.items() if step == (before, unit.status)), None)
    refuse_late_words(unit, before, by)
    if unit.status == before:
        return
    if by is None or by is By.ARKIVET:
        raise Conflict(
            text("Listen er {status} og kan ikke settes til {ny}.", status=before, ny=unit.status)
        )
    if not change.person:
        raise Forbidden(text("Bare en person kan avgjøre hva som skal kasseres, ikke et system."))
    _STEPS[by](change, unit)


def refuse_late_words(unit: Kassasjonsliste, before: Listestatus, by: By | None) -> None:
    """Let what is decided on stay as it was read, and only who decides say something of it."""
    if before not in _DELETABLE and value_before(unit, "begrunnelse") != unit.begrunnelse:
        raise Conflict(text("Listen er sendt. Trekk den tilbake til utkast for å endre den."))
    said = value_before(unit, "merknad_til_avgjoerelse") != unit.merknad_til_avgjoerelse
    if said and by is not By.EN_ANNEN:
        raise Conflict(text("Skriv merknadTilAvgjoerelse sammen med avgjørelsen."))


def send(change: Change, unit: Kassasjonsliste) -> None:
    """Send a list to somebody else, or take it back."""
    if unit.status == S.UTKAST:
        unit.sendt_dato = unit.sendt_av = unit.referanse_sendt_av = None
        return
    if not unit.antall_dokumenter:
        raise Conflict(text("Listen har ingen dokumenter å kassere. Se hva som er utelatt."))
    unit.sendt_dato = change.now
    unit.sendt_av = change.actor.navn
    unit.referanse_sendt_av = change.actor.system_id


def decide(change: Change, unit: Kassasjonsliste) -> None:
    """Approve or refuse a list that others have made and sent; what is approved is executed."""
    refuse_same_person(change, unit)
    if unit.status == S.AVSLAATT and not unit.merknad_til_avgjoerelse:
        raise Invalid(text("Skriv i merknadTilAvgjoerelse hvorfor listen avslås."))
    unit.avgjort_dato = change.now
    unit.avgjort_av = change.actor.navn
    unit.referanse_avgjort_av = change.actor.system_id
    if unit.status == S.GODKJENT:
        defer(change.session, EXECUTION, unit.system_id)


_STEPS: Final = {By.EN_PERSON: send, By.EN_ANNEN: decide}


def refuse_same_person(change: Change, unit: Kassasjonsliste) -> None:
    """Let nobody decide on a list of their own, whatever name they come with.

    Who changes name at the identity provider is a new bruker, and the same person.
    """
    mine = select(Bruker.issuer, Bruker.subject)
    with change.session.no_autoflush:
        me = change.session.execute(
            mine.where(Bruker.system_id == change.actor.system_id)
        ).one_or_none()
        theirs = change.session.execute(
            mine.where(Bruker.system_id.in_([unit.referanse_opprettet_av, unit.referanse_sendt_av]))
        ).all()
    if me is None or me[1] is None or me in theirs:
        raise Forbidden(
            text("Du har laget eller sendt listen selv. En annen må godkjenne eller avslå den.")
        )


def proceed(unit: Kassasjonsliste, status: Listestatus) -> None:
    """Take a step that the archive takes by itself."""
    assert TRANSITIONS[Listestatus(unit.status), status] is By.ARKIVET  # noqa: S101  our own steps
    unit.status = status


def refuse_deletion(change: Change, unit: Kassasjonsliste) -> None:
    """Keep what somebody was asked to decide on."""
    del change
    if unit.status not in _DELETABLE:
        raise Conflict(text("Listen er sendt til avgjørelse og kan ikke slettes."))


kassasjonsliste = Resource(
    model=Kassasjonsliste,
    title=text("Kassasjonsliste"),
    package=Package.BEVARING,
    work=Work.DISPOSAL,
    parents=[Parent(arkivdel, ChildColumn("arkivdel_ref"), owned=True)],
    order_by=["opprettet_dato", "system_id"],
    on_create=[begin],
    on_change=[take_step],
    on_delete=[refuse_deletion],
    example={
        "begrunnelse": "Kassasjon etter bevarings- og kassasjonsplanen for 2015",
        "tilDato": "2025-12-31T23:59:59+01:00",
    },
)
