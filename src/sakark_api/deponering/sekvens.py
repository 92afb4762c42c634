"""What arkivstruktur.xml is made of, version 5.0: every element, in the order of the schema.

`!` marks what must be there. A name after a colon is the attribute whose value it is, where that
is called something else.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from sakark_api.deponering.element import (
    Element,
    Elements,
    Group,
    Made,
    Parts,
    Xml,
    at_column,
    coded,
    elements,
    escaped,
    inside,
    is_one_of,
    markup,
    moment,
    plain,
    rows_of,
    tagged,
    through,
    whole,
)
from sakark_api.deponering.filsti import extension, path_of
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.arkivstruktur.arkiv import arkiv
from sakark_api.noark.arkivstruktur.arkivdel import arkivdel
from sakark_api.noark.arkivstruktur.arkivskaper import arkivskaper
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import attachments, dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import dokumentobjekt
from sakark_api.noark.arkivstruktur.konvertering import konvertering
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.kryssreferanse import kryssreferanse
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.merknad import merknad
from sakark_api.noark.arkivstruktur.part import part
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.model import Base
from sakark_api.noark.moeter.moetedeltaker import moetedeltaker
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.dokumentflyt import dokumentflyt
from sakark_api.noark.sakarkiv.journalpost import UTGAAR
from sakark_api.noark.sakarkiv.presedens import presedens
from sakark_api.rest.tenant import same_kommune

__all__ = [
    "ARKIVDEL",
    "MAPPE",
    "MAPPE_TAILS",
    "REGISTRERING_TAILS",
    "Again",
    "arkiv_elements",
    "dokumentbeskrivelse_elements",
    "is_whole_flyt",
    "klasse_elements",
    "name_of_correspondent",
    "registrering_elements",
    "system_elements",
]


def _pairs(name: str) -> FromClause:
    return Base.metadata.tables[name]


@dataclass(frozen=True)
class Again:
    """Klassifikasjonssystemer that come once more, in another arkivdel than the first."""

    part: UUID
    systems: Collection[UUID] = ()

    def system_id(self, column: str) -> Made:
        """Make the systemID: a fresh one where the system in a column comes once more (N5.47)."""

        def made(rows: FromClause, name: str) -> Xml:
            own = cast(rows.c.system_id, Text())
            fresh = _fresh(markup(str(self.part)), own)
            return tagged(name, case((is_one_of(rows.c[column], self.systems), fresh), else_=own))

        return made


def _fresh(where: Xml, own: Xml) -> Xml:
    """Give the systemID of a unit's second place, the same each time it is asked for."""
    return cast(cast(func.md5(where.concat(own)), Uuid()), Text())


KASSASJON: Final = Group(
    "kassasjon", elements("kassasjonsvedtak! kassasjonshjemmel bevaringstid! kassasjonsdato!")
)
PLAN: Final = replace(KASSASJON, only_with="kassasjonsdato")
"""What a klasse says of disposal: for how long alone, while it is in use, is told by no element."""
UTFOERT_KASSASJON: Final = Group("utfoertKassasjon", elements("kassertDato! kassertAv!"))
SLETTING: Final = Group("sletting", elements("slettingstype! slettetDato! slettetAv!"))
SKJERMING: Final = Group(
    "skjerming",
    elements(
        "tilgangsrestriksjon! skjermingshjemmel! skjermingMetadata! skjermingDokument"
        " skjermingsvarighet skjermingOpphoererDato"
    ),
)
GRADERING: Final = Group(
    "gradering",
    elements("grad!:graderingskode graderingsdato! gradertAv! nedgraderingsdato nedgradertAv"),
)
SIGNATUR: Final = Group(
    "elektroniskSignatur",
    elements(
        "elektroniskSignaturSikkerhetsnivaa! elektroniskSignaturVerifisert! verifisertDato!"
        " verifisertAv!"
    ),
)

ARKIVSKAPER: Final = Parts(
    "arkivskaper",
    arkivskaper,
    through(_pairs("arkivskaper_arkiv"), "arkiv_ref", "arkivskaper_ref"),
    elements("arkivskaperID! arkivskaperNavn! beskrivelse"),
    ("arkivskaper_id", "system_id"),
)


