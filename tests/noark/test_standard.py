"""Our declarations against the standard as data (model.json): nothing missing, nothing invented.

Where we differ, the difference stands in a table with its reason; one that is gone must leave it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

import pytest
from sqlalchemy import inspect

from sakark_api.noark import verdier
from sakark_api.noark.attribute import Attribute, BoundAttribute, SetBy
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.model import table_of
from sakark_api.noark.rel import OWN_REL
from sakark_api.noark.resource import REL, Package, Resource
from sakark_api.noark.values import Kode, Value
from sakark_api.rest.links import FILE_REL, code_list_links

MODEL = json.loads((Path(__file__).parent / "model.json").read_text(encoding="utf-8"))
ENTITIES: Mapping[str, Any] = MODEL["entities"]
BY_LAW = "core Noark and the law demand it, and the interface has nothing like it"
OURS = dict.fromkeys(
    (
        "Inhabilitet",
        "Bevaringspaalegg",
        "Sperring",
        "Dokumentkontroll",
        "Epost",
        "Kassasjonsliste",
        "Kassasjonslinje",
    ),
    BY_LAW,
)
"""Entities that are not the interface's; their relation keys are our own."""
NAMES = [
    resource.model.__name__ for resource in CATALOG.resources if resource.model.__name__ not in OURS
]
VALUES = list(verdier.__all__)
PERSON = "Personidentifikator"
TYPES = {
    "string": str,
    "datetime": datetime,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
    "SystemID": UUID,
    "VirksomhetsspesifikkeMetadata": dict,
}

EVENT = "absent until the event has happened (GUIDE 20, 1 and 36)"
NO_UNIT = "a caller without a unit has none to give"
NAME_ALONE = "a name may be given without an identity"
CLOSED_BY_DATE = "given by the client who closes the unit (GUIDE 14.2)"
FILLED = "the core fills it in, which a model without rules leaves to the client"
BY_THE_CORE = "every line of the log is written by the core"
OF_ACCESS = (
    "core Noark demands it (C4.5.22, C4.5.29, C4.5.30), and the interface has no place for it"
)
BY_FILE = "known when the file has come (GUIDE 10)"

