"""Messages written by hand, with every kind of element that they can have."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deponering.pakker import XSI, el, fields

FIKS = "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/arkivmelding/opprett/v1"
KATALOG = "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/metadatakatalog/v1"
NOARK = "http://www.arkivverket.no/standarder/noark5/arkivmelding"
SHARED = Path(__file__).parents[3] / "shared" / "deposit" / "schemas" / "fiks-arkiv-v1"
OPPRETT = SHARED / "no.ks.fiks.arkiv.v1.arkivering.arkivmelding.opprett.xsd"
KVITTERING = SHARED / "no.ks.fiks.arkiv.v1.arkivering.arkivmelding.opprett.kvittering.xsd"

ARKIVDEL = "Saker 2023"
"""The arkivdel of the package that `pakker.py` writes."""
MOMENT = "2024-05-03T10:15:00+02:00"
FILES: Mapping[str, bytes] = {
    "fil-1.pdf": b"%PDF-1.4 soeknad",
    "fil-2.pdf": b"%PDF-1.4 kart",
    "fil-3.pdf": b"%PDF-1.4 utredning",
}


def kode(name: str, value: str, called: str = "") -> str:
    """Write a code of Fiks Arkiv: its kode, and what it is called."""
    said = el("m:beskrivelse", called) if called else ""
    return el(name, el("m:kode", value), said)


def person(name: str, **values: str) -> str:
    """Write who somebody is: by name, and by what they are known as."""
    return el(name, *(el(f"m:{part}", value) for part, value in values.items()))


def key(noekkel: str, name: str = "referanseEksternNoekkel", prefix: str = "") -> str:
    """Write what a unit is called in the system that the message is from."""
    return el(f"{prefix}{name}", el("m:fagsystem", "Byggesak 3"), el("m:noekkel", noekkel))


def text(name: str, content: str) -> str:
    return el(name, el("m:tekstInnhold", content), kode("m:tekstFormat", "text/plain"))


SKJERMING = el(
    "skjerming",
    kode("tilgangsrestriksjon", "13", "Taushetsplikt"),
    fields(skjermingshjemmel="Offl. § 13", skjermingOpphoererDato="2084-05-03"),
    kode("skjermingOpphoererAksjon", "A", "Avgraderes"),
)
GRADERING = el(
    "gradering",
    kode("grad", "F", "Fortrolig"),
    fields(graderingsdato=MOMENT, gradertAv="Gro Graderer"),
)
PART = el(
    "part",
    fields(partID="p-77", partNavn="Synne Søker"),
    kode("partRolle", "TIH", "Tiltakshaver"),
    el("personID", fields(landkode="NO", identifikator="01817000173")),
    fields(postadresse="Fjordvegen 12", postnummer="6390", poststed="VESTNES"),
    kode("landkode", "NO", "Norge"),
    fields(epostadresse="synne@example.no", telefonnummer="71000000"),
    el(
        "virksomhetsspesifikkeMetadata",
        '<v:mappe xmlns:v="urn:egen"><v:tittel>fri</v:tittel></v:mappe>',
    ),
    fields(erPersonnavn="true"),
)
KONTOR = el(
    "part",
    fields(partNavn="Arkitekt AS"),
    kode("partRolle", "ARK", "Arkitekt"),
    el("organisasjonID", fields(identifikator="312345609")),
    fields(kontaktperson="Arne Arkitekt", erPersonnavn="false"),
)
MERKNAD = el(
    "merknad",
    fields(merknadID="m-1", merknadstekst="Ring søkeren"),
    kode("merknadstype", "MS", "Merknad fra saksbehandler"),
    fields(merknadsdato=MOMENT, merknadRegistrertAv="Siri Saksbehandler"),
)
PRESEDENS = el(
    "presedens",
    fields(presedensDato="2024-05-03", opprettetDato=MOMENT, opprettetAv="Ola Jurist"),
    fields(tittel="Garasje i strandsonen", beskrivelse="Første av sitt slag"),
    fields(presedensHjemmel="Pbl. § 1-8", rettskildefaktor="Forvaltningspraksis"),
)
FLYT = el(
    "dokumentflyt",
    fields(flytTil="Leif Leder"),
    fields(flytFra="Siri Saksbehandler", flytMottattDato=MOMENT, flytSendtDato=MOMENT),
    kode("flytStatus", "G", "Godkjent"),
    fields(flytMerknad="Fint"),
)
KLASSE = el(
    "klassifikasjon",
    fields(klassifikasjonssystemID="Nøkkel 5", klasseID="11", tittel="Klasse 11"),
)
OBJEKTKLASSE = el("klassifikasjon", fields(klasseID="A", tittel="Klasse A"))
REGISTRE = (
    el(
        "matrikkelnummer",
        fields(kommunenummer="1535", gardsnummer="24", bruksnummer="118", festenummer="3"),
    )
    + el("byggident", fields(bygningsnummer="80466985", endringsloepenummer="2"))
    + el("planident", fields(planidentifikasjon="202604", kommunenummer="1535"))
    + el(
        "punkt",
        fields(punktID="punkt-9"),
        kode("koordinatsystem", "EPSG:25832", "EUREF89 UTM sone 32"),
        fields(x="395123.5", y="6943210.25", z="12"),
    )
    + el("adresse", fields(adresse="Strandvegen 4", postnummer="6390", poststed="Vestnes"))
)


def saksmappe(
    *,
    system_id: str = "",
    noekkel: str = "sak-1",
    numbers: str = "",
    skjult: str = SKJERMING,
    arkivdel: str = ARKIVDEL,
) -> str:
    return el(
        "mappe",
        el("systemID", system_id) if system_id else "",
        fields(tittel="Garasje i Fjordvegen 12", offentligTittel="Garasje"),
        fields(beskrivelse="Søknad i ett trinn", noekkelord="garasje"),
        kode("dokumentmedium", "E", "Elektronisk arkiv"),
        fields(opprettetDato=MOMENT, opprettetAv="Siri Saksbehandler"),
        kode("arkivdel", "SAK23", arkivdel),
        el("virksomhetsspesifikkeMetadata", '<v:sone xmlns:v="urn:egen">strand</v:sone>'),
        PART,
        KONTOR,
        el(
            "kryssreferanse",
            fields(kryssreferanseID="k-1"),
            el("referanseTilMappe", el("m:mappeID", "2023/20")),
        ),
        MERKNAD,
        skjult,
        GRADERING,
        KLASSE,
        OBJEKTKLASSE,
        key(noekkel),
        kode("mappetype", "BYGG", "Byggesak"),
        numbers,
        fields(saksdato="2024-05-02"),
        person("administrativEnhet", navn="Plan og bygg", identifikator="pb-1"),
        person(
            "saksansvarlig",
            navn="Siri Saksbehandler",
            initialer="SIS",
            epostadresse="sis@example.no",
        ),
        fields(journalenhet="Vestnes"),
        kode("saksstatus", "B", "Under behandling"),
        PRESEDENS,
        REGISTRE,
        type="saksmappe",
    )


def dokument(
    number: int, path: str, content: bytes, name: str = "dokumentbeskrivelse", **objekt: str
) -> str:
    checksum = hashlib.sha256(content).hexdigest()
    said = {
        "sjekksum": checksum,
        "sjekksumAlgoritme": "SHA-256",
        "filstoerrelse": str(len(content)),
    }
    return el(
        name,
        kode("dokumenttype", "SØKNAD", "Søknad"),
        kode("dokumentstatus", "F", "Dokumentet er ferdigstilt"),
        fields(tittel=f"Dokument {number}", beskrivelse="Som mottatt", forfatter="Synne Søker"),
        fields(opprettetDato=MOMENT, opprettetAv="Siri Saksbehandler"),
        kode("dokumentmedium", "E", "Elektronisk arkiv"),
        kode("tilknyttetRegistreringSom", "H" if number == 1 else "V"),
        fields(dokumentnummer=str(number)) if number != 2 else "",
        fields(tilknyttetDato=MOMENT, tilknyttetAv="Siri Saksbehandler"),
        KONTOR if number == 1 else "",
        MERKNAD if number == 1 else "",
        el(
            "dokumentobjekt",
            fields(versjonsnummer="1"),
            kode("variantformat", "P", "Produksjonsformat"),
            kode("format", "fmt/276", "PDF 1.7"),
            fields(formatDetaljer="fra skanner", mimeType="application/pdf"),
            fields(opprettetDato=MOMENT, opprettetAv="Skanner 3", filnavn=f"Brev nr. {number}.pdf"),
            fields(referanseDokumentfil=path, **(said | objekt)),
        ),
        key(f"dok-{number}"),
    )


KORRESPONDANSEPART = el(
    "korrespondansepart",
    fields(korrespondansepartID="kp-5"),
    kode("korrespondanseparttype", "EA", "Avsender"),
    fields(erBehandlingsansvarlig="false", korrespondansepartNavn="Synne Søker"),
    fields(personid="01817000173", postadresse="Fjordvegen 12", postnummer="6390"),
    fields(poststed="VESTNES"),
    fields(epostadresse="synne@example.no", telefonnummer="71000000", erPersonnavn="true"),
    kode("forsendelsesmaate", "EPOST", "E-post"),
    fields(deresReferanse="deres/1"),
)
INTERN = el(
    "korrespondansepart",
    kode("korrespondanseparttype", "IM", "Intern mottaker"),
    fields(korrespondansepartNavn="Siri Saksbehandler"),
    person("administrativEnhet", navn="Plan og bygg"),
    person("saksbehandler", navn="Siri Saksbehandler", initialer="SIS"),
    el(
        "avskrivning",
        fields(avskrivningsdato="2024-05-04"),
        person("avskrevetAv", navn="Siri Saksbehandler"),
        kode("avskrivningsmaate", "TE", "Tatt til etterretning"),
    ),
)


def forelder(*ways: str) -> str:
    return el("referanseForelderMappe", *ways)


def journalpost(
    *,
    parent: str = "",
    noekkel: str = "jp-1",
    system_id: str = "",
    numbers: str = "",
    parter: str = KORRESPONDANSEPART + INTERN,
    dokumenter: str | None = None,
    skjult: str = SKJERMING,
) -> str:
    first, second = list(FILES)[:2]
    papers = dokument(1, first, FILES[first]) + dokument(2, second, FILES[second])
    return el(
        "registrering",
        el("systemID", system_id) if system_id else "",
        fields(opprettetDato=MOMENT, opprettetAv="Siri Saksbehandler"),
        parent,
        PART,
        skjult,
        GRADERING,
        papers if dokumenter is None else dokumenter,
        fields(tittel="Søknad om garasje", offentligTittel="Søknad", beskrivelse="Med kart"),
        fields(noekkelord="garasje", forfatter="Synne Søker"),
        kode("dokumentmedium", "E", "Elektronisk arkiv"),
        MERKNAD,
        el(
            "kryssreferanse",
            el("referanseTilRegistrering", el("m:registreringsID", "2023/1-1")),
            el("referanseTilDokumentbeskrivelse", key("dok-0", prefix="m:")),
        ),
        parter,
        key(noekkel),
        numbers,
        kode("journalposttype", "I", "Inngående dokument"),
        kode("journalstatus", "J", "Journalført"),
        fields(journaldato="2024-05-03", dokumentetsDato="2024-05-01", mottattDato=MOMENT),
        fields(forfallsdato="2024-06-03", offentlighetsvurdertDato="2024-05-03"),
        fields(antallVedlegg="1", journalenhet="Vestnes"),
        FLYT,
        PRESEDENS,
        type="journalpost",
    )


def arkivnotat(parent: str) -> str:
    return el(
        "registrering",
        parent,
        fields(tittel="Notat fra befaring"),
        fields(dokumentetsDato="2024-05-03", mottattDato=MOMENT, antallVedlegg="0"),
        FLYT,
        type="arkivnotat",
    )


def moetemappe() -> str:
    deltaker = (
        person("m:identifikator", navn="Olga Ordfører"),
        kode("m:funksjon", "ML", "Møteleder"),
        person("m:representerer", navn="Bygdelista"),
    )
    return el(
        "mappe",
        fields(tittel="Formannskapet 3. mai"),
        kode("arkivdel", "SAK23", ARKIVDEL),
        key("moete-1"),
        fields(moetenummer="3/2024"),
        person("utvalg", navn="Formannskapet", identifikator="FSK"),
        fields(moetedato="2024-05-03", moetested="Rådhuset"),
        el("moetedeltaker", *deltaker),
        type="moetemappe",
    )


def moetesak(parent: str) -> str:
    path = list(FILES)[2]
    stemme = (
        el("moetedeltaker", person("m:identifikator", navn="Per Partiløs")),
        fields(stemme="Ja"),
    )
    return el(
        "registrering",
        parent,
        fields(tittel="Reguleringsplan for Vågen"),
        kode("moetesakstype", "PS", "Politisk sak"),
        fields(moetesaksaar="2024", moetesakssekvensnummer="17"),
        person("administrativEnhet", navn="Plan og bygg"),
        el(
            "utredning",
            text("saksbeskrivelse", "Vågen skal reguleres."),
            text("innstilling", "Planen vedtas."),
            dokument(1, path, FILES[path], "utredningsdokumenter"),
        ),
        text("innstilling", "Vedtas som foreslått."),
        el(
            "vedtak", text("vedtakstekst", "Vedtatt."), el("votering", *stemme), fields(dato=MOMENT)
        ),
        type="moetesak",
    )


@dataclass
class Melding:
    """A message that is not written yet."""

    innhold: str
    files: dict[str, bytes] = field(default_factory=dict)
    antall: str | None = None
    hode: str = ""
    foran: str = ""
    navnerom: str = FIKS
    rot: str = "arkivmelding"

    @property
    def xml(self) -> str:
        head = self.hode or fields(system="Byggesak 3", regel="byggesak")
        number = len(self.files) if self.antall is None else self.antall
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n{self.foran}<{self.rot}'
            f' xmlns="{self.navnerom}" xmlns:m="{KATALOG}" xmlns:xsi="{XSI}">'
            f"{head}{fields(antallFiler=str(number))}\n{self.innhold}\n</{self.rot}>\n"
        )

    def change(self, old: str, new: str) -> "Melding":
        """Put something else into it; what is replaced must be there."""
        assert old in self.innhold, f"{old} is not in the message"
        self.innhold = self.innhold.replace(old, new, 1)
        return self

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in self.files.items():
            (folder / path).write_bytes(content)
        (folder / "arkivmelding.xml").write_text(self.xml, encoding="utf-8")
        return folder

    def pack(self, path: Path) -> Path:
        """Write it as a zip file."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("arkivmelding.xml", self.xml)
            for name, content in self.files.items():
                archive.writestr(name, content)
        return path


