"""METS: every file of a package with its checksum, and who had to do with it.

`dias-mets.xml` is in the package and lists it; `<uuid>.xml` is beside it and describes it. The two
have namespaces of their own, and most else in common. Files are written as they come: there may be
a million of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, Any, Final
from uuid import UUID

from lxml import etree

from sakark_api.deponering.dias.innsending import Aktoer, Innsending
from sakark_api.deponering.dias.opplysninger import Opplysninger
from sakark_api.deponering.tarfil import Innhold

__all__ = ["METS", "Sending", "dias_mets", "submission_description"]

METS: Final = "dias-mets.xml"

_DIAS: Final = "http://arkivverket.no/standarder/METS"
_LOC: Final = "http://www.loc.gov/METS/"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_PROFILE: Final = "http://xml.ra.se/METS/RA_METS_eARD.xml"
_SYSTEM_TYPE: Final = "Noark5"
"""What validators know the kind of a package by."""

_MIME: Final[Mapping[str, str]] = {
    ".xml": "application/xml",
    ".xsd": "application/xml",
    ".txt": "text/plain",
    ".pdf": "image/pdf",
    ".jpg": "image/jpg",
    ".jpeg": "image/jpg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".mp3": "audio/mp3",
    ".mpg": "video/mpg",
    ".tar": "application/x-tar",
}
_OTHER_MIME: Final = "text/plain"
"""The schema knows no more kinds than those."""

Write = Callable[[Innhold], None]
"""Takes the next file of a list."""


@dataclass(frozen=True)
class Sending:
    """What is sent: which package, what is said of it, what it says itself, and when."""

    id: UUID
    innsending: Innsending
    opplysninger: Opplysninger
    now: datetime


@dataclass(frozen=True)
class _Agent:
    """One who had to do with the package: as what, of which kind, and called what."""

    role: str
    kind: str
    name: str
    other: str | None = None
    notes: Sequence[tuple[str, str]] = ()
    """What is noted of it, each by what it is."""

    @property
    def attributes(self) -> Mapping[str, str]:
        found = {"ROLE": self.role, "OTHERROLE": self.other, "TYPE": self.kind}
        if self.kind == "OTHER":
            found["OTHERTYPE"] = "SOFTWARE"
        return {name: value for name, value in found.items() if value}

    @property
    def noted(self) -> Sequence[str]:
        """The notes in order, and after them what each of them is."""
        if not self.notes:
            return ()
        names = ",".join(name for name, _ in self.notes)
        return [*(value for _, value in self.notes), f"notescontent:{names}"]


@contextmanager
def dias_mets(file: IO[bytes], sending: Sending, known: Sequence[Innhold]) -> Iterator[Write]:
    """Write dias-mets.xml: `known` are the package's own files, and then come those of the deposit.

    The schema takes files or groups in a group, not both: the deposit's are in one beside.
    """
    with _document(file, _DIAS) as document, document.mets(sending):
        document.head(sending, METS)
        with document.element("fileSec"):
            with document.group("fileGroup001", "FILES"):
                for one in known:
                    document.file(one, sending.id)
            extraction = {"USE": "ArchiveExtraction", "VERSDATE": _time(sending.now)}
            with (
                document.group("fileGroup002", "FILES"),
                document.element("fileGrp", extraction),
            ):
                yield lambda one: document.file(one, sending.id)
        document.end()


def submission_description(sending: Sending, package: Innhold, mets: Innhold) -> bytes:
    """Write what goes beside the package: its checksum, and that of its dias-mets.xml."""
    file = BytesIO()
    with _document(file, _LOC) as document, document.mets(sending):
        document.head(sending, f"{sending.id}.xml")
        with document.element("fileSec"), document.group("fileGroup001", "FILES"):
            for one in (package, mets):
                document.file(one, None)
        document.end()
    return file.getvalue()


class _Document:
    """A METS document on its way to a file."""

    def __init__(self, file: Any, namespace: str, first: int) -> None:  # noqa: ANN401  lxml's
        self._file = file
        self._namespace = namespace
        self._next = first

    def mets(self, sending: Sending) -> Any:  # noqa: ANN401  lxml's
        said = {
            "OBJID": f"UUID:{sending.id}",
            "TYPE": "SIP",
            "PROFILE": _PROFILE,
            "LABEL": sending.innsending.merkelapp,
        }
        attributes = {name: value for name, value in said.items() if value}
        nsmap = {"mets": self._namespace, "xlink": _XLINK}
        return self._file.element(f"{{{self._namespace}}}mets", attributes, nsmap=nsmap)

    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401  lxml's
        return self._file.element(f"{{{self._namespace}}}{name}", attributes or {})

    def group(self, id_: str, use: str) -> Any:  # noqa: ANN401  lxml's
        return self.element("fileGrp", {"ID": id_, "USE": use})

    def leaf(self, name: str, content: str, attributes: Mapping[str, str] | None = None) -> None:
        with self.element(name, attributes):
            self._file.write(content)

    def head(self, sending: Sending, name: str) -> None:
        """Say who had to do with the package, and by what it is known."""
        said = {"CREATEDATE": _time(sending.now), "RECORDSTATUS": sending.innsending.status}
        with self.element("metsHdr", said):
            for agent in _agents(sending):
                with self.element("agent", agent.attributes):
                    self.leaf("name", agent.name)
                    for note in agent.noted:
                        self.leaf("note", note)
            for kind, value in _ids(sending, beside=self._namespace == _LOC).items():
                if value:
                    self.leaf("altRecordID", value, {"TYPE": kind})
            self.leaf("metsDocumentID", name)

    def file(self, one: Innhold, package: UUID | None) -> None:
        """List a file; its address is from inside the package where that is named."""
        path = one.path if package is None else one.path.removeprefix(f"{package}/")
        attributes = {
            "ID": f"fileId_{self._next}",
            "MIMETYPE": _MIME.get(PurePosixPath(path).suffix.lower(), _OTHER_MIME),
            "USE": "Datafile",
            "CHECKSUMTYPE": "SHA-256",
            "CHECKSUM": one.sha256,
            "SIZE": str(one.size),
            "CREATED": _time(one.time),
        }
        self._next += 1
        place = {
            "LOCTYPE": "URL",
            f"{{{_XLINK}}}href": f"file:{path}",
            f"{{{_XLINK}}}type": "simple",
        }
        with self.element("file", attributes), self.element("FLocat", place):
            pass

    def end(self) -> None:
        """Write the order of what is in the package, which is that of its folders: none."""
        with self.element("structMap"), self.element("div"):
            pass


@contextmanager
def _document(file: IO[bytes], namespace: str) -> Iterator[_Document]:
    """Begin a document; 0 is the package's own number, which only the description lists."""
    with etree.xmlfile(file, encoding="UTF-8") as opened:
        opened.write_declaration()
        yield _Document(opened, namespace, 0 if namespace == _LOC else 1)


