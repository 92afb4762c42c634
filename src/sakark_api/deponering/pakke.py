"""A deposit package on disk: its files, and what `arkivuttrekk.xml` (ADDML) says of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree

from sakark_api.errors import Invalid
from sakark_api.texts import text

__all__ = [
    "ARKIVSTRUKTUR",
    "ARKIVUTTREKK",
    "ENDRINGSLOGG",
    "LOEPENDE_JOURNAL",
    "OFFENTLIG_JOURNAL",
    "VERSJONER",
    "XML_FILER",
    "Dataobjekt",
    "Fil",
    "Pakke",
    "Uttrekk",
    "open_pakke",
]

ARKIVSTRUKTUR: Final = "arkivstruktur.xml"
ARKIVUTTREKK: Final = "arkivuttrekk.xml"
ENDRINGSLOGG: Final = "endringslogg.xml"
LOEPENDE_JOURNAL: Final = "loependeJournal.xml"
OFFENTLIG_JOURNAL: Final = "offentligJournal.xml"
XML_FILER: Final = (ARKIVSTRUKTUR, ENDRINGSLOGG, LOEPENDE_JOURNAL, OFFENTLIG_JOURNAL)
VERSJONER: Final = ("3.1", "4.0", "5.0")
"""The versions the validator knows; all of 5.x is written 5.0."""

_ADDML = ("addml.xml", ARKIVUTTREKK)
_DOKUMENTMAPPER = ("dokumenter", "DOKUMENTER", "dokument", "DOKUMENT")
_DIAS_CONTENT = "content"
_LARGEST_ADDML = 16 * 1024 * 1024


@dataclass(frozen=True)
class Fil:
    """A file that the package documents, with its checksum; what is not said is None."""

    name: str | None
    algorithm: str | None
    checksum: str | None


@dataclass(frozen=True)
class Dataobjekt:
    """One XML file, its schemas (the main one first), and how many units it is said to have."""

    name: str
    file: Fil
    skjemaer: tuple[Fil, ...]
    antall: Mapping[str, str]


@dataclass(frozen=True)
class Uttrekk:
    """What `arkivuttrekk.xml` says, as it is written; what the validator would not find is missing.

    It finds by place, not by name: the information about the extraction must be the first property
    of the first dataObject, and `additionalInfo` the second property in it.
    """

    version: str | None = None
    skiller: tuple[str | None, str | None] | None = None
    """How the period is separated from the one before and the one after it."""
    opplysninger: Mapping[str, str | None] = field(default_factory=dict)
    dataobjekter: tuple[Dataobjekt, ...] = ()

    @property
    def is_sharp(self) -> bool:
        return self.skiller == ("skarpt", "skarpt")

    @property
    def antall(self) -> Mapping[str, str]:
        """What is said of the number of units: by the first XML file, whichever that is."""
        return self.dataobjekter[0].antall if self.dataobjekter else {}


@dataclass(frozen=True)
class Pakke:
    """A package; `root` is the folder that paths in it are relative to, with no links in it."""

    root: Path
    addml: str | None
    uttrekk: Uttrekk

    @property
    def version(self) -> str:
        """Give the version it says it has, or the newest when it says nothing known."""
        return self.uttrekk.version if self.uttrekk.version in VERSJONER else VERSJONER[-1]

    @property
    def description(self) -> str:
        """Name the file that describes the package, or should."""
        return self.addml or _ADDML[-1]

    @property
    def dokumentmapper(self) -> Sequence[str]:
        """List the folders of documents; there should be one."""
        folders = [name for name in _DOKUMENTMAPPER if (self.root / name).is_dir()]
        return [name for name in folders if not (self.root / name).is_symlink()]

    def file(self, name: str) -> Path | None:
        """Find a file by its path in the package; None when it is not there, or not inside.

        Links are not followed, neither the file itself nor folders on the way to it.
        """
        if "\0" in name or Path(name).is_absolute():
            return None
        path = self.root / name
        if ".." in path.parts or os.path.realpath(path) != str(path):
            return None
        return path if path.is_file() else None

    def document(self, reference: str) -> Path | None:
        """Find a document by its `referanseDokumentfil`; a backslash is taken for a slash."""
        name = reference.replace("\\", "/")
        return self.file(name) if name.startswith(f"{self._documents}/") else None

    def documents(self) -> Iterator[str]:
        """List the paths of all files in the folder of documents, links too, without following."""
        if self._documents is None:
            return
        waiting = [self._documents]
        while waiting:
            folder = waiting.pop()
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    else:
                        yield path

    @property
    def _documents(self) -> str | None:
        return next(iter(self.dokumentmapper), None)


def open_pakke(folder: Path) -> Pakke:
    """Open a package: the folder itself, or `content` in a DIAS package that is unpacked.

    Raises `Invalid` for a folder that is no package, or whose `arkivuttrekk.xml` cannot be read.
    """
    root = Path(os.path.realpath(folder))
    if not _is_package(root) and _is_package(root / _DIAS_CONTENT):
        root /= _DIAS_CONTENT
    if not _is_package(root):
        raise Invalid(
            text(
                "{mappe} er ikke et arkivuttrekk: der er verken arkivuttrekk.xml eller"
                " arkivstruktur.xml. Oppgi mappen som disse ligger i.",
                mappe=folder,
            )
        )
    addml = next((name for name in _ADDML if _is_own_file(root / name)), None)
    return Pakke(root, addml, Uttrekk() if addml is None else _read_uttrekk(root / addml))


def _is_package(folder: Path) -> bool:
    return any(_is_own_file(folder / name) for name in (*_ADDML, ARKIVSTRUKTUR))


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@dataclass(frozen=True)
class _Property:
    name: str
    value: str | None
    properties: "tuple[_Property, ...]"

    def first(self, name: str) -> "_Property | None":
        return _first(self.properties, name)

    def at(self, place: int) -> "_Property | None":
        return self.properties[place] if place < len(self.properties) else None


def _first(properties: Sequence[_Property], name: str) -> _Property | None:
    return next((one for one in properties if one.name == name), None)


def _read_uttrekk(path: Path) -> Uttrekk:
    outer = _dataobjects(_addml(path).find("{*}dataset"))
    if not outer:
        return Uttrekk()
    properties = _properties(outer[0])
    info = properties[0] if properties else None
    more = info.at(1) if info else None
    return Uttrekk(
        version=_version(info),
        skiller=_skiller(more),
        opplysninger={one.name: one.value for one in more.properties} if more else {},
        dataobjekter=tuple(_dataobjekt(one) for one in _dataobjects(outer[0])),
    )


def _addml(path: Path) -> etree._Element:
    """Parse the description without entities, network or DOCTYPE."""
    if path.stat().st_size > _LARGEST_ADDML:
        raise _unreadable(path, "16 MB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.parse(os.fsencode(path), parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable(path, str(error)) from None
    if tree.docinfo.internalDTD is not None:
        raise _unreadable(path, "DOCTYPE")
    return tree.getroot()


def _unreadable(path: Path, why: str) -> Invalid:
    return Invalid(
        text(
            "{fil} kan ikke leses ({feil}). Uten den kan ikke uttrekket kontrolleres; lag den på"
            " nytt.",
            fil=path.name,
            feil=why,
        )
    )


def _dataobjects(parent: "etree._Element | None") -> "list[etree._Element]":
    return [] if parent is None else parent.findall("{*}dataObjects/{*}dataObject")


def _properties(element: "etree._Element") -> tuple[_Property, ...]:
    return tuple(
        _Property(one.get("name", ""), one.findtext("{*}value"), _properties(one))
        for one in element.findall("{*}properties/{*}property")
    )


def _version(info: _Property | None) -> str | None:
    kind = info.at(0) if info else None
    version = kind.first("version") if kind else None
    return version.value if version else None


def _skiller(more: _Property | None) -> tuple[str | None, str | None] | None:
    periode = more.first("periode") if more else None
    before, after = (periode.at(0), periode.at(1)) if periode else (None, None)
    return (before.value, after.value) if before and after else None


def _dataobjekt(element: "etree._Element") -> Dataobjekt:
    properties = _properties(element)
    schemas = [one for one in properties if one.name == "schema"]
    info = _first(properties, "info")
    return Dataobjekt(
        name=element.get("name", ""),
        file=_fil(_first(properties, "file")),
        skjemaer=tuple(
            _fil(one.first("file")) for one in sorted(schemas, key=lambda one: one.value != "main")
        ),
        antall=dict(_counts(info)) if info else {},
    )


def _fil(file: _Property | None) -> Fil:
    checksum = file.first("checksum") if file else None
    return Fil(_value(file, "name"), _value(checksum, "algorithm"), _value(checksum, "value"))


def _value(holder: _Property | None, name: str) -> str | None:
    found = holder.first(name) if holder else None
    return found.value if found else None


def _counts(info: _Property) -> Iterator[tuple[str, str]]:
    for one in info.properties:
        number = _value(one, "value")
        if one.name == "numberOfOccurrences" and one.value and number is not None:
            yield one.value, number
