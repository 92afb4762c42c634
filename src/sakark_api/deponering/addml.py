"""arkivuttrekk.xml: what a deposit holds, in ADDML 8.3, written when all else is there (6.4.22).

Validators read parts of it by their place: the order below is theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from sakark_api.deponering.xmlfil import Written

__all__ = ["FILES", "Opplysninger", "addml"]

_NAMESPACE: Final = "http://www.arkivverket.no/standarder/addml"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_CATALOGUE: Final = "metadatakatalog.xsd"
NAME: Final = "Noark 5-arkivuttrekk"
SYSTEM_TYPE: Final = "Sakarkiv (Noark-5)"
SYSTEM: Final = "sakark"
NOARK_VERSION: Final = "5.0"
"""What the schemas call all of version 5: validators know no other."""

FILES: Final[Mapping[str, Sequence[str]]] = {
    "arkivstruktur": ("mappe", "registrering"),
    "endringslogg": ("endring",),
    "loependeJournal": ("journalregistrering",),
    "offentligJournal": ("journalregistrering",),
}
"""The files of a deposit in their order, and what is counted in each."""

Node = Any
"""An element of lxml, which has no types."""


@dataclass(frozen=True)
class Opplysninger:
    """What is known of a deposit: whose it is, the time it is of, and what was written."""

    arkivskapere: Sequence[str]
    arkiv: str
    first: date
    last: date
    skarpt: bool
    files: Mapping[str, Written]
    schemas: Mapping[str, str]
    """The SHA-256 of each schema, by the name of its file."""
    dokumentfiler: int


def addml(known: Opplysninger) -> bytes:
    """Write the description; counts and flags are those of what was written."""
    counts = known.files["arkivstruktur"].counts
    boundary = "skarpt" if known.skarpt else "mykt"
    flags = {
        "inneholderSkjermetInformasjon": counts["skjerming"] > 0,
        "omfatterDokumenterSomErKassert": counts["utfoertKassasjon"] > 0,
        "inneholderDokumenterSomSkalKasseres": counts["kassasjon"] > 0,
        "inneholderVirksomhetsspesifikkeMetadata": False,
    }
    info = _property(
        "info",
        _property("type", _property("version", value=NOARK_VERSION), value="Noark 5"),
        _property(
            "additionalInfo",
            _property(
                "periode",
                _property("inngaaendeSkille", value=boundary),
                _property("utgaaendeSkille", value=boundary),
            ),
            *(
                _property(name, value=str(flag).lower(), data_type="boolean")
                for name, flag in flags.items()
            ),
            _property("antallDokumentfiler", value=str(known.dokumentfiler), data_type="integer"),
        ),
    )
    objects = [_object(name, known) for name in FILES if name in known.files]
    root = _E.addml(
        _E.dataset(
            _E.description(NAME),
            _E.reference(_context(known), _content(known)),
            _E.dataObjects(_E.dataObject(_E.properties(info), _E.dataObjects(*objects), name=NAME)),
        ),
        name=NAME,
    )
    root.set(f"{{{_XSI}}}schemaLocation", f"{_NAMESPACE} addml.xsd")
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


_E: Final = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE, "xsi": _XSI})


def _property(name: str, *below: Node, value: str = "", data_type: str = "") -> Node:
    """Make a property: its value comes before the properties in it."""
    parts = [_E.value(value)] if value else []
    if below:
        parts.append(_E.properties(*below))
    kind = {"dataType": data_type} if data_type else {}
    return _E.property(*parts, name=name, **kind)


def _context(known: Opplysninger) -> Node:
    creators = [_additional("recordCreator", one) for one in known.arkivskapere]
    return _E.context(
        _E.additionalElements(
            _E.additionalElement(_E.additionalElements(*creators), name="recordCreators"),
            _additional("systemType", SYSTEM_TYPE),
            _additional("systemName", SYSTEM),
            _additional("archive", known.arkiv),
        )
    )


def _additional(name: str, value: str) -> Node:
    return _E.additionalElement(_E.value(value), name=name)


def _content(known: Opplysninger) -> Node:
    period = _E.properties(
        _property("startDate", value=str(known.first)),
        _property("endDate", value=str(known.last)),
    )
    return _E.content(_E.additionalElements(_E.additionalElement(period, name="archivalPeriod")))


def _object(name: str, known: Opplysninger) -> Node:
    """Describe a file of XML: its checksum, its schemas, and how much is in it."""
    schemas = (
        _schema(f"{name}.xsd", known, main=True),
        _schema(_CATALOGUE, known, main=False),
    )
    written = known.files[name]
    counts = (
        _property(
            "numberOfOccurrences",
            _property("elementPath", value=f"//{one}"),
            _property("value", value=str(written.counts[one]), data_type="integer"),
            value=one,
        )
        for one in FILES[name]
    )
    return _E.dataObject(
        _E.properties(_file(f"{name}.xml", written.sha256), *schemas, _property("info", *counts)),
        name=name,
    )


def _schema(name: str, known: Opplysninger, *, main: bool) -> Node:
    return _property(
        "schema",
        _file(name, known.schemas[name]),
        _property("type", _property("version", value="1.0"), value="XML Schema"),
        value="main" if main else "",
    )


def _file(name: str, sha256: str) -> Node:
    return _property(
        "file",
        _property("name", value=name),
        _property("format", _property("version", value="1.0"), value="XML"),
        _property(
            "checksum",
            _property("algorithm", value="SHA-256"),
            _property("value", value=sha256),
        ),
    )