def _agents(sending: Sending) -> Iterator[_Agent]:
    said, known = sending.innsending, sending.opplysninger
    makers = said.arkivskaper or [Aktoer(navn=one) for one in known.arkivskapere]
    someone = makers[0] if makers else Aktoer(navn=known.system or said.mottaker)
    for maker in makers or [someone]:
        yield from _actor(maker, "ARCHIVIST")
    yield from _actor(said.avleverer or someone, "OTHER", "SUBMITTER")
    yield from _actor(said.produsent or someone, "OTHER", "PRODUCER")
    for owner in said.eier or [someone]:
        yield from _actor(owner, "IPOWNER")
    yield from _actor(said.skaper or someone, "CREATOR")
    yield _Agent("CREATOR", "OTHER", "sakark", notes=[("Version", version("sakark-api"))])
    yield _Agent("PRESERVATION", "ORGANIZATION", said.mottaker)
    system = known.system or "Noark 5"
    notes = [("Type", _SYSTEM_TYPE), ("TypeVersion", known.versjon)]
    yield _Agent("ARCHIVIST", "OTHER", system, notes=notes)
    yield _Agent("OTHER", "OTHER", system, "PRODUCER", notes)


def _actor(one: Aktoer, role: str, other: str | None = None) -> Iterator[_Agent]:
    """Give an organisation, and who may be asked there if anybody is named."""
    yield _Agent(role, "ORGANIZATION", one.navn, other)
    noted = (("Address", one.adresse), ("Telephone", one.telefon), ("Email", one.epost))
    notes = [(name, value) for name, value in noted if value]
    if one.kontaktperson or notes:
        yield _Agent(role, "INDIVIDUAL", one.kontaktperson or one.navn, other, notes)


def _ids(sending: Sending, *, beside: bool) -> Mapping[str, str | None]:
    said, known = sending.innsending, sending.opplysninger
    return {
        "DELIVERYSPECIFICATION": said.leveransebeskrivelse,
        "SUBMISSIONAGREEMENT": said.avtale,
        "DELIVERYTYPE": said.leveransetype,
        # The schema of what goes beside the package does not know it.
        "PROJECTNAME": None if beside else said.prosjekt,
        "PACKAGENUMBER": said.pakkenummer,
        "REFERENCECODE": said.referansekode,
        "STARTDATE": known.fra,
        "ENDDATE": known.til,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
