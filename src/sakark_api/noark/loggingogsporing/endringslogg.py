"""The change log as units that can be read: of the whole archive, and of each unit (GUIDE 15).

Lines are written by `noark/logging`, with every change, and never change themselves.
"""

from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import klassifikasjonssystem
from sakark_api.noark.arkivstruktur.konvertering import konvertering
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.merknad import merknad
from sakark_api.noark.arkivstruktur.nasjonalidentifikator import nasjonalidentifikator
from sakark_api.noark.arkivstruktur.part import part
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.bevaring.dokumentkontroll import dokumentkontroll
from sakark_api.noark.bevaring.epost import epost
from sakark_api.noark.bevaring.kassasjonslinje import kassasjonslinje
from sakark_api.noark.bevaring.kassasjonsliste import kassasjonsliste
from sakark_api.noark.logging.endringslogg import TELLING, Endringslogg, Hendelseslogg
from sakark_api.noark.metadata.kodeliste import SKJERMINGMETADATA
from sakark_api.noark.moeter.moetedeltaker import moetedeltaker
from sakark_api.noark.resource import ChildColumn, Package, Parent, Resource, Work
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.noark.sakarkiv.presedens import presedens
from sakark_api.noark.tilgangsstyring.bevaringspaalegg import bevaringspaalegg
from sakark_api.noark.tilgangsstyring.inhabilitet import inhabilitet
from sakark_api.noark.tilgangsstyring.sperring import sperring
from sakark_api.texts import text

__all__ = ["endringslogg", "hendelseslogg"]

_OF_UNIT = ChildColumn("referanse_arkivenhet", kind="gjelder")

_WITHOUT_LOG = (
    avskrivning,
    bevaringspaalegg,
    dokumentflyt,
    dokumentkontroll,
    epost,
    inhabilitet,
    kassasjonslinje,
    kassasjonsliste,
    konvertering,
    korrespondansepart,
    merknad,
    moetedeltaker,
    nasjonalidentifikator,
    part,
    presedens,
    sperring,
)
"""What has no log to link to: its lines are read where the log of all is, by who sees it."""

endringslogg = Resource(
    model=Endringslogg,
    title=text("Endringslogg"),
    package=Package.LOGGING,
    work=Work.LOG,
    parents=[
        Parent(unit, _OF_UNIT, ny=None)
        for unit in (
            arkivskaper,
            arkiv,
            arkivdel,
            klassifikasjonssystem,
            klasse,
            mappe,
            registrering,
            dokumentbeskrivelse,
            dokumentobjekt,
            kryssreferanse,
        )
    ]
    + [Parent(unit, _OF_UNIT, ny=None, role=None, list_role=None) for unit in _WITHOUT_LOG],
    abstract=True,
    read_only=True,
    telling=TELLING,
    screened={kode: ["tidligere_verdi", "ny_verdi"] for kode, _ in SKJERMINGMETADATA.values},
    order_by=["endret_dato", "system_id"],
)
hendelseslogg = Resource(
    model=Hendelseslogg,
    title=text("Hendelseslogg"),
    package=Package.LOGGING,
    work=Work.LOG,
    extends=endringslogg,
    read_only=True,
)