def sak_og_journalpost(mark: str, **sak: str) -> Melding:
    """Write a case and an entry in it, which names it by the key of the system it is from."""
    parent = forelder(key(f"sak-{mark}", prefix="m:"))
    innhold = saksmappe(noekkel=f"sak-{mark}", **sak) + journalpost(
        parent=parent, noekkel=f"jp-{mark}"
    )
    return Melding(innhold, dict(list(FILES.items())[:2]))


def avsluttet(mark: str) -> Melding:
    """Write a case and its entry as they were closed, with the numbers that they had."""
    melding = sak_og_journalpost(
        mark, numbers=fields(saksaar="2014", sakssekvensnummer="31"), arkivdel="Gamle saker"
    )
    closed = fields(avsluttetDato=MOMENT, avsluttetAv="Ola Arkivar")
    made = fields(opprettetDato=MOMENT, opprettetAv="Siri Saksbehandler")
    archived = fields(arkivertDato=MOMENT, arkivertAv="Ola Arkivar")
    numbers = fields(journalaar="2014", journalsekvensnummer="77", journalpostnummer="4")
    melding.change(made, made + closed)
    head, tail = melding.innhold.split("</mappe>")
    melding.innhold = head + "</mappe>" + tail.replace(made, made + archived, 1)
    melding.change(
        kode("saksstatus", "B", "Under behandling"), kode("saksstatus", "A", "Avsluttet")
    )
    melding.change(
        kode("journalstatus", "J", "Journalført"), kode("journalstatus", "A", "Arkivert")
    )
    for _ in range(2):
        melding.change(
            kode("variantformat", "P", "Produksjonsformat"),
            kode("variantformat", "A", "Arkivformat"),
        )
        melding.change(kode("format", "fmt/276", "PDF 1.7"), kode("format", "fmt/95"))
    posttype = kode("journalposttype", "I", "Inngående dokument")
    return melding.change(posttype, numbers + posttype)