def _closing(column: str, utvalg: Utvalg) -> Made:
    """Take what closed an arkiv that goes on from the last arkivdel of it in the deposit.

    The archive as it is deposited ends there, and the schema demands an end.
    """

    def made(rows: FromClause, name: str) -> Xml:
        period, below = rows_of(arkivdel), rows_of(arkiv)
        inside = (
            select(below.c.system_id)
            .where(same_kommune(below), below.c.overarkiv_ref == rows.c.system_id)
            .correlate_except(below)
        )
        last = (
            select(period.c[column])
            .where(
                same_kommune(period),
                utvalg.has_arkivdel(period),
                or_(period.c.arkiv_ref == rows.c.system_id, period.c.arkiv_ref.in_(inside)),
                period.c.avsluttet_dato.is_not(None),
            )
            .order_by(period.c.avsluttet_dato.desc(), period.c.system_id)
            .limit(1)
            .correlate_except(period)
            .scalar_subquery()
        )
        return _plainly(name, func.coalesce(rows.c[column], last))

    return made


def _plainly(name: str, value: ColumnElement[Any]) -> Xml:
    return tagged(name, moment(value) if name.endswith("Dato") else escaped(value))


def arkiv_elements(utvalg: Utvalg) -> Elements:
    """Give what an arkiv is; when one that goes on was closed, depends on what is deposited."""
    return elements(
        "systemID! tittel! beskrivelse arkivstatus dokumentmedium oppbevaringssted opprettetDato!"
        " opprettetAv!",
        Element("avsluttetDato", needed=True, made=_closing("avsluttet_dato", utvalg)),
        Element("avsluttetAv", needed=True, made=_closing("avsluttet_av", utvalg)),
        ARKIVSKAPER,
    )


ARKIVDEL: Final = elements(
    "systemID! tittel! beskrivelse arkivdelstatus! dokumentmedium oppbevaringssted opprettetDato!"
    " opprettetAv! avsluttetDato! avsluttetAv! arkivperiodeStartDato arkivperiodeSluttDato"
    " referanseForloeper referanseArvtaker",
    KASSASJON,
    UTFOERT_KASSASJON,
    SLETTING,
    SKJERMING,
    GRADERING,
)


def system_elements(again: Again) -> Elements:
    """Give what a klassifikasjonssystem is."""
    return elements(
        Element("systemID", needed=True, made=again.system_id("system_id")),
        "klassifikasjonstype tittel! beskrivelse opprettetDato! opprettetAv! avsluttetDato"
        " avsluttetAv",
    )


def klasse_elements(again: Again) -> Elements:
    """Give what a klasse is."""
    return elements(
        Element("systemID", needed=True, made=again.system_id("klassifikasjonssystem_ref")),
        "klasseID! tittel! beskrivelse noekkelord opprettetDato! opprettetAv! avsluttetDato"
        " avsluttetAv",
        _references("klasse"),
        PLAN,
        SKJERMING,
        GRADERING,
    )


def _references(owner: str) -> Parts:
    return Parts(
        "kryssreferanse",
        kryssreferanse,
        at_column(f"fra_{owner}_ref"),
        elements(
            *(
                Element(f"referanseTil{name.capitalize()}", made=_reference(f"til_{name}_ref"))
                for name in ("klasse", "mappe", "registrering")
            )
        ),
        ("opprettet_dato", "system_id"),
        rare=True,
    )


def _reference(column: str) -> Made:
    return lambda rows, name: tagged(name, cast(rows.c[column], Text()))


def _address(rows: FromClause) -> ColumnElement[Any]:
    """Give where a party is written to; whoever is inside has no address."""
    columns = (rows.c[one] for one in ("postadresse", "forretningsadresse", "bostedsadresse"))
    return func.coalesce(*(type_coerce(one, JSONB()) for one in columns), type_=JSONB())


def _lines(rows: FromClause, name: str) -> Xml:
    """Make an element of each line of an address."""
    lines = (plain(_address(rows), f"adresselinje{place}") for place in (1, 2, 3))
    return whole([tagged(name, escaped(line)) for line in lines])


def _place(rows: FromClause, name: str) -> Xml:
    return tagged(name, escaped(plain(_address(rows), "poststed")))


