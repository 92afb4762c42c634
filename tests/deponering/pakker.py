"""A small good package, written by hand: every kind of unit and part that the controls count."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "deposit"
OFFICIAL = SHARED / "schemas" / "noark5" / "v5.0"
NAMES = ("arkivstruktur", "endringslogg", "loependeJournal", "offentligJournal")
SCHEMAS = (*NAMES, "metadatakatalog")
NAMESPACE = "http://www.arkivverket.no/standarder/noark5/"
ADDML = "http://www.arkivverket.no/standarder/addml"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WRITTEN = "2023-01-05T09:00:00+01:00"


def el(name: str, *content: str, type: str = "") -> str:  # noqa: A002  the attribute's own name
    """Write an element of text or of elements; xsi:type when it is given."""
    attribute = f' xsi:type="{type}"' if type else ""
    return f"<{name}{attribute}>{''.join(content)}</{name}>"


def fields(**values: str) -> str:
    return "".join(el(name, value) for name, value in values.items())


def system_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def made(number: int, **values: str) -> str:
    """Begin a unit: its systemID, and then its own fields."""
    return fields(systemID=system_id(number), **values)


CREATED = fields(opprettetDato=WRITTEN, opprettetAv="Ola Arkivar")
CLOSED = fields(avsluttetDato="2023-12-31T12:00:00+01:00", avsluttetAv="Ola Arkivar")
SKJERMING = el(
    "skjerming",
    fields(
        tilgangsrestriksjon="Unntatt etter offentleglova",
        skjermingshjemmel="Offl. § 13",
        skjermingMetadata="Skjerming av navn på avsender/mottaker",
    ),
)
KASSASJON = el(
    "kassasjon",
    fields(kassasjonsvedtak="Bevares", bevaringstid="10", kassasjonsdato="2033-12-31"),
)
GRADERING = el(
    "gradering", fields(grad="Fortrolig", graderingsdato=WRITTEN, gradertAv="Siri Saksbehandler")
)
MERKNAD = el(
    "merknad",
    fields(merknadstekst="Sett", merknadsdato=WRITTEN, merknadRegistrertAv="Siri Saksbehandler"),
)
PART = el("part", fields(partNavn="Kari Nordmann", partRolle="Søker"))
UTFOERT = el("utfoertKassasjon", fields(kassertDato=WRITTEN, kassertAv="Ola Arkivar"))
KONVERTERING = el(
    "konvertering",
    fields(
        konvertertDato=WRITTEN,
        konvertertAv="sakark",
        konvertertFraFormat="docx",
        konvertertTilFormat="pdf",
    ),
)
FLYT = el(
    "dokumentflyt",
    fields(
        flytTil="Siri",
        flytFra="Ola",
        flytMottattDato=WRITTEN,
        flytSendtDato=WRITTEN,
        flytStatus="Godkjent",
    ),
)
AVSKRIVNING = el(
    "avskrivning",
    fields(
        avskrivningsdato="2023-01-20",
        avskrevetAv="Siri Saksbehandler",
        avskrivningsmaate="Besvart med brev",
    ),
)
PRESEDENS = el(
    "presedens",
    fields(presedensDato="2023-01-05", opprettetDato=WRITTEN, opprettetAv="Ola", tittel="Første"),
    fields(rettskildefaktor="Forvaltningspraksis"),
)


def dokument(number: int, path: str, content: bytes, extra: str = "", konvertert: str = "") -> str:
    checksum = hashlib.sha256(content).hexdigest()
    objekt = (
        made(number + 1, versjonsnummer="1", variantformat="Arkivformat", format="pdf")
        + CREATED
        + fields(
            referanseDokumentfil=path,
            sjekksum=checksum,
            sjekksumAlgoritme="SHA-256",
            filstoerrelse=str(len(content)),
        )
        + konvertert
    )
    return el(
        "dokumentbeskrivelse",
        made(
            number,
            dokumenttype="Brev",
            dokumentstatus="Dokumentet er ferdigstilt",
            tittel="Brev",
        ),
        CREATED,
        fields(dokumentmedium="Elektronisk arkiv", referanseArkivdel=system_id(2)),
        fields(tilknyttetRegistreringSom="Hoveddokument", dokumentnummer="1"),
        fields(tilknyttetDato=WRITTEN, tilknyttetAv="Ola Arkivar"),
        extra,
        el("dokumentobjekt", objekt),
    )


def journalpost(number: int, day: str, sequence: int, dokumenter: str, *, closed: str = "") -> str:
    return el(
        "registrering",
        made(number, opprettetDato=f"{day}T09:00:00+01:00", opprettetAv="Ola Arkivar"),
        fields(arkivertDato=f"{day}T15:00:00+01:00", arkivertAv="Ola Arkivar"),
        fields(referanseArkivdel=system_id(2)),
        PART,
        SKJERMING,
        GRADERING,
        dokumenter,
        fields(registreringsID=f"2023/1-{sequence}", tittel="Brev"),
        MERKNAD,
        el("kryssreferanse", fields(referanseTilMappe=system_id(20))),
        el(
            "korrespondansepart",
            fields(korrespondanseparttype="Avsender", korrespondansepartNavn="Kari Nordmann"),
        ),
        fields(journalaar="2023", journalsekvensnummer=str(sequence)),
        fields(journalpostnummer=str(sequence), journalposttype="Inngående dokument"),
        fields(journalstatus="Arkivert", journaldato=day),
        closed,
        type="journalpost",
    )


def saksmappe(number: int, registreringer: str, ends: str = "") -> str:
    return el(
        "mappe",
        made(number, mappeID=f"2023/{number}", tittel=f"Sak {number}"),
        CREATED,
        CLOSED,
        fields(referanseArkivdel=system_id(2)),
        PART,
        el("kryssreferanse", fields(referanseTilMappe=system_id(20))),
        MERKNAD,
        KASSASJON,
        registreringer,
        fields(saksaar="2023", sakssekvensnummer=str(number), saksdato="2023-01-05"),
        fields(administrativEnhet="Servicekontoret", saksansvarlig="Siri Saksbehandler"),
        fields(saksstatus="Avsluttet", referanseSekundaerKlassifikasjon=system_id(9)),
        ends,
        type="saksmappe",
    )


def klasse(number: int, name: str, *content: str) -> str:
    return el("klasse", made(number, klasseID=name, tittel=f"Klasse {name}"), CREATED, *content)


def system(number: int, *klasser: str) -> str:
    return el("klassifikasjonssystem", made(number, tittel=f"Nøkkel {number}"), CREATED, *klasser)


FILES: Mapping[str, bytes] = {
    "dokumenter/2023/1.pdf": b"%PDF-1.4 en",
    "dokumenter/2023/2.pdf": b"%PDF-1.4 to",
    "dokumenter/2023/3.pdf": b"%PDF-1.4 tre",
}
FIRST, SECOND, THIRD = FILES


LAST_MAPPE = "</mappe></klasse></klasse></klassifikasjonssystem>"
"""How the last mappe ends; what is put in after it lies beside it."""
DOCTYPE = '<!DOCTYPE arkiv [<!ENTITY fil SYSTEM "file:///etc/hostname">]>'


def arkivstruktur() -> str:
    first = journalpost(
        30,
        "2023-01-10",
        1,
        dokument(31, FIRST, FILES[FIRST], extra=UTFOERT, konvertert=KONVERTERING),
        closed=AVSKRIVNING + FLYT + PRESEDENS,
    )
    second = journalpost(40, "2023-02-01", 2, dokument(41, SECOND, FILES[SECOND]))
    third = journalpost(50, "2023-03-01", 3, dokument(51, THIRD, FILES[THIRD]))
    primary = system(
        5,
        klasse(
            6,
            "1",
            klasse(7, "11", saksmappe(20, first + second, ends=PRESEDENS)),
            klasse(8, "12", saksmappe(21, third)),
        ),
    )
    return (
        made(1, tittel="Sakarkiv", arkivstatus="Avsluttet")
        + CREATED
        + CLOSED
        + el("arkivskaper", fields(arkivskaperID="999999999", arkivskaperNavn="Eksempel kommune"))
        + el(
            "arkivdel",
            made(2, tittel="Saker 2023", arkivdelstatus="Avsluttet periode"),
            CREATED,
            CLOSED,
            primary,
            system(10, klasse(9, "A")),
        )
    )


def journal(title: str) -> str:
    head = el(
        "journalhode",
        fields(journalStartDato="2023-01-10", journalSluttDato="2023-03-01"),
        fields(antallJournalposter="3"),
        el("arkivskaper", fields(arkivskaperID="999999999", arkivskaperNavn="Eksempel kommune")),
    )
    part = el(
        "korrespondansepart",
        fields(korrespondanseparttype="Avsender", korrespondansepartNavn="*****"),
    )
    return head + "".join(
        el(
            "journalregistrering",
            el("saksmappe", fields(saksaar="2023", sakssekvensnummer="20", **{title: "Sak"})),
            el(
                "journalpost",
                made(number, journalaar="2023", journalsekvensnummer="1", journalpostnummer="1"),
                fields(**{title: "Brev", "journaldato": day}),
                part,
            ),
        )
        for number, day in ((30, "2023-01-10"), (40, "2023-02-01"), (50, "2023-03-01"))
    )


def endringslogg() -> str:
    return el(
        "endring",
        fields(referanseArkivenhet=system_id(20), referanseMetadata="saksansvarlig"),
        fields(endretDato=WRITTEN, endretAv="Ola", tidligereVerdi="Per", nyVerdi="Siri"),
    )


@dataclass
class Utkast:
    """A package that is not written yet; what is changed in it, checksums and numbers follow."""

    xml: dict[str, str] = field(
        default_factory=lambda: {
            "arkivstruktur": arkivstruktur(),
            "endringslogg": endringslogg(),
            "loependeJournal": journal("tittel"),
            "offentligJournal": journal("offentligTittel"),
        }
    )
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    heads: dict[str, str] = field(default_factory=dict)
    """What stands in front of the first element of an XML file."""
    descriptions: list[Callable[[str], str]] = field(default_factory=list)
    """What is done with arkivuttrekk.xml when everything else has been written."""

    def change(self, name: str, old: str, new: str, count: int = 1) -> None:
        """Put something else into an XML file; what is replaced must be there."""
        assert old in self.xml[name], f"{old} is not in {name}"
        self.xml[name] = self.xml[name].replace(old, new, count)

    def describe(self, old: str, new: str) -> None:
        """Put something else into arkivuttrekk.xml."""

        def changed(text: str) -> str:
            assert old in text, f"{old} is not in arkivuttrekk.xml"
            return text.replace(old, new, 1)

        self.descriptions.append(changed)

    def write(self, folder: Path, *, official: bool = False) -> Path:
        """Write it, with schemas that see to the years only, or with the official ones."""
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for name, inner in self.xml.items():
            document = _document(name, inner, self.heads.get(name, ""))
            (folder / f"{name}.xml").write_text(document, encoding="utf-8")
        for name in SCHEMAS:
            source = OFFICIAL / f"{name}.xsd"
            schema = source.read_bytes() if official else _schema(name)
            (folder / f"{name}.xsd").write_bytes(schema)
        if official:
            shutil.copyfile(
                SHARED / "schemas" / "addml" / "8.3" / "addml.xsd", folder / "addml.xsd"
            )
        description = _addml(folder, self)
        for change in self.descriptions:
            description = change(description)
        (folder / "arkivuttrekk.xml").write_text(description, encoding="utf-8")
        return folder


def _document(name: str, content: str, head: str) -> str:
    root = "arkiv" if name == "arkivstruktur" else name
    start = f'<{root} xmlns="{NAMESPACE}{name}" xmlns:xsi="{XSI}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{start}\n{content}\n</{root}>\n'


def _schema(name: str) -> bytes:
    root = "arkiv" if name == "arkivstruktur" else name
    types = "".join(
        f'<xs:complexType name="{one}"><xs:complexContent><xs:extension base="xs:anyType"/>'
        "</xs:complexContent></xs:complexType>"
        for one in ("saksmappe", "journalpost")
    )
    return (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"'
        f' targetNamespace="{NAMESPACE}{name}"><xs:element name="{root}"/>'
        '<xs:element name="saksaar" type="xs:integer"/>'
        f'<xs:element name="journalaar" type="xs:integer"/>{types}</xs:schema>'
    ).encode()


def prop(name: str, value: str | None, *properties: str) -> str:
    said = "" if value is None else el("value", value)
    within = el("properties", *properties) if properties else ""
    return f'<property name="{name}">{said}{within}</property>'


def occurrences(unit: str, number: int) -> str:
    path, value = prop("elementPath", f"//{unit}"), prop("value", str(number))
    return prop("numberOfOccurrences", unit, path, value)


def _file(folder: Path, name: str) -> str:
    checksum = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return prop(
        "file",
        None,
        prop("name", name),
        prop("format", "XML"),
        prop("checksum", None, prop("algorithm", "SHA-256"), prop("value", checksum)),
    )


def _dataobject(folder: Path, name: str, numbers: Mapping[str, int]) -> str:
    counts = [occurrences(unit, number) for unit, number in numbers.items()]
    properties = el(
        "properties",
        _file(folder, f"{name}.xml"),
        prop("schema", "main", _file(folder, f"{name}.xsd")),
        prop("schema", None, _file(folder, "metadatakatalog.xsd")),
        prop("info", None, *counts),
    )
    return f'<dataObject name="{name}">{properties}</dataObject>'


def _addml(folder: Path, utkast: Utkast) -> str:
    struktur = utkast.xml["arkivstruktur"]
    numbers = {
        "arkivstruktur": {
            "mappe": struktur.count("</mappe>"),
            "registrering": struktur.count("</registrering>"),
        },
        "endringslogg": {"endring": 1},
        "loependeJournal": {"journalregistrering": 3},
        "offentligJournal": {"journalregistrering": 3},
    }
    inner = "".join(_dataobject(folder, name, numbers[name]) for name in NAMES)
    skiller = prop("inngaaendeSkille", "skarpt"), prop("utgaaendeSkille", "skarpt")
    more = prop(
        "additionalInfo",
        None,
        prop("periode", None, *skiller),
        prop("inneholderSkjermetInformasjon", "true"),
        prop("omfatterDokumenterSomErKassert", "true"),
        prop("inneholderDokumenterSomSkalKasseres", "true"),
        prop("antallDokumentfiler", str(len(utkast.files))),
    )
    info = prop("info", None, prop("type", "Noark 5", prop("version", "5.0")), more)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<addml xmlns="{ADDML}"'
        f' name="Noark 5-arkivuttrekk"><dataset><dataObjects>'
        f'<dataObject name="Noark 5-arkivuttrekk">{el("properties", info)}'
        f"{el('dataObjects', inner)}</dataObject></dataObjects></dataset></addml>\n"
    )