# (entity, attribute, what differs): reason. An entity's name covers those that extend it.
ATTRIBUTE_DEVIATIONS: Mapping[tuple[str, str, str], str] = {
    ("Dokumentobjekt", "referanseDokumentfil", "missing"): "an address, not kept: the engine's",
    ("Arkivenhet", "endretAv", "always"): EVENT,
    ("Arkivenhet", "referanseEndretAv", "always"): EVENT,
    ("Registrering", "arkivertDato", "always"): EVENT,
    ("Registrering", "arkivertDato", "set_by"): "given by who archives what has no status for it",
    ("Registrering", "arkivertAv", "always"): EVENT,
    ("Registrering", "referanseArkivertAv", "always"): EVENT,
    ("Registrering", "referanseArkivdel", "always"): "a klasse may serve several arkivdeler",
    ("Journalpost", "dokumentetsDato", "always"): EVENT,
    ("Journalpost", "mottattDato", "always"): EVENT,
    ("Journalpost", "journalenhet", "always"): NO_UNIT,
    ("Arkivnotat", "dokumentetsDato", "always"): EVENT,
    ("Arkivnotat", "mottattDato", "always"): EVENT,
    ("Arkivnotat", "sendtDato", "always"): EVENT,
    ("Arkivnotat", "referanseUtlaantTil", "number"): "journalpost's column, without a number there",
    ("Avskrivning", "avskrivningsmaate", "set_by"): FILLED,
    ("Dokumentflyt", "flytTil", "always"): "absent until it is sent to somebody",
    ("Dokumentflyt", "flytTil", "set_by"): FILLED,
    ("Dokumentflyt", "referanseFlytTil", "always"): NAME_ALONE,
    ("Dokumentflyt", "flytFra", "set_by"): FILLED,
    ("Dokumentflyt", "referanseFlytFra", "always"): NAME_ALONE,
    ("Dokumentflyt", "referanseFlytFra", "set_by"): FILLED,
    ("Dokumentflyt", "flytSendtDato", "always"): EVENT,
    ("Dokumentflyt", "flytSendtDato", "set_by"): FILLED,
    ("Dokumentflyt", "flytMottattDato", "always"): EVENT,
    ("Dokumentflyt", "flytStatus", "always"): EVENT,
    ("Presedens", "presedensDato", "set_by"): FILLED,
    ("Saksmappe", "journalenhet", "always"): NO_UNIT,
    ("Saksmappe", "administrativEnhet", "always"): NO_UNIT,
    ("Saksmappe", "referanseAdministrativEnhet", "always"): NO_UNIT,
    ("Saksmappe", "referanseSaksansvarlig", "always"): NAME_ALONE,
    ("Klassifikasjonssystem", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Klasse", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Mappe", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("AdministrativEnhet", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Bruker", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    (
        "Mappe",
        "referanseForelderMappe",
        "set_by",
    ): "mirrors the relation; writing it moves (20, 21)",
    **{
        ("Endringslogg", wire, "set_by"): BY_THE_CORE
        for wire in ("referanseArkivenhet", "referanseMetadata", "tidligereVerdi", "nyVerdi")
    },
    ("Endringslogg", "referanseArkivenhet", "always"): "every line is about a unit",
    ("Hendelseslogg", "hendelsetype", "set_by"): BY_THE_CORE,
    ("Hendelseslogg", "beskrivelse", "set_by"): BY_THE_CORE,
    ("Hendelseslogg", "hendelsetype", "required"): BY_THE_CORE,
    ("Hendelseslogg", "hendelsetype", "always"): "lines that an older program wrote have none",
    ("Hendelseslogg", "hendelseDato", "always"): "lines that an older program wrote have none",
    ("Part", "partRolle", "set_by"): FILLED,
    **{
        ("Tilgang", wire, "invented"): OF_ACCESS for wire in ("egenEnhet", "gyldigFra", "gyldigTil")
    },
    ("Bruker", "klarering", "invented"): OF_ACCESS,
    ("Bruker", "klareringGyldigTil", "invented"): OF_ACCESS,
    ("Konvertering", "konvertertFraFormat", "set_by"): FILLED,
    ("Konvertering", "konvertertTilFormat", "set_by"): FILLED,
    ("Moetedeltaker", "systemID", "invented"): "what has an address has an identity",
    ("Korrespondansepart", "korrespondanseparttype", "set_by"): FILLED,
    ("Dokumentobjekt", "sjekksum", "always"): BY_FILE,
    ("Dokumentobjekt", "sjekksumAlgoritme", "always"): BY_FILE,
    ("Dokumentobjekt", "filstoerrelse", "always"): BY_FILE,
    ("Dokumentobjekt", "mimeType", "always"): BY_FILE,
}

APPEND_ONLY = "the log is written by the core alone; an import role does not exist yet (GUIDE 15)"
UPWARD = "made upward, which GUIDE 7 advises against"
CAMEL = "spelled as the package does (GUIDE 20, 7)"
GUIDE_7 = "GUIDE 7: the standard has the class and no key; exposed"
MARKER = "the marker is the concrete type (GUIDE 20, 37)"
OF_MEETINGS = "meetings are core Noark's; their keys are our own (GUIDE 0)"
BY_OWNER = "offered by what it belongs to"


# (entity, relation key): reason.
RELATION_DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("Arkivenhet", "loggingogsporing/ny-endringslogg/"): APPEND_ONLY,
    ("Arkivdel", "arkivstruktur/ny-arkiv/"): UPWARD,
    ("Arkivdel", "arkivstruktur/ny-arkivdel/"): UPWARD,
    ("Klassifikasjonssystem", "arkivstruktur/ny-arkivdel/"): UPWARD,
    ("Registrering", "arkivstruktur/ny-arkivdel/"): UPWARD,
    ("Registrering", "arkivstruktur/ny-mappe/"): UPWARD,
    ("Registrering", "arkivstruktur/ny-registrering/"): UPWARD,
    ("Dokumentbeskrivelse", "arkivstruktur/ny-dokumentbeskrivelse/"): UPWARD,
    ("Dokumentobjekt", "arkivstruktur/ny-dokumentbeskrivelse/"): UPWARD,
    ("Dokumentobjekt", "arkivstruktur/ny-dokumentobjekt/"): UPWARD,
    ("AdministrativEnhet", "admin/ny-administrativenhet/"): "offered by the package",
    ("Bruker", "admin/ny-administrativenhet/"): UPWARD,
    ("Bruker", "admin/ny-bruker/"): "offered by the package",
    ("Presedens", "sakarkiv/ny-journalpost/"): UPWARD,
    ("Avskrivning", "sakarkiv/ny-avskrivning/"): BY_OWNER,
    ("Dokumentflyt", "sakarkiv/ny-dokumentflyt/"): BY_OWNER,
    ("Presedens", "sakarkiv/ny-presedens/"): BY_OWNER,
    ("Presedens", "sakarkiv/ny-saksmappe/"): UPWARD,
    ("Mappe", "sakarkiv/ny-journalpost/"): "what holds journalposter is a saksmappe (C2.5.2)",
    ("Endringslogg", "loggingogsporing/endringslogg/"): MARKER,
    ("Moetemappe", "sakarkiv/utvid-til-saksmappe/"): "extends mappe in another way",
    ("Moeteregistrering", "sakarkiv/utvid-til-journalpost/"): "extends registrering in another way",
    ("Saksmappe", "arkivstruktur/mappe/"): "the type's own marker is saksmappe (GUIDE 4)",
    (
        "Journalpost",
        "arkivstruktur/registrering/",
    ): "the type's own marker is journalpost (GUIDE 4)",
    ("Part", "arkivstruktur/part/"): MARKER,
    ("Korrespondansepart", "arkivstruktur/korrespondansepart/"): MARKER,
    ("Nasjonalidentifikator", "arkivstruktur/nasjonalidentifikator/"): MARKER,
    ("Moetemappe", "arkivstruktur/mappe/"): OF_MEETINGS,
    ("Moeteregistrering", "arkivstruktur/registrering/"): OF_MEETINGS,
    ("Tilgang", "admin/ny-tilgang/"): "offered by the package",
    ("Tilgang", "admin/rettighet/"): "in the package list (GUIDE 20, 9)",
    ("Tilgang", "admin/ny-rettighet/"): "in the package list (GUIDE 20, 9)",
    ("VirksomhetsspesifikkeMetadata", "metadata/virksomhetsspesifikkemetadata/"): CAMEL,
    ("Dokumentbeskrivelse", "arkivstruktur/ny-registrering/"): (
        "a registrering needs a place of its own; the document is added to it by $ref"
    ),
    ("Saksmappe", "arkivstruktur/ny-klasse/"): (
        "a klasse needs a system: it is made there, and added to the saksmappe by $ref"
    ),
    ("Saksmappe", "sakarkiv/utvid-til-saksmappe/"): "it is one already",
    ("Journalpost", "sakarkiv/utvid-til-journalpost/"): "it is one already",
    ("Arkivnotat", "arkivstruktur/registrering/"): "the type's own marker is arkivnotat (GUIDE 4)",
    ("Arkivnotat", "sakarkiv/utvid-til-journalpost/"): "extends registrering in another way",
}