def _code(rows: FromClause, name: str) -> Xml:
    """Make an element of the postnummer itself: what it is called is the place."""
    return tagged(name, escaped(plain(inside(_address(rows), "postnr"), "kode")))


def _country(rows: FromClause, name: str) -> Xml:
    return tagged(name, coded(inside(_address(rows), "landkode")))


def _contact(*fields: str) -> Made:
    """Make an element of each of some fields of how a party is reached."""

    def made(rows: FromClause, name: str) -> Xml:
        held = type_coerce(rows.c.kontaktinformasjon, JSONB())
        return whole([tagged(name, escaped(plain(held, field))) for field in fields])

    return made


def _identity(rows: FromClause, name: str) -> Xml:
    """Make an element of the number of the organisation or the person (M010)."""
    person = inside(type_coerce(rows.c.personidentifikator, JSONB()), 0)
    enhet = type_coerce(rows.c.enhetsidentifikator, JSONB())
    number = func.coalesce(
        plain(enhet, "organisasjonsnummer"),
        plain(person, "foedselsnummer"),
        plain(person, "dNummer"),
    )
    return tagged(name, escaped(number))


ADDRESS: Final = elements(
    Element("postadresse", made=_lines),
    Element("postnummer", made=_code),
    Element("poststed", made=_place),
    Element("land", made=_country),
    Element("epostadresse", made=_contact("epostadresse")),
    Element("telefonnummer", made=_contact("telefon", "mobiltelefon")),
    "kontaktperson",
)


def _parties(owner: str) -> Parts:
    return Parts(
        "part",
        part,
        at_column(f"{owner}_ref"),
        elements(Element("partID", made=_identity), "partNavn!:navn partRolle!", *ADDRESS),
        ("system_id",),
        rare=True,
    )


def name_of_correspondent(rows: FromClause) -> ColumnElement[str]:
    """Give a name of who is written to or by: inside, the person before the unit."""
    named = (rows.c.navn, rows.c.saksbehandler, rows.c.administrativ_enhet)
    return func.coalesce(*named, type_=Text())


def _correspondent(rows: FromClause, name: str) -> Xml:
    return tagged(name, escaped(name_of_correspondent(rows)))


KORRESPONDANSEPART: Final = Parts(
    "korrespondansepart",
    korrespondansepart,
    at_column("registrering_ref"),
    elements(
        "korrespondanseparttype!",
        Element("korrespondansepartNavn", needed=True, made=_correspondent),
        *ADDRESS,
        "administrativEnhet saksbehandler",
    ),
    ("system_id",),
)


def _remarks(owner: str) -> Parts:
    return Parts(
        "merknad",
        merknad,
        at_column(f"{owner}_ref"),
        elements("merknadstekst! merknadstype merknadsdato! merknadRegistrertAv!"),
        ("merknadsdato", "system_id"),
        rare=True,
    )


def _precedents(owner: str) -> Parts:
    return Parts(
        "presedens",
        presedens,
        through(_pairs(f"{owner}_presedens"), f"{owner}_ref", "presedens_ref"),
        elements(
            "presedensDato! opprettetDato! opprettetAv! tittel! beskrivelse presedensHjemmel"
            " rettskildefaktor! presedensGodkjentDato presedensGodkjentAv avsluttetDato avsluttetAv"
            " presedensStatus"
        ),
        ("opprettet_dato", "system_id"),
        rare=True,
    )


MAPPE: Final = elements(
    "systemID! mappeID! tittel! offentligTittel beskrivelse noekkelord dokumentmedium"
    " oppbevaringssted opprettetDato! opprettetAv! avsluttetDato! avsluttetAv!",
    _parties("mappe"),
    _references("mappe"),
    _remarks("mappe"),
    KASSASJON,
    SKJERMING,
    GRADERING,
)


def _secondary(rows: FromClause, name: str) -> Xml:
    """Make an element of each secondary klasse."""
    pairs = _pairs("klasse_mappe").alias()
    one = tagged(name, cast(pairs.c.klasse_ref, Text()))
    return (
        select(func.string_agg(one, markup("")))
        .where(same_kommune(pairs), pairs.c.mappe_ref == rows.c.system_id)
        .correlate_except(pairs)
        .scalar_subquery()
    )