def av_standarden(mark: str) -> Melding:
    """Write a message as the standard itself has it: whole units in each other, codes as texts."""
    path, content = next(iter(FILES.items()))
    made = fields(opprettetDato=MOMENT, opprettetAv="Siri Saksbehandler")
    own = f"11111111-0000-4000-8000-{mark:0>12}"
    paper = el(
        "dokumentbeskrivelse",
        fields(systemID=own.replace("1111-", "1113-", 1), dokumenttype="Brev"),
        fields(dokumentstatus="Dokumentet er ferdigstilt", tittel="Lånesøknad"),
        made,
        fields(tilknyttetRegistreringSom="Hoveddokument", dokumentnummer="1"),
        fields(tilknyttetDato=MOMENT, tilknyttetAv="Siri Saksbehandler"),
        el(
            "dokumentobjekt",
            fields(versjonsnummer="1", variantformat="Produksjonsformat"),
            made,
            fields(referanseDokumentfil=path),
        ),
    )
    post = el(
        "basisregistrering",
        fields(systemID=own.replace("1111-", "1112-", 1)),
        made,
        fields(referanseForelderMappe=own),
        paper,
        fields(tittel="Søknad om lån"),
        fields(journalposttype="Inngående dokument", journalstatus="Journalført"),
        fields(journaldato="2024-05-03"),
        el(
            "korrespondansepart",
            fields(korrespondanseparttype="Avsender", korrespondansepartNavn="Lars Låner"),
        ),
        type="journalpost",
    )
    klasse = el(
        "klassifikasjon",
        fields(referanseKlassifikasjonssystem="Nøkkel 5", klasseID="12", tittel="Klasse 12"),
    )
    sak = el(
        "mappe",
        fields(systemID=own, tittel="Startlån"),
        made,
        klasse,
        post,
        fields(saksdato="2024-05-03", administrativEnhet="Nav", saksansvarlig="Siri Saksbehandler"),
        fields(saksstatus="Under behandling"),
        el("sakspart", fields(sakspartID="7", sakspartNavn="Lars Låner", sakspartRolle="Søker")),
        type="saksmappe",
    )
    head = fields(system="LandLord", meldingId=f"melding-{mark}", tidspunkt=MOMENT)
    return Melding(sak, {path: content}, hode=head, navnerom=NOARK)