# (entity, relation key) that the standard has no row for.
EXTRA_RELATIONS: Mapping[tuple[str, str], str] = {
    **{
        ("Endringslogg", f"arkivstruktur/{name}/"): "GUIDE 15: back by the unit's own key"
        for name in (
            "arkiv",
            "arkivdel",
            "arkivskaper",
            "dokumentbeskrivelse",
            "dokumentobjekt",
            "klasse",
            "klassifikasjonssystem",
            "kryssreferanse",
            "mappe",
            "registrering",
        )
    },
    ("Klassifikasjonssystem", "arkivstruktur/klassifikasjonssystem/"): "every type has its marker",
    ("Saksmappe", "sakarkiv/ny-arkivnotat/"): "GUIDE 7: needed, and without a key; exposed",
    ("Dokumentbeskrivelse", "arkivstruktur/part/"): "GUIDE 7: the relation has no key; exposed",
    ("Dokumentbeskrivelse", "arkivstruktur/ny-partperson/"): "GUIDE 7: exposed",
    ("Dokumentbeskrivelse", "arkivstruktur/ny-partenhet/"): "GUIDE 7: exposed",
    ("VirksomhetsspesifikkeMetadata", "metadata/virksomhetsspesifikkeMetadata/"): CAMEL,
    ("Konvertering", "metadata/format/"): "a coded attribute shows its list",
    ("Bruker", "metadata/graderingskode/"): "a coded attribute shows its list",
    ("Plan", "metadata/land/"): "a coded attribute shows its list",
    ("Enhetsidentifikator", "arkivstruktur/enhetsidentifikator/"): "every type has its marker",
    **{
        (entity, f"arkivstruktur/{start}enhetsidentifikator/"): GUIDE_7
        for entity in ("Mappe", "Registrering")
        for start in ("", "ny-")
    },
}