MAPPE_TAILS: Final[Mapping[str, Elements]] = {
    "mappe": (),
    "saksmappe": elements(
        "saksaar! sakssekvensnummer! saksdato! administrativEnhet! saksansvarlig! journalenhet"
        " saksstatus! utlaantDato utlaantTil",
        Element("referanseSekundaerKlassifikasjon", made=_secondary),
        _precedents("mappe"),
    ),
    "moetemappe": elements(
        "moetenummer! utvalg! moetedato! moetested referanseForrigeMoete referanseNesteMoete",
        Parts(
            "moetedeltaker",
            moetedeltaker,
            at_column("mappe_ref"),
            elements("moetedeltakerNavn! moetedeltakerFunksjon"),
            ("moetedeltaker_navn", "system_id"),
        ),
    ),
}
"""What each kind of mappe has after the units that are in it."""

AVSKRIVNING: Final = Parts(
    "avskrivning",
    avskrivning,
    at_column("journalpost_ref"),
    elements("avskrivningsdato! avskrevetAv! avskrivningsmaate! referanseAvskrivesAvJournalpost"),
    ("avskrivningsdato", "system_id"),
    rare=True,
)


def is_whole_flyt(rows: FromClause) -> ColumnElement[bool]:
    """Say that a document was sent to somebody, came there and was answered (M660–M663)."""
    demanded = (
        rows.c.flyt_til,
        rows.c.flyt_mottatt_dato,
        rows.c.flyt_sendt_dato,
        rows.c.flyt_status,
    )
    return and_(*(one.is_not(None) for one in demanded))


FLYT: Final = Parts(
    "dokumentflyt",
    dokumentflyt,
    lambda rows, owner: and_(rows.c.registrering_ref == owner.c.system_id, is_whole_flyt(rows)),
    elements("flytTil! flytFra! flytMottattDato! flytSendtDato! flytStatus! flytMerknad"),
    ("flyt_sendt_dato", "system_id"),
    rare=True,
)

_NOTE: Final = (
    "dokumentetsDato mottattDato sendtDato forfallsdato offentlighetsvurdertDato antallVedlegg"
    " utlaantDato utlaantTil"
)

REGISTRERING_TAILS: Final[Mapping[str, Elements]] = {
    "registrering": (),
    "journalpost": elements(
        "journalaar! journalsekvensnummer! journalpostnummer! journalposttype! journalstatus!"
        " journaldato!",
        _NOTE,
        "journalenhet",
        AVSKRIVNING,
        FLYT,
        _precedents("registrering"),
        SIGNATUR,
    ),
    "arkivnotat": elements(_NOTE, FLYT),
    "moeteregistrering": elements(
        "moeteregistreringstype! moetesakstype moeteregistreringsstatus administrativEnhet!"
        " saksbehandler! referanseTilMoeteregistrering referanseFraMoeteregistrering"
    ),
}
"""What each kind of registrering has after what all have."""


def _archived(column: str, instead: str) -> Made:
    """Let what was void when its mappe was closed be archived then: it never is by itself."""

    def made(rows: FromClause, name: str) -> Xml:
        above = rows_of(mappe)
        closed = (
            select(above.c[instead])
            .where(same_kommune(above), above.c.system_id == rows.c.mappe_ref)
            .correlate_except(above)
            .scalar_subquery()
        )
        is_void = kode_of(rows.c.journalstatus) == markup(UTGAAR)
        return _plainly(name, func.coalesce(rows.c[column], case((is_void, closed))))

    return made


def registrering_elements(rows: FromClause, utvalg: Utvalg) -> Elements:
    """Give what the registreringer in `rows` are; what depends on which others come is theirs."""
    return elements(
        "systemID! opprettetDato! opprettetAv!",
        Element("arkivertDato", needed=True, made=_archived("arkivert_dato", "avsluttet_dato")),
        Element("arkivertAv", needed=True, made=_archived("arkivert_av", "avsluttet_av")),
        Element("referanseArkivdel", made=_arkivdel_within(utvalg)),
        _parties("registrering"),
        KASSASJON,
        SKJERMING,
        GRADERING,
        Parts(
            "dokumentbeskrivelse",
            dokumentbeskrivelse,
            through(attachments, "registrering_ref", "dokumentbeskrivelse_ref"),
            dokumentbeskrivelse_elements(rows, utvalg),
            ("dokumentnummer", "opprettet_dato", "system_id"),
        ),
        "registreringsID tittel! offentligTittel beskrivelse noekkelord forfatter dokumentmedium"
        " oppbevaringssted",
        _remarks("registrering"),
        _references("registrering"),
        KORRESPONDANSEPART,
    )


