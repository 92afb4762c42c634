"""Our declarations against the standard as data (model.json): nothing missing, nothing invented.

Where we differ, the difference stands in a table with its reason; one that is gone must leave it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
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
from sakark_api.noark.resource import REL, Package, Resource
from sakark_api.noark.values import Kode, Value
from sakark_api.rest.links import FILE_REL, code_list_links

MODEL = json.loads((Path(__file__).parent / "model.json").read_text(encoding="utf-8"))
ENTITIES: Mapping[str, Any] = MODEL["entities"]
NAMES = [resource.model.__name__ for resource in CATALOG.resources]
VALUES = list(verdier.__all__)
PERSON = "Personidentifikator"
TYPES = {"string": str, "datetime": datetime, "integer": int, "SystemID": UUID}

WHOLE_STANDARD = "comes with the whole standard"
EVENT = "absent until the event has happened (GUIDE 20, 1 and 36)"
NO_UNIT = "a caller without a unit has none to give"
CLOSED_BY_DATE = "given by the client who closes the unit (GUIDE 14.2)"
FILLED = "the core fills it in, which a model without rules leaves to the client"
BY_FILE = "known when the file has come (GUIDE 10)"

# (entity, attribute, what differs): reason. An entity's name covers those that extend it.
ATTRIBUTE_DEVIATIONS: Mapping[tuple[str, str, str], str] = {
    **{
        (entity, "virksomhetsspesifikkeMetadata", "missing"): WHOLE_STANDARD
        for entity in (
            "Mappe",
            "Registrering",
            "Dokumentbeskrivelse",
            "Part",
            "Korrespondansepart",
            "AdministrativEnhet",
            "Bruker",
        )
    },
    ("Dokumentobjekt", "referanseDokumentfil", "missing"): "an address, not kept: the engine's",
    ("Arkivenhet", "endretAv", "always"): EVENT,
    ("Arkivenhet", "referanseEndretAv", "always"): EVENT,
    ("Registrering", "arkivertDato", "always"): EVENT,
    ("Registrering", "arkivertAv", "always"): EVENT,
    ("Registrering", "referanseArkivertAv", "always"): EVENT,
    ("Registrering", "referanseArkivdel", "always"): "a klasse may serve several arkivdeler",
    ("Journalpost", "dokumentetsDato", "always"): EVENT,
    ("Journalpost", "mottattDato", "always"): EVENT,
    ("Journalpost", "journalenhet", "always"): NO_UNIT,
    ("Saksmappe", "journalenhet", "always"): NO_UNIT,
    ("Saksmappe", "administrativEnhet", "always"): NO_UNIT,
    ("Saksmappe", "referanseAdministrativEnhet", "always"): NO_UNIT,
    ("Saksmappe", "referanseSaksansvarlig", "always"): "a name may be given without an identity",
    ("Klassifikasjonssystem", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Klasse", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Mappe", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("AdministrativEnhet", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Bruker", "avsluttetDato", "set_by"): CLOSED_BY_DATE,
    ("Mappe", "referanseForelderMappe", "set_by"): "mirrors the relation; moving is not there yet",
    ("Registrering", "forfatter", "set_by"): FILLED,
    ("Dokumentbeskrivelse", "forfatter", "set_by"): FILLED,
    ("Part", "partRolle", "set_by"): FILLED,
    ("Korrespondansepart", "korrespondanseparttype", "set_by"): FILLED,
    ("Dokumentobjekt", "sjekksum", "always"): BY_FILE,
    ("Dokumentobjekt", "sjekksumAlgoritme", "always"): BY_FILE,
    ("Dokumentobjekt", "filstoerrelse", "always"): BY_FILE,
    ("Dokumentobjekt", "mimeType", "always"): BY_FILE,
}

LOG = "the log's resources come with the whole standard; its rows are written already"
UPWARD = "made upward, which GUIDE 7 advises against"
IDENTIFIERS = ("bygning", "dnummer", "foedselsnummer", "matrikkel", "plan", "posisjon")


def whole_standard(entity: str, *rels: str) -> Mapping[tuple[str, str], str]:
    return dict.fromkeys(((entity, rel) for rel in rels), WHOLE_STANDARD)


def with_new(*names: str, package: str = "arkivstruktur") -> tuple[str, ...]:
    return tuple(f"{package}/{start}{name}/" for name in names for start in ("", "ny-"))


# (entity, relation key): reason.
RELATION_DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("Arkivenhet", "loggingogsporing/endringslogg/"): LOG,
    ("Arkivenhet", "loggingogsporing/ny-endringslogg/"): LOG,
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
    ("Mappe", "sakarkiv/ny-journalpost/"): "what holds journalposter is a saksmappe (C2.5.2)",
    ("Saksmappe", "arkivstruktur/mappe/"): "the type's own marker is saksmappe (GUIDE 4)",
    (
        "Journalpost",
        "arkivstruktur/registrering/",
    ): "the type's own marker is journalpost (GUIDE 4)",
    ("PartPerson", "arkivstruktur/part/"): "the marker is the concrete type (GUIDE 20, 37)",
    ("PartEnhet", "arkivstruktur/part/"): "the marker is the concrete type (GUIDE 20, 37)",
    **{
        (f"Korrespondansepart{kind}", "arkivstruktur/korrespondansepart/"): (
            "the marker is the concrete type (GUIDE 20, 37)"
        )
        for kind in ("Person", "Enhet", "Intern")
    },
    **whole_standard("Dokumentbeskrivelse", "arkivstruktur/ny-registrering/"),
    **whole_standard("Arkivdel", "arkivstruktur/forrigearkivdel/", "arkivstruktur/nestearkivdel/"),
    **whole_standard("Klassifikasjonssystem", *with_new("sekundaerklassifikasjonssystem")),
    **whole_standard("Klasse", *with_new("kryssreferanse")),
    **whole_standard("Mappe", *with_new("kryssreferanse", *IDENTIFIERS)),
    **whole_standard("Mappe", "arkivstruktur/nasjonalidentifikator/"),
    **whole_standard("Mappe", "sakarkiv/utvid-til-saksmappe/"),
    **whole_standard("Saksmappe", "arkivstruktur/ny-klasse/", "sakarkiv/sekundaerklassifikasjon/"),
    **whole_standard("Saksmappe", *with_new("presedens", package="sakarkiv")),
    **whole_standard("Registrering", *with_new("kryssreferanse", *IDENTIFIERS)),
    **whole_standard("Registrering", "arkivstruktur/nasjonalidentifikator/"),
    **whole_standard("Registrering", "sakarkiv/utvid-til-journalpost/"),
    **whole_standard(
        "Journalpost", *with_new("presedens", "avskrivning", "dokumentflyt", package="sakarkiv")
    ),
    **whole_standard("Dokumentobjekt", *with_new("konvertering")),
    **{
        (entity, "metadata/virksomhetsspesifikkeMetadata/"): WHOLE_STANDARD
        for entity in (
            "Mappe",
            "Registrering",
            "Dokumentbeskrivelse",
            "Part",
            "Korrespondansepart",
            "AdministrativEnhet",
            "Bruker",
        )
    },
}

# (entity, relation key) that the standard has no row for.
EXTRA_RELATIONS: Mapping[tuple[str, str], str] = {
    ("Klassifikasjonssystem", "arkivstruktur/klassifikasjonssystem/"): "every type has its marker",
    ("Dokumentbeskrivelse", "arkivstruktur/part/"): "GUIDE 7: the relation has no key; exposed",
    ("Dokumentbeskrivelse", "arkivstruktur/ny-partperson/"): "GUIDE 7: exposed",
    ("Dokumentbeskrivelse", "arkivstruktur/ny-partenhet/"): "GUIDE 7: exposed",
}

CODE_LISTS_LEFT_OUT = {
    "MoetedeltakerFunksjon": "the meeting package is not in TG 1.1 (GUIDE 0)",
    "Moeteregistreringstype": "the meeting package is not in TG 1.1 (GUIDE 0)",
    "Moetesakstype": "the meeting package is not in TG 1.1 (GUIDE 0)",
    "Moeteregistreringsstatus": "the meeting package is not in TG 1.1 (GUIDE 0)",
}
OPEN_REGISTERS = {"land", "postnummer", "format"}
"""Lists that are filled from registers outside the standard."""

# (value, field, what differs): reason.
VALUE_DEVIATIONS: Mapping[tuple[str, str, str], str] = {
    ("Gradering", "graderingskode", "required"): "nothing is graded without a code",
    ("Kassasjon", "bevaringstid", "required"): "this or the date is given (GUIDE 20, 11)",
    ("Kassasjon", "kassasjonsdato", "required"): "this or the time is given (GUIDE 20, 11)",
    ("Skjerming", "skjermingshjemmel", "required"): "taken from the code (GUIDE 20, 32)",
    (PERSON, "foedselsnummer", "required"): "one of the two kinds, flat, not two classes",
    (PERSON, "dNummer", "required"): "one of the two kinds, flat, not two classes",
}


def ancestry(name: str) -> list[str]:
    """List an entity of the standard and those it extends, the most special first."""
    if name not in ENTITIES:
        return []
    return [name, *ancestry(ENTITIES[name]["extends"] or "")]


def standard_attributes(name: str) -> dict[str, Any]:
    if name == PERSON:
        return {**standard_attributes("Foedselsnummer"), **standard_attributes("DNummer")}
    return {
        one["name"]: one
        for ancestor in reversed(ancestry(name))
        for one in ENTITIES[ancestor]["attributes"]
    }


def resource_of(name: str) -> Resource[Any]:
    return CATALOG.by_name[name.lower()]


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


def value_differences(name: str) -> set[tuple[str, str, str]]:
    model: type[Value] = getattr(verdier, name)
    ours = {str(field.alias): field for field in model.model_fields.values()}
    theirs = standard_attributes(name)
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

    assert used - {"VirksomhetsspesifikkeMetadata"} == set(VALUES)


def test_a_code_is_a_kode_and_a_kodenavn() -> None:
    assert [field.alias for field in Kode.model_fields.values()] == ["kode", "kodenavn"]


def standard_codes(name: str) -> set[tuple[str, str]]:
    return {
        (value["kode"], value["kodenavn"])
        for value in MODEL["codelists"][name]["values"]
        if value["kode"]
    }


@pytest.mark.krav("5.2.9", "5.2.20", "6.1.4", "6.1.5")
@pytest.mark.parametrize(
    "name", [name for name in MODEL["codelists"] if name not in CODE_LISTS_LEFT_OUT]
)
def test_code_list_has_the_values_of_the_standard(name: str) -> None:
    ours = set(KODELISTER[name.lower()].values)

    missing, invented = standard_codes(name) - ours, ours - standard_codes(name)

    assert missing == set()
    assert invented == set() or name.lower() in OPEN_REGISTERS


def test_code_lists_are_those_of_the_standard() -> None:
    standard = {name.lower() for name in MODEL["codelists"]}

    left_out = {name.lower() for name in CODE_LISTS_LEFT_OUT}

    assert set(KODELISTER) == standard - left_out


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
        MODEL["codelists"][name]["rel"]
        for name in MODEL["codelists"]
        if name not in CODE_LISTS_LEFT_OUT
    }

    assert {f"{REL}metadata/{name}/" for name in KODELISTER} == theirs


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
    """List the relation keys that a unit can have."""
    file = [FILE_REL] if CATALOG.takes_files(resource) else []
    return {
        rel.removeprefix(REL)
        for rel in (
            resource.rel,
            *(one.rel for one in CATALOG.relations(resource)),
            *(one.rel for one in CATALOG.offers(resource)),
            *(one.rel for one in code_list_links(resource, "")),
            *file,
        )
    }


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


@pytest.mark.parametrize("package", [Package.ARKIVSTRUKTUR, Package.SAKARKIV, Package.ADMIN])
def test_packages_list_what_the_standard_lists(package: Package) -> None:
    later = {
        "sakarkiv/arkivnotat/",
        "sakarkiv/presedens/",
        "admin/rettighet/",
        "admin/ny-rettighet/",
    }
    by_hand = {"admin/system/"}
    ours = {
        rel.removeprefix(REL)
        for one in CATALOG.resources
        if one.package is package
        for rel in ([one.rel] if one.listed else [])
        + ([f"{REL}{package}/ny-{one.name}/"] if one.top else [])
    }

    theirs = {rel.removeprefix(REL) for rel in MODEL["package_rels"][package]}

    assert ours == theirs - later - by_hand