LISTS_OF_CORE = {
    "MoetedeltakerFunksjon",
    "Moeteregistreringstype",
    "Moetesakstype",
    "Moeteregistreringsstatus",
}
"""Lists of the meetings, which the interface gives neither keys nor codes."""
OPEN_REGISTERS = {"land", "postnummer", "format"}
"""Lists that are filled from registers outside the standard."""

# (value, field, what differs): reason.
VALUE_DEVIATIONS: Mapping[tuple[str, str, str], str] = {
    ("Gradering", "graderingskode", "required"): "nothing is graded without a code",
    ("Kassasjon", "bevaringstid", "required"): "this or the date is given (GUIDE 20, 11)",
    ("Kassasjon", "kassasjonsdato", "required"): "this or the time is given (GUIDE 20, 11)",
    ("Skjerming", "skjermingshjemmel", "required"): "given, or taken from the code (GUIDE 20, 32)",
    (PERSON, "foedselsnummer", "required"): "one of the two kinds, flat, not two classes",
    (PERSON, "dNummer", "required"): "one of the two kinds, flat, not two classes",
}


def ancestry(name: str) -> list[str]:
    """List an entity of the standard and those it extends, the most special first."""
    if name not in ENTITIES:
        return []
    return [name, *ancestry(ENTITIES[name]["extends"] or "")]


def standard_attributes(name: str) -> dict[str, Any]:
    return {
        one["name"]: one
        for ancestor in reversed(ancestry(name))
        for one in ENTITIES[ancestor]["attributes"]
    }


def resource_of(name: str) -> Resource[Any]:
    return next(one for one in CATALOG.resources if one.model.__name__ == name)


def expected_type(attribute: Mapping[str, Any]) -> str:
    if attribute["codelist"]:
        return "Kode"
    plain = TYPES.get(attribute["type"])
    return plain.__name__ if plain else str(attribute["type"])


def expected_author(attribute: Mapping[str, Any]) -> SetBy:
    if attribute["server_assigned"]:
        return SetBy.CORE
    return SetBy.CLIENT_OR_CORE if attribute["server_default"] else SetBy.CLIENT


def differences(ours: BoundAttribute, standard: Mapping[str, Any]) -> Iterator[str]:
    """Name what we say otherwise than the standard of one attribute."""
    spec: Attribute = ours.spec
    codelist = spec.codelist.name if spec.codelist else None
    pairs = {
        "type": (ours.python.__name__, expected_type(standard)),
        "number": (spec.number, standard["metadata_nr"]),
        "required": (spec.required, standard["mandatory_on_create"]),
        "always": (spec.always, standard["mandatory_in_response"]),
        "list": (ours.many, standard["list"]),
        "set_by": (spec.set_by, expected_author(standard)),
        "codelist": (codelist, standard["codelist"] and standard["codelist"].lower()),
    }
    yield from (what for what, (mine, theirs) in pairs.items() if mine != theirs)


def found_differences(name: str) -> set[tuple[str, str, str]]:
    ours = {one.wire: one for one in resource_of(name).attributes}
    theirs = standard_attributes(name)
    return {
        *((name, wire, "missing") for wire in theirs.keys() - ours.keys()),
        *((name, wire, "invented") for wire in ours.keys() - theirs.keys()),
        *(
            (name, wire, what)
            for wire in ours.keys() & theirs.keys()
            for what in differences(ours[wire], theirs[wire])
        ),
    }


def known_differences(name: str) -> set[tuple[str, str, str]]:
    lineage = ancestry(name)
    return {(name, wire, what) for entity, wire, what in ATTRIBUTE_DEVIATIONS if entity in lineage}


@pytest.mark.parametrize("name", NAMES)
def test_entity_is_as_the_standard_has_it(name: str) -> None:
    assert found_differences(name) == known_differences(name)


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_does_not_look_like_the_standard(name: str) -> None:
    assert name not in ENTITIES
    assert resource_of(name).rel.startswith(OWN_REL)


