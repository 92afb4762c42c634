"""Every resource there is. A new entity is one line here."""

from sakark_api.noark.admin.administrativenhet import administrativenhet
from sakark_api.noark.admin.bruker import bruker
from sakark_api.noark.admin.tilgang import tilgang
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.klassifikasjonssystem import klassifikasjonssystem
from sakark_api.noark.arkivstruktur.konvertering import konvertering
from sakark_api.noark.arkivstruktur.korrespondansepart import (
    korrespondansepart,
    korrespondansepartenhet,
    korrespondansepartintern,
    korrespondansepartperson,
)
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.merknad import merknad
from sakark_api.noark.arkivstruktur.nasjonalidentifikator import (
    bygning,
    dnummer,
    enhetsidentifikator,
    foedselsnummer,
    matrikkel,
    nasjonalidentifikator,
    personidentifikator,
    plan,
    posisjon,
)
from sakark_api.noark.arkivstruktur.part import part, partenhet, partperson
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.bevaring.dokumentkontroll import dokumentkontroll
from sakark_api.noark.bevaring.epost import epost
from sakark_api.noark.bevaring.kassasjonslinje import kassasjonslinje
from sakark_api.noark.bevaring.kassasjonsliste import kassasjonsliste
from sakark_api.noark.loggingogsporing.endringslogg import endringslogg, hendelseslogg
from sakark_api.noark.metadata.virksomhetsspesifikkemetadata import virksomhetsspesifikkemetadata
from sakark_api.noark.moeter.moetedeltaker import moetedeltaker
from sakark_api.noark.moeter.moetemappe import moetemappe
from sakark_api.noark.moeter.moeteregistrering import moeteregistrering
from sakark_api.noark.sakarkiv.arkivnotat import arkivnotat
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.noark.sakarkiv.journalpost import journalpost
from sakark_api.noark.sakarkiv.presedens import presedens
from sakark_api.noark.sakarkiv.saksmappe import saksmappe
from sakark_api.noark.structure import Catalog
from sakark_api.noark.tilgangsstyring.bevaringspaalegg import bevaringspaalegg
from sakark_api.noark.tilgangsstyring.inhabilitet import inhabilitet
from sakark_api.noark.tilgangsstyring.sperring import sperring

__all__ = ["CATALOG"]


CATALOG = Catalog(
    [
        arkivskaper,
        arkiv,
        arkivdel,
        klassifikasjonssystem,
        klasse,
        mappe,
        saksmappe,
        registrering,
        journalpost,
        arkivnotat,
        dokumentbeskrivelse,
        dokumentobjekt,
        kryssreferanse,
        konvertering,
        dokumentkontroll,
        epost,
        kassasjonsliste,
        kassasjonslinje,
        merknad,
        part,
        partperson,
        partenhet,
        korrespondansepart,
        korrespondansepartperson,
        korrespondansepartenhet,
        korrespondansepartintern,
        nasjonalidentifikator,
        bygning,
        matrikkel,
        plan,
        posisjon,
        enhetsidentifikator,
        personidentifikator,
        foedselsnummer,
        dnummer,
        moetemappe,
        moeteregistrering,
        moetedeltaker,
        avskrivning,
        dokumentflyt,
        presedens,
        administrativenhet,
        bruker,
        inhabilitet,
        bevaringspaalegg,
        sperring,
        endringslogg,
        hendelseslogg,
        tilgang,
        virksomhetsspesifikkemetadata,
    ]
)