def _arkivdel_within(utvalg: Utvalg) -> Made:
    """Name the arkivdel a registrering belongs to, if that is in the deposit too (N5.48)."""

    def made(rows: FromClause, name: str) -> Xml:
        told = rows.c.referanse_arkivdel
        return tagged(name, cast(case((is_one_of(told, utvalg.arkivdeler), told)), Text()))

    return made


def dokumentbeskrivelse_elements(holder: FromClause, utvalg: Utvalg) -> Elements:
    """Give what the documents of the registreringer in `holder` are.

    A document of several is written in each of them, with a systemID of its own (N5.47).
    """
    return elements(
        Element(
            "systemID",
            needed=True,
            made=lambda rows, name: tagged(name, _own_or_fresh(rows, rows, holder, utvalg)),
        ),
        "dokumenttype! dokumentstatus! tittel! beskrivelse forfatter opprettetDato! opprettetAv!"
        " dokumentmedium oppbevaringssted tilknyttetRegistreringSom! dokumentnummer!"
        " tilknyttetDato! tilknyttetAv!",
        _parties("dokumentbeskrivelse"),
        _remarks("dokumentbeskrivelse"),
        KASSASJON,
        UTFOERT_KASSASJON,
        SLETTING,
        SKJERMING,
        GRADERING,
        SIGNATUR,
        Parts(
            "dokumentobjekt",
            dokumentobjekt,
            lambda rows, owner: and_(
                rows.c.dokumentbeskrivelse_ref == owner.c.system_id, utvalg.has_file(rows, owner)
            ),
            dokumentobjekt_elements(holder, utvalg),
            ("versjonsnummer", "opprettet_dato", "system_id"),
        ),
    )


def dokumentobjekt_elements(holder: FromClause, utvalg: Utvalg) -> Elements:
    """Give what the files of documents are; a file that is told of twice is there once."""

    def system_id(rows: FromClause, name: str) -> Xml:
        document = rows_of(dokumentbeskrivelse)
        found = (
            select(_own_or_fresh(rows, document, holder, utvalg))
            .where(
                same_kommune(document),
                document.c.system_id == rows.c.dokumentbeskrivelse_ref,
            )
            .correlate_except(document)
            .scalar_subquery()
        )
        return tagged(name, found)

    return elements(
        Element("systemID", needed=True, made=system_id),
        "versjonsnummer! variantformat!",
        Element("format", needed=True, made=lambda rows, name: tagged(name, extension(rows))),
        Element("formatDetaljer", made=_format_in_words),
        "opprettetDato! opprettetAv!",
        Element(
            "referanseDokumentfil", needed=True, made=lambda rows, name: tagged(name, path_of(rows))
        ),
        "sjekksum! sjekksumAlgoritme! filstoerrelse!",
        SIGNATUR,
        Parts(
            "konvertering",
            konvertering,
            at_column("dokumentobjekt_ref"),
            elements(
                "konvertertDato! konvertertAv! konvertertFraFormat! konvertertTilFormat!"
                " konverteringsverktoey konverteringskommentar"
            ),
            ("konvertert_dato", "system_id"),
        ),
    )


def _own_or_fresh(
    rows: FromClause, document: FromClause, holder: FromClause, utvalg: Utvalg
) -> Xml:
    """Give a unit's systemID where its document comes first, and else one for that place."""
    own = cast(rows.c.system_id, Text())
    fresh = _fresh(cast(holder.c.system_id, Text()), own)
    return case((utvalg.is_first(document, holder), own), else_=fresh)


def _format_in_words(rows: FromClause, name: str) -> Xml:
    """Tell the format by its PRONOM number and name, and what else is known of it (M702)."""
    kode = type_coerce(rows.c.format, JSONB())
    said = func.concat_ws(
        markup(" "), plain(kode, "kode"), plain(kode, "kodenavn"), rows.c.format_detaljer
    )
    return tagged(name, escaped(said))