def test_every_deviation_is_of_an_entity_we_have() -> None:
    ours = {ancestor for name in NAMES for ancestor in ancestry(name)}

    named = {key[0] for key in (*ATTRIBUTE_DEVIATIONS, *RELATION_DEVIATIONS, *EXTRA_RELATIONS)}

    assert named <= ours


@pytest.mark.parametrize("name", NAMES)
def test_database_demands_what_is_always_there(name: str) -> None:
    resource = resource_of(name)
    table = table_of(resource.model)
    checks = " ".join(str(one.sqltext) for one in table.constraints if hasattr(one, "sqltext"))

    lax = {
        one.name
        for one in resource.attributes
        if one.spec.always
        and table.c[one.name].nullable
        and f"{one.name} IS NOT NULL" not in checks
    }

    assert lax == set()


@pytest.mark.parametrize("name", NAMES)
def test_entity_extends_what_the_standard_says(name: str) -> None:
    parent = inspect(resource_of(name).model).inherits

    assert (parent.class_.__name__ if parent else None) == next(
        (one for one in ancestry(name)[1:] if one in NAMES), None
    )


def annotation_of(field: Any) -> tuple[type[Any], bool]:
    """Give the plain type of a value's field, and whether there are many."""
    found, many = field.annotation, False
    while get_origin(found) is not None:
        many = many or get_origin(found) is tuple
        inner = [one for one in get_args(found) if one not in (NoneType, Ellipsis)]
        found = inner[0]
    return found, many


def standard_value(name: str) -> dict[str, Any]:
    """Give the fields of a data type; a person is either of two classes."""
    if name == PERSON:
        return {**standard_attributes("Foedselsnummer"), **standard_attributes("DNummer")}
    return standard_attributes(name)


def value_differences(name: str) -> set[tuple[str, str, str]]:
    model: type[Value] = getattr(verdier, name)
    ours = {str(field.alias): field for field in model.model_fields.values()}
    theirs = standard_value(name)
    found = {(name, wire, "missing") for wire in theirs.keys() - ours.keys()}
    found |= {(name, wire, "invented") for wire in ours.keys() - theirs.keys()}
    for wire in ours.keys() & theirs.keys():
        field, standard = ours[wire], theirs[wire]
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        plain, many = annotation_of(field)
        pairs = {
            "type": (plain.__name__, expected_type(standard)),
            "number": (extra.get("x-noark"), standard["metadata_nr"]),
            "list": (many, standard["list"]),
            "required": (field.is_required(), standard["mandatory_on_create"]),
            "core": (extra.get("readOnly", False), standard["server_assigned"]),
            "codelist": (
                extra.get("x-kodeliste"),
                standard["codelist"] and standard["codelist"].lower(),
            ),
        }
        found |= {(name, wire, what) for what, (mine, other) in pairs.items() if mine != other}
    return found


@pytest.mark.parametrize("name", VALUES)
def test_value_is_as_the_standard_has_it(name: str) -> None:
    known = {key for key in VALUE_DEVIATIONS if key[0] == name}

    assert value_differences(name) == known


def test_every_data_type_of_the_standard_is_a_value() -> None:
    used = {
        one["type"]
        for name in NAMES
        for one in standard_attributes(name).values()
        if not one["codelist"] and one["type"] not in TYPES
    }

    assert used == set(VALUES)


def test_a_code_is_a_kode_and_a_kodenavn() -> None:
    assert [field.alias for field in Kode.model_fields.values()] == ["kode", "kodenavn"]


def standard_codes(name: str) -> set[tuple[str, str]]:
    return {
        (value["kode"], value["kodenavn"])
        for value in MODEL["codelists"][name]["values"]
        if value["kode"]
    }


OWN_CODES = {"SkjermingMetadata": {("AD", "Skjerming adresse og kontaktopplysninger")}}
"""Values of ours in lists that are open: ADR 0037."""


@pytest.mark.krav("5.2.9", "5.2.20", "6.1.4", "6.1.5")
@pytest.mark.parametrize("name", [name for name in MODEL["codelists"] if name not in LISTS_OF_CORE])
def test_code_list_has_the_values_of_the_standard(name: str) -> None:
    ours = set(KODELISTER[name.lower()].values)

    missing, invented = standard_codes(name) - ours, ours - standard_codes(name)

    assert missing == set()
    assert invented == OWN_CODES.get(name, set()) or name.lower() in OPEN_REGISTERS


def test_code_lists_are_those_of_the_standard() -> None:
    standard = {name.lower() for name in MODEL["codelists"]}

    assert set(KODELISTER) == standard


