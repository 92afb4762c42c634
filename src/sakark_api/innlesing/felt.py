"""Which attribute each element of an extraction is of: the table of deposits, read the other way.

`deponering/sekvens.py` lists the elements of each kind of unit, and the entities declare what their
attributes hold. What is written in another way than as one attribute (`made`) is read by a function
in `omforming.py`; its name is among `lest_for_seg`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sakark_api.deponering.element import (
    Element,
    Elements,
    Group,
    Parts,
    attributes_of_family,
    kinds_of,
    rows_of,
)
from sakark_api.deponering.sekvens import (
    ARKIVDEL,
    MAPPE,
    MAPPE_TAILS,
    REGISTRERING_TAILS,
    Again,
    arkiv_elements,
    dokumentbeskrivelse_elements,
    dokumentobjekt_elements,
    klasse_elements,
    registrering_elements,
    system_elements,
)
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Resource
from sakark_api.noark.values import Kode, Value

__all__ = ["REFERANSER", "Felt", "Form", "Gruppe", "forms", "lest_for_seg"]


@dataclass(frozen=True)
class Felt:
    """One field: its name here, of what type it is, and by which code list."""

    name: str
    python: type[Any]
    many: bool
    codelist: str | None
    needed: bool = False
    long: bool = False


@dataclass(frozen=True)
class Gruppe:
    """A value with fields of its own: which model it is of, and its fields by element."""

    name: str
    model: type[Value]
    felt: Mapping[str, Felt]


@dataclass(frozen=True)
class Form:
    """What a unit of one type can say: fields and values by element, and what is read apart."""

    resource: Resource[Any]
    felt: Mapping[str, Felt]
    grupper: Mapping[str, Gruppe]
    apart: Collection[str]
    gis: Collection[str] = ()
    """Columns that are given when a row is written, where nothing is told."""
    utgangsverdi: Mapping[str, str] = field(default_factory=dict)
    """What codes are where nothing is told, instead of what the entity would have them be."""


REFERANSER: Final[Mapping[str, str]] = {
    "referanseForloeper": "arkivdel",
    "referanseArvtaker": "arkivdel",
    "referanseForrigeMoete": "mappe",
    "referanseNesteMoete": "mappe",
    "referanseTilMoeteregistrering": "registrering",
    "referanseFraMoeteregistrering": "registrering",
}
"""Elements that name another unit, which may come later: what kind of unit it is."""
lest_for_seg: Final = frozenset(
    {
        "postadresse",
        "postnummer",
        "poststed",
        "land",
        "epostadresse",
        "telefonnummer",
        "partID",
        "korrespondansepartNavn",
        "format",
        "formatDetaljer",
        "referanseDokumentfil",
        "referanseSekundaerKlassifikasjon",
        "referanseTilKlasse",
        "referanseTilMappe",
        "referanseTilRegistrering",
        "referanseArkivdel",
        "referanseAvskrivesAvJournalpost",
        *REFERANSER,
    }
)
"""Elements that are no attribute as they are, in either direction."""


@cache
def forms() -> Mapping[str, Form]:
    """Give what each type of unit can say, by its name in an extraction."""
    everything = Utvalg(arkivdeler=())
    rows = rows_of(CATALOG.by_name["registrering"])
    again = Again(UUID(int=0))
    documents = dokumentbeskrivelse_elements(rows, everything)
    entries = registrering_elements(rows, everything)
    units: dict[str, tuple[str, Elements]] = {
        "arkiv": ("arkiv", arkiv_elements(everything)),
        "arkivdel": ("arkivdel", ARKIVDEL),
        "klassifikasjonssystem": ("klassifikasjonssystem", system_elements(again)),
        "klasse": ("klasse", klasse_elements(again)),
        **{name: (name, (*MAPPE, *tail)) for name, tail in MAPPE_TAILS.items()},
        **{name: (name, (*entries, *tail)) for name, tail in REGISTRERING_TAILS.items()},
        "dokumentbeskrivelse": ("dokumentbeskrivelse", documents),
        "dokumentobjekt": ("dokumentobjekt", dokumentobjekt_elements(rows, everything)),
    }
    parts = {
        part.name: (part.resource.name, part.elements)
        for _, sequence in units.values()
        for part in _parts(sequence)
        if part.name not in units
    }
    return {
        name: _form(CATALOG.by_name[resource], sequence)
        for name, (resource, sequence) in (units | parts).items()
    }


def _parts(sequence: Elements) -> Iterator[Parts]:
    """List the parts in a sequence, and those in them."""
    for one in sequence:
        if isinstance(one, Parts):
            yield one
            yield from _parts(one.elements)


def _form(resource: Resource[Any], sequence: Elements) -> Form:
    attributes = attributes_of_family(resource)
    fields, groups, apart = dict[str, Felt](), dict[str, Gruppe](), set[str]()
    for one in sequence:
        if isinstance(one, Group):
            groups[one.name] = _gruppe(one, attributes[one.name].python)
        elif isinstance(one, Element) and one.name in lest_for_seg:
            apart.add(one.name)
        elif isinstance(one, Element):
            fields[one.name] = _felt(one, attributes[one.attribute or one.name])
    return Form(resource, fields, groups, apart)


def _felt(element: Element, bound: BoundAttribute) -> Felt:
    codelist = bound.spec.codelist.name if bound.spec.codelist else None
    return Felt(bound.name, bound.python, bound.many, codelist, element.needed, bound.long)


def _gruppe(group: Group, model: type[Value]) -> Gruppe:
    fields = {one.alias or name: one for name, one in model.model_fields.items()}
    found: dict[str, Felt] = {}
    for one in group.elements:
        assert isinstance(one, Element)  # noqa: S101  values hold plain elements
        wire = one.attribute or one.name
        kinds = kinds_of(fields[wire].annotation)
        extra = fields[wire].json_schema_extra
        codelist = str(extra["x-kodeliste"]) if isinstance(extra, dict) and Kode in kinds else None
        found[one.name] = Felt(wire, _plain(kinds), tuple in kinds, codelist)
    return Gruppe(group.name, model, found)


def _plain(kinds: Collection[Any]) -> type[Any]:
    """Give the type of a value's field."""
    return next((one for one in (Kode, datetime, int, UUID) if one in kinds), str)
