"""The code lists of the standard, and the values that every kommune starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from babel import Locale

from sakark_api.noark.metadata.katalog import METADATA
from sakark_api.noark.rel import OWN_REL, REL
from sakark_api.texts import Text, text


@dataclass(frozen=True)
class CodeList:
    """One code list: its name in addresses, its name in the standard, meaning and first values."""

    name: str
    title: str
    description: Text
    values: Sequence[tuple[str, str]]
    """Pairs of kode and kodenavn."""
    base: str = REL
    """What its relation keys begin with."""

    @property
    def rel(self) -> str:
        return f"{self.base}metadata/{self.name}/"

    @property
    def rel_of_new(self) -> str:
        return f"{self.base}metadata/ny-{self.name}/"


class _Countries(Sequence[tuple[str, str]]):
    """The countries of ISO 3166-1 alpha-2 with their Norwegian names.

    What is left out has letters that the standard reserves or leaves to its users: Kosovo's XK too.
    Read when first asked for, by who makes a kommune: CLDR takes 4 MB, which others do not need.
    """

    _NOT = frozenset(
        ["EU", "EZ", "UN", "XA", "XB", "XK", "ZZ", "QO", "CP", "CQ", "DG", "EA", "IC", "TA", "AC"]
    )

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, place: int) -> tuple[str, str]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[str, str]]: ...
    def __getitem__(self, place: int | slice) -> tuple[str, str] | Sequence[tuple[str, str]]:
        return self._all[place]

    @cached_property
    def _all(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (kode, navn)
            for kode, navn in sorted(Locale("nb").territories.items())
            if len(kode) == len("NO") and kode.isalpha() and kode not in self._NOT
        )


KOORDINATSYSTEM = CodeList(
    "koordinatsystem",
    "Koordinatsystem",
    text("Koordinatsystemet en posisjon er gitt i"),
    (
        ("EPSG:32632", "UTM32N"),
        ("EPSG:4326", "WGS84"),
    ),
)
ARKIVDELSTATUS = CodeList(
    "arkivdelstatus",
    "Arkivdelstatus",
    METADATA["M051"],
    (
        ("A", "Aktiv periode"),
        ("O", "Overlappingsperiode"),
        ("P", "Avsluttet periode"),
        ("U", "Uaktuelle mapper"),
    ),
)
ARKIVSTATUS = CodeList(
    "arkivstatus",
    "Arkivstatus",
    METADATA["M050"],
    (
        ("O", "Opprettet"),
        ("A", "Avsluttet"),
    ),
)
AVSKRIVNINGSMAATE = CodeList(
    "avskrivningsmaate",
    "Avskrivningsmaate",
    text("Hvordan en journalpost er avskrevet"),
    (
        ("BU", "Besvart med brev"),
        ("BE", "Besvart med e-post"),
        ("TLF", "Besvart på telefon"),
        ("TE", "Tatt til etterretning"),
        ("TO", "Tatt til orientering"),
        ("BN", "Besvart med notat"),
        ("SA", "Saken ble avsluttet"),
    ),
)
DOKUMENTMEDIUM = CodeList(
    "dokumentmedium",
    "Dokumentmedium",
    METADATA["M300"],
    (
        ("F", "Fysisk medium"),
        ("E", "Elektronisk arkiv"),
        ("B", "Blandet fysisk og elektronisk arkiv"),
    ),
)
DOKUMENTSTATUS = CodeList(
    "dokumentstatus",
    "Dokumentstatus",
    METADATA["M054"],
    (
        ("B", "Dokumentet er under redigering"),
        ("F", "Dokumentet er ferdigstilt"),
    ),
)
DOKUMENTTYPE = CodeList(
    "dokumenttype",
    "Dokumenttype",
    METADATA["M083"],
    (
        ("B", "Brev"),
        ("R", "Rundskriv"),
        ("F", "Faktura"),
        ("O", "Ordrebekreftelse"),
    ),
)
ELEKTRONISKSIGNATURSIKKERHETSNIVAA = CodeList(
    "elektronisksignatursikkerhetsnivaa",
    "ElektroniskSignaturSikkerhetsnivaa",
    METADATA["M507"],
    (
        ("SK", "Symmetrisk kryptert"),
        ("V", "Sendt med PKI/virksomhetssertifikat"),
        ("PS", 'Sendt med PKI/"person standard"-sertifikat'),
        ("PH", 'Sendt med PKI/"person høy"-sertifikat'),
    ),
)
ELEKTRONISKSIGNATURVERIFISERT = CodeList(
    "elektronisksignaturverifisert",
    "ElektroniskSignaturVerifisert",
    METADATA["M508"],
    (
        ("I", "Signatur påført, ikke verifisert"),
        ("V", "Signatur påført og verifisert"),
    ),
)
FLYTSTATUS = CodeList(
    "flytstatus",
    "FlytStatus",
    text("Hva mottakeren svarte i dokumentflyten"),
    (
        ("G", "Godkjent"),
        ("I", "Ikke godkjent"),
        ("S", "Sendt tilbake til saksbehandler med kommentarer"),
    ),
)
FORMAT = CodeList(
    "format",
    "Format",
    METADATA["M701"],
    (
        ("av/0", "Ukjent format"),
        ("x-fmt/111", "Ren tekst"),
        ("fmt/353", "TIFF versjon 6"),
        ("fmt/95", "PDF/A 1a - ISO 19005-1:2005"),
        ("fmt/354", "PDF/A 1b - ISO 19005-1:2005"),
        ("fmt/101", "XML"),
        ("fmt/42", "JPEG"),
        ("av/1", "SOSI"),
        ("x-fmt/386", "MPEG-2"),
        ("fmt/134", "MP3"),
        ("fmt/11", "PNG"),
        ("fmt/12", "PNG 1.1"),
        ("fmt/13", "PNG 1.2"),
        ("fmt/18", "PDF 1.4"),
        ("fmt/19", "PDF 1.5"),
        ("fmt/20", "PDF 1.6"),
        ("fmt/276", "PDF 1.7"),
        ("fmt/476", "PDF/A 2a - ISO 19005-2:2011"),
        ("fmt/477", "PDF/A 2b - ISO 19005-2:2011"),
        ("fmt/478", "PDF/A 2u - ISO 19005-2:2011"),
        ("fmt/412", "Microsoft Word (OOXML)"),
    ),
)
GRADERINGSKODE = CodeList(
    "graderingskode",
    "Graderingskode",
    METADATA["M506"],
    (
        ("SH", "Strengt hemmelig (sikkerhetsgrad)"),
        ("H", "Hemmelig (sikkerhetsgrad)"),
        ("K", "Konfidensielt (sikkerhetsgrad)"),
        ("B", "Begrenset (sikkerhetsgrad)"),
        ("F", "Fortrolig (beskyttelsesgrad)"),
        ("SF", "Strengt fortrolig (beskyttelsesgrad)"),
    ),
)
HENDELSETYPE = CodeList(
    "hendelsetype",
    "Hendelsetype",
    text("Hva som skjedde: opprettet, lest, endret eller slettet"),
    (
        ("C", "Opprettet"),
        ("R", "Lest"),
        ("U", "Endret"),
        ("D", "Slettet"),
    ),
)
JOURNALPOSTTYPE = CodeList(
    "journalposttype",
    "Journalposttype",
    METADATA["M082"],
    (
        ("I", "Inngående dokument"),
        ("U", "Utgående dokument"),
        ("N", "Organinternt dokument for oppfølging"),
        ("X", "Organinternt dokument uten oppfølging"),
        ("S", "Saksframlegg"),
    ),
)
JOURNALSTATUS = CodeList(
    "journalstatus",
    "Journalstatus",
    METADATA["M053"],
    (
        ("J", "Journalført"),
        ("F", "Ferdigstilt fra saksbehandler"),
        ("G", "Godkjent av leder"),
        ("E", "Ekspedert"),
        ("A", "Arkivert"),
        ("U", "Utgår"),
        ("M", "Midlertidig registrering av innkommet dokument"),
        ("S", "Saksbehandler har registrert innkommet dokument"),
        ("R", "Reservert dokument"),
    ),
)
KASSASJONSVEDTAK = CodeList(
    "kassasjonsvedtak",
    "Kassasjonsvedtak",
    METADATA["M450"],
    (
        ("B", "Bevares"),
        ("K", "Kasseres"),
        ("G", "Vurderes senere"),
    ),
)
KLASSIFIKASJONSTYPE = CodeList(
    "klassifikasjonstype",
    "Klassifikasjonstype",
    METADATA["M086"],
    (
        ("GBN", "Gårds- og bruksnummer"),
        ("FH", "Funksjonsbasert, hierarkisk"),
        ("EH", "Emnebasert, hierarkisk arkivnøkkel"),
        ("E1", "Emnebasert, ett nivå"),
        ("KK", "K-koder"),
        ("MF", "Mangefasettert, ikke hierarki"),
        ("UO", "Objektbasert"),
        ("PNR", "Fødselsnummer"),
    ),
)
KORRESPONDANSEPARTTYPE = CodeList(
    "korrespondanseparttype",
    "Korrespondanseparttype",
    METADATA["M087"],
    (
        ("EA", "Avsender"),
        ("EM", "Mottaker"),
        ("EK", "Kopimottaker"),
        ("GM", "Gruppemottaker"),
        ("IA", "Intern avsender"),
        ("IM", "Intern mottaker"),
        ("IK", "Intern kopimottaker"),
        ("IS", "Medavsender"),
    ),
)
LAND = CodeList("land", "Land", METADATA["M038"], _Countries())
MERKNADSTYPE = CodeList(
    "merknadstype",
    "Merknadstype",
    METADATA["M084"],
    (
        ("MS", "Merknad fra saksbehandler"),
        ("ML", "Merknad fra leder"),
        ("MA", "Merknad fra arkivansvarlig"),
    ),
)
POSTNUMMER = CodeList(
    "postnummer",
    "Postnummer",
    text("Postnummer, med poststedet som navn"),
    (
        # The demo kommuner's; `sakark kodeliste postnummer` loads the whole register.
        ("6300", "ÅNDALSNES"),
        ("6310", "VEBLUNGSNES"),
        ("6315", "INNFJORDEN"),
        ("6320", "ISFJORDEN"),
        ("6350", "EIDSBYGDA"),
        ("6360", "ÅFARNES"),
        ("6363", "MITTET"),
        ("6386", "MÅNDALEN"),
        ("6387", "VÅGSTRANDA"),
        ("6390", "VESTNES"),
        ("6391", "TRESFJORD"),
        ("6392", "VIKEBUKT"),
        ("6393", "TOMREFJORD"),
        ("6394", "FIKSDAL"),
        ("6395", "REKDAL"),
        ("6413", "MOLDE"),
        ("6450", "HJELSET"),
        ("6452", "KLEIVE"),
        ("6456", "SKÅLA"),
        ("6457", "BOLSØYA"),
        ("6460", "EIDSVÅG I ROMSDAL"),
        ("6470", "ERESFJORD"),
        ("6472", "EIKESDAL"),
        ("6475", "MIDSUND"),
        ("6480", "AUKRA"),
    ),
)
PRESEDENSSTATUS = CodeList(
    "presedensstatus",
    "PresedensStatus",
    METADATA["M056"],
    (
        ("G", "Gjeldende"),
        ("F", "Foreldet"),
    ),
)
PARTROLLE = CodeList(
    "partrolle",
    "PartRolle",
    text("Partens rolle i saken"),
    (
        ("KLI", "Klient"),
        ("PAA", "Pårørende"),
        ("FORM", "Formynder"),
        ("ADV", "Advokat"),
    ),
)
SAKSSTATUS = CodeList(
    "saksstatus",
    "Saksstatus",
    METADATA["M052"],
    (
        ("B", "Under behandling"),
        ("A", "Avsluttet"),
        ("U", "Utgår"),
        ("R", "Opprettet av saksbehandler"),
        ("S", "Avsluttet av saksbehandler"),
        ("P", "Unntatt prosesstyring"),
        ("F", "Ferdig fra saksbehandler"),
    ),
)
SKJERMINGDOKUMENT = CodeList(
    "skjermingdokument",
    "SkjermingDokument",
    METADATA["M503"],
    (
        ("H", "Skjerming av hele dokumentet"),
        ("D", "Skjerming av deler av dokumentet"),
    ),
)
SKJERMINGMETADATA = CodeList(
    "skjermingmetadata",
    "SkjermingMetadata",
    METADATA["M502"],
    (
        ("KID", "Skjerming klasseID"),
        ("TKL", "Skjerming tittel klasse"),
        ("TM1", "Skjerming tittel mappe - unntatt første linje"),
        ("TMO", "Skjerming tittel mappe - utvalgte ord"),
        ("NPS", "Skjerming navn part i sak"),
        ("TR1", "Skjerming tittel registrering - unntatt første linje"),
        ("TRO", "Skjerming tittel registrering - utvalgte ord"),
        ("NA", "Skjerming navn avsender"),
        ("NM", "Skjerming navn mottaker"),
        ("TD", "Skjerming tittel dokumentbeskrivelse"),
        ("MT", "Skjerming merknadstekst"),
        ("M", "Midlertidig skjerming"),
        # Not the standard's, whose list is open: protected addresses have no other mark.
        ("AD", "Skjerming adresse og kontaktopplysninger"),
    ),
)
SLETTINGSTYPE = CodeList(
    "slettingstype",
    "Slettingstype",
    METADATA["M089"],
    (
        ("SP", "Sletting av produksjonsformat"),
        ("SV", "Sletting av tidligere versjon"),
        ("SS", "Sletting av variant med sladdet informasjon"),
        ("SA", "Sletting av hele innholdet i arkivdelen"),
    ),
)
TILGANGSKATEGORI = CodeList(
    "tilgangskategori",
    "Tilgangskategori",
    text("Hva slags enheter en tilgang gjelder"),
    (
        ("A", "arkivdel"),
        ("K", "klasse"),
        ("M", "mappe"),
        ("R", "registrering"),
        ("D", "dokumentbeskrivelse"),
    ),
)
TILGANGSRESTRIKSJON = CodeList(
    "tilgangsrestriksjon",
    "Tilgangsrestriksjon",
    METADATA["M500"],
    (
        ("B", "Begrenset etter sikkerhetsinstruksen"),
        ("K", "Konfidensielt etter sikkerhetsinstruksen"),
        ("H", "Hemmelig etter sikkerhetsinstruksen"),
        ("F", "Fortrolig etter beskyttelsesinstruksen"),
        ("SF", "Strengt fortrolig etter beskyttelsesinstruksen"),
        ("5", "Unntatt etter offentlighetsloven § 5"),
        ("5a", "Unntatt etter offentlighetsloven § 5a"),
        ("6", "Unntatt etter offentlighetsloven § 6"),
        ("11", "Unntatt etter offentlighetsloven § 11"),
        ("XX", "Midlertidig sperret"),
        ("P", "Personalsaker"),
        ("KL", "Klientsaker"),
    ),
)
TILKNYTTETREGISTRERINGSOM = CodeList(
    "tilknyttetregistreringsom",
    "TilknyttetRegistreringSom",
    METADATA["M217"],
    (
        ("H", "Hoveddokument"),
        ("V", "Vedlegg"),
    ),
)
VARIANTFORMAT = CodeList(
    "variantformat",
    "Variantformat",
    METADATA["M700"],
    (
        ("P", "Produksjonsformat"),
        ("A", "Arkivformat"),
        ("O", "Dokument hvor deler av innholdet er skjermet"),
    ),
)
MAPPETYPE = CodeList("mappetype", "Mappetype", text("Hva slags mappe det er"), ())

# Core Noark names the values of the meeting lists but gives them no codes: the codes are ours.
MOETEDELTAKERFUNKSJON = CodeList(
    "moetedeltakerfunksjon",
    "MoetedeltakerFunksjon",
    METADATA["M373"],
    (
        ("ML", "Møteleder"),
        ("RE", "Referent"),
    ),
    OWN_REL,
)
MOETEREGISTRERINGSTYPE = CodeList(
    "moeteregistreringstype",
    "Moeteregistreringstype",
    METADATA["M085"],
    (
        ("MI", "Møteinnkallelse"),
        ("SL", "Saksliste"),
        ("SF", "Saksframlegg"),
        ("VM", "Vedlegg til møtesak"),
    ),
    OWN_REL,
)
MOETESAKSTYPE = CodeList(
    "moetesakstype",
    "Moetesakstype",
    METADATA["M088"],
    (
        ("PS", "Politisk sak"),
        ("DS", "Delegert møtesak"),
        ("RS", "Referatsak"),
        ("IP", "Interpellasjon"),
    ),
    OWN_REL,
)
MOETEREGISTRERINGSSTATUS = CodeList(
    "moeteregistreringsstatus",
    "Moeteregistreringsstatus",
    METADATA["M055"],
    (
        ("FB", "Ferdig behandlet av utvalget"),
        ("UT", "Utsatt til nytt møte i samme utvalg"),
        ("ST", "Sendt tilbake til foregående utvalg"),
    ),
    OWN_REL,
)

KODELISTER: Mapping[str, CodeList] = {
    codelist.name: codelist
    for codelist in (
        KOORDINATSYSTEM,
        ARKIVDELSTATUS,
        ARKIVSTATUS,
        AVSKRIVNINGSMAATE,
        DOKUMENTMEDIUM,
        DOKUMENTSTATUS,
        DOKUMENTTYPE,
        ELEKTRONISKSIGNATURSIKKERHETSNIVAA,
        ELEKTRONISKSIGNATURVERIFISERT,
        FLYTSTATUS,
        FORMAT,
        GRADERINGSKODE,
        HENDELSETYPE,
        JOURNALPOSTTYPE,
        JOURNALSTATUS,
        KASSASJONSVEDTAK,
        KLASSIFIKASJONSTYPE,
        KORRESPONDANSEPARTTYPE,
        LAND,
        MERKNADSTYPE,
        POSTNUMMER,
        PRESEDENSSTATUS,
        PARTROLLE,
        SAKSSTATUS,
        SKJERMINGDOKUMENT,
        SKJERMINGMETADATA,
        SLETTINGSTYPE,
        TILGANGSKATEGORI,
        TILGANGSRESTRIKSJON,
        TILKNYTTETREGISTRERINGSOM,
        VARIANTFORMAT,
        MAPPETYPE,
        MOETEDELTAKERFUNKSJON,
        MOETEREGISTRERINGSTYPE,
        MOETESAKSTYPE,
        MOETEREGISTRERINGSSTATUS,
    )
}