@pytest.mark.parametrize("name", sorted(LISTS_OF_CORE))
def test_lists_of_core_noark_have_its_names_under_codes_of_our_own(name: str) -> None:
    ours = KODELISTER[name.lower()]

    names = [value["kodenavn"] for value in MODEL["codelists"][name]["values"]]

    assert [navn for _, navn in ours.values] == names
    assert ours.rel == f"{OWN_REL}metadata/{name.lower()}/"


@pytest.mark.parametrize("name", list(KODELISTER))
def test_codes_and_their_names_are_unique_in_their_list(name: str) -> None:
    values = KODELISTER[name].values

    assert len({kode for kode, _ in values}) == len(values)
    assert len({navn for _, navn in values}) == len(values)


def test_countries_are_those_of_iso_3166_1() -> None:
    codes = dict(KODELISTER["land"].values)

    assert len(codes) == 249
    assert codes["NO"] == "Norge"
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in codes)
    assert not {"EU", "UN", "XK", "AC"} & codes.keys()


def test_code_lists_have_the_relation_keys_of_the_standard() -> None:
    theirs = {
        MODEL["codelists"][name]["rel"] for name in MODEL["codelists"] if name not in LISTS_OF_CORE
    }

    assert {one.rel for one in KODELISTER.values() if one.base == REL} == theirs


@pytest.mark.parametrize("resource", CATALOG.resources, ids=lambda one: str(one.name))
def test_default_codes_are_in_their_lists(resource: Resource[Any]) -> None:
    unknown = {
        one.wire
        for one in resource.attributes
        if one.spec.default and one.spec.codelist
        if one.spec.default not in dict(one.spec.codelist.values)
    }

    assert unknown == set()


def offered(resource: Resource[Any]) -> set[str]:
    """List the relation keys of the standard's base that a unit can have."""
    file = [FILE_REL] if CATALOG.takes_files(resource) else []
    return {
        rel.removeprefix(REL)
        for rel in (
            *([] if resource.abstract else [resource.rel]),
            *(one.rel for one in CATALOG.relations(resource)),
            *(one.rel for one in CATALOG.offers(resource)),
            *(extension_rel(one) for one in CATALOG.extensions(resource)),
            *(one.rel for one in code_list_links(resource, "")),
            *file,
        )
        if rel.startswith(REL)
    }


def extension_rel(special: Resource[Any]) -> str:
    return f"{REL}{special.package}/utvid-til-{special.name}/"


def in_standard(name: str) -> set[str]:
    return {
        one["rel"].removeprefix(REL)
        for ancestor in ancestry(name)
        for one in ENTITIES[ancestor]["rels"]
    } - {"self"}


def expected_of(table: Mapping[tuple[str, str], str], name: str, ours: set[str]) -> set[str]:
    """Give the deviations of an entity; it may offer what only those it extends do not."""
    lineage = ancestry(name)
    general = [entity for entity in lineage[1:] if entity in NAMES]
    return {
        rel
        for entity, rel in table
        if entity in lineage and not (entity in general and rel in ours)
    }


@pytest.mark.parametrize("name", NAMES)
def test_relation_keys_are_those_of_the_standard(name: str) -> None:
    ours, theirs = offered(resource_of(name)), in_standard(name)

    assert theirs - ours == expected_of(RELATION_DEVIATIONS, name, ours)
    assert ours - theirs == expected_of(EXTRA_RELATIONS, name, theirs)


def listed(package: str) -> set[str]:
    """Give the relation keys that a package has of what is declared, under every name."""
    return {
        rel
        for one in CATALOG.resources
        if one.package == package
        for name in (one.name, *one.aliases)
        for rel in ([f"{package}/{name}/"] if one.listed else [])
        + ([f"{package}/ny-{name}/"] if one.top else [])
    }


@pytest.mark.parametrize("package", [Package.ARKIVSTRUKTUR, Package.SAKARKIV, Package.ADMIN])
def test_packages_list_what_the_standard_lists(package: Package) -> None:
    by_hand = {"admin/system/"}
    extra = {"admin/tilgang/", "admin/ny-tilgang/"}  # GUIDE 20, 9: both names

    theirs = {rel.removeprefix(REL) for rel in MODEL["package_rels"][package]}

    assert listed(package) - extra == theirs - by_hand
