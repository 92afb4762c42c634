"""The data types of arkivstruktur: grading, screening, disposal, signatures, addresses."""

from uuid import uuid4

from pydantic import model_validator

from sakark_api.noark.metadata.kodeliste import (
    ELEKTRONISKSIGNATURSIKKERHETSNIVAA,
    ELEKTRONISKSIGNATURVERIFISERT,
    GRADERINGSKODE,
    KASSASJONSVEDTAK,
    LAND,
    POSTNUMMER,
    SKJERMINGDOKUMENT,
    SKJERMINGMETADATA,
    SLETTINGSTYPE,
    TILGANGSRESTRIKSJON,
)
from sakark_api.noark.rules.gradering import rank_of
from sakark_api.noark.rules.sifre import (
    is_d_nummer,
    is_foedselsnummer,
    is_organisasjonsnummer,
)
from sakark_api.noark.values import (
    Kode,
    Ref,
    Tekst,
    Tidspunkt,
    Value,
    Years,
    code_field,
    field,
    refusal,
    required_field,
)
from sakark_api.texts import text

__all__ = [
    "ElektroniskSignatur",
    "Enhetsidentifikator",
    "EnkelAdresse",
    "Gradering",
    "Kassasjon",
    "Kontaktinformasjon",
    "Personidentifikator",
    "Skjerming",
    "Sletting",
    "UtfoertKassasjon",
]


class Gradering(Value):
    """Gradering etter sikkerhets- eller beskyttelsesinstruksen."""

    graderingskode: Kode = code_field(GRADERINGSKODE, "M506", default=...)
    graderingsdato: Tidspunkt | None = field("M624", core=True)
    gradert_av: Tekst | None = field("M625", core=True)
    referanse_gradert_av: Ref | None = field(
        None, text("Brukeren som satte graderingen, ved systemID"), core=True
    )
    nedgraderingsdato: Tidspunkt | None = field("M626", core=True)
    nedgradert_av: Tekst | None = field("M627", core=True)
    referanse_nedgradert_av: Ref | None = field(
        None, text("Brukeren som nedgraderte, ved systemID"), core=True
    )

    @property
    def rank(self) -> int:
        return rank_of(self.graderingskode.kode)


class Skjerming(Value):
    """Skjerming av opplysninger som er unntatt fra innsyn."""

    tilgangsrestriksjon: Kode = code_field(TILGANGSRESTRIKSJON, "M500", default=...)
    skjermingshjemmel: Tekst | None = field("M501")
    skjerming_metadata: tuple[Kode, ...] = code_field(
        SKJERMINGMETADATA, "M502", default=..., min_length=1
    )
    skjerming_dokument: Kode | None = code_field(SKJERMINGDOKUMENT, "M503")
    skjermingsvarighet: Years | None = field("M504")
    skjerming_opphoerer_dato: Tidspunkt | None = field("M505", core=True)


class Kassasjon(Value):
    """Vedtak om hva som skal skje med dokumentene etter en bevaringstid."""

    kassasjonsvedtak: Kode = code_field(KASSASJONSVEDTAK, "M450", default=...)
    kassasjonshjemmel: Tekst | None = field("M453")
    bevaringstid: Years | None = field("M451")
    kassasjonsdato: Tidspunkt | None = field("M452")

    @model_validator(mode="after")
    def _needs_time_or_date(self) -> "Kassasjon":
        if self.bevaringstid is None and self.kassasjonsdato is None:
            raise refusal("kassasjon", text("Oppgi bevaringstid eller kassasjonsdato."))
        return self


class UtfoertKassasjon(Value):
    """Opplysning om at dokumentene er kassert."""

    kassert_dato: Tidspunkt | None = field("M630", core=True)
    kassert_av: Tekst | None = field("M631", core=True)
    referanse_kassert_av: Ref | None = field(
        None, text("Brukeren som utførte kassasjonen, ved systemID"), core=True
    )


class Sletting(Value):
    """Opplysning om at noe er slettet."""

    slettingstype: Kode = code_field(SLETTINGSTYPE, "M089", default=...)
    slettet_dato: Tidspunkt | None = field("M613", core=True)
    slettet_av: Tekst | None = field("M614", core=True)
    referanse_slettet_av: Ref | None = field(
        None, text("Brukeren som slettet, ved systemID"), core=True
    )


class ElektroniskSignatur(Value):
    """Opplysning om en elektronisk signatur på dokumentet."""

    elektronisk_signatur_sikkerhetsnivaa: Kode = code_field(
        ELEKTRONISKSIGNATURSIKKERHETSNIVAA, "M507", default=...
    )
    elektronisk_signatur_verifisert: Kode = code_field(
        ELEKTRONISKSIGNATURVERIFISERT, "M508", default=...
    )
    verifisert_dato: Tidspunkt = required_field("M622")
    verifisert_av: Tekst | None = field("M623", core=True)
    referanse_verifisert_av: Ref | None = field(
        None, text("Brukeren som verifiserte signaturen, ved systemID"), core=True
    )


class EnkelAdresse(Value):
    """En postadresse."""

    adresselinje1: Tekst | None = field(None, text("Første adresselinje"))
    adresselinje2: Tekst | None = field(None, text("Andre adresselinje"))
    adresselinje3: Tekst | None = field(None, text("Tredje adresselinje"))
    postnr: Kode | None = code_field(POSTNUMMER)
    poststed: Tekst = required_field("M408")
    landkode: Kode = code_field(LAND, "M038", default=Kode(kode="NO"))


class Kontaktinformasjon(Value):
    """Hvordan noen nås elektronisk."""

    epostadresse: Tekst | None = field("M410")
    mobiltelefon: Tekst | None = field(None, text("Mobiltelefonnummer"))
    telefon: Tekst | None = field(None, text("Telefonnummer"))


class Enhetsidentifikator(Value):
    """En organisasjons identifikasjon."""

    # Names its schema: there is a unit of the same name.
    __qualname__ = "EnhetsidentifikatorVerdi"

    system_id: Ref = field("M001", core=True, default_factory=uuid4)
    organisasjonsnummer: Tekst = required_field(None, text("Organisasjonsnummer, ni siffer"))

    @model_validator(mode="after")
    def _is_a_number(self) -> "Enhetsidentifikator":
        if not is_organisasjonsnummer(self.organisasjonsnummer):
            raise refusal("orgnr", text("Organisasjonsnummeret er ikke gyldig."))
        return self


class Personidentifikator(Value):
    """En persons identifikasjon: fødselsnummer eller d-nummer."""

    # Names its schema: there is a unit of the same name.
    __qualname__ = "PersonidentifikatorVerdi"

    system_id: Ref = field("M001", core=True, default_factory=uuid4)
    foedselsnummer: Tekst | None = field(None, text("Fødselsnummer, elleve siffer"))
    d_nummer: Tekst | None = field(None, text("D-nummer, elleve siffer"))

    @model_validator(mode="after")
    def _is_a_number(self) -> "Personidentifikator":
        if (self.foedselsnummer is None) == (self.d_nummer is None):
            raise refusal("person", text("Oppgi enten foedselsnummer eller dNummer."))
        if not (
            is_d_nummer(self.d_nummer)
            if self.foedselsnummer is None
            else is_foedselsnummer(self.foedselsnummer)
        ):
            raise refusal("person", text("Person- eller d-nummeret er ikke gyldig."))
        return self
