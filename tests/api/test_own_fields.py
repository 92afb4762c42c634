"""Fields of the kommune's own: defined once, then carried by units with every digit."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import NOARK, REL, Client, LogIn, World, build_world

VSM = "virksomhetsspesifikkeMetadata"
NEW = f"metadata/ny-{VSM}/"
CARRIERS = [
    "mappe",
    "saksmappe",
    "registrering",
    "journalpost",
    "dokumentbeskrivelse",
    "partperson",
    "partenhet",
    "korrespondansepartperson",
    "korrespondansepartenhet",
    "korrespondansepartintern",
    "bruker",
    "administrativenhet",
    "moetemappe",
    "moeteregistrering",
]
LONG_INTEGER = "123456789012345678901234567890123456789"
LONG_DECIMAL = "0.123456789012345678901234567890"

Define = Callable[..., str]


@pytest.fixture(scope="module")
def standing(http: Any, service: Any) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture
def define(standing: World) -> Define:
    """Define a field of a type, and give its name."""

    def define(type_: str = "string", **more: Any) -> str:
        navn = f"prove-1:{uuid4().hex}"
        client = standing.client
        client.make(client.follow("metadata/"), NEW, {"navn": navn, "type": type_, **more})
        return navn

    return define


def changed(client: Client, unit: Any, patch: Any) -> Any:
    return client.patch(client.link(unit, "self"), patch, headers={"If-Match": client.etag(unit)})


def a_mappe(world: World, fields: Any) -> Any:
    return world.client.make(
        world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Med felt", VSM: fields}
    )


@pytest.mark.krav("M711")
@pytest.mark.parametrize("name", CARRIERS)
def test_unit_carries_fields_and_shows_where_they_are_defined(
    standing: World, define: Define, name: str
) -> None:
    client, navn = standing.client, define()
    unit = getattr(standing, name)

    answer = changed(client, unit, {VSM: {navn: "2026/2027"}})

    assert answer.status_code == 200, answer.text
    assert answer.json()[VSM] == {navn: "2026/2027"}
    assert answer.json()["_links"][f"{REL}metadata/{VSM}/"]["templated"]


def test_template_has_no_fields_filled_in(standing: World) -> None:
    client = standing.client

    template = client.get(client.link(standing.arkivdel, "arkivstruktur/ny-mappe/")).json()

    assert VSM in template
    assert template[VSM] is None


@pytest.mark.krav("M711", "TG0-10")
@pytest.mark.parametrize(
    ("type_", "written"),
    [
        ("integer", LONG_INTEGER),
        ("integer", f"-{LONG_INTEGER}"),
        ("decimal", LONG_DECIMAL),
        ("decimal", "1.50"),
        ("decimal", "100"),
        ("boolean", "false"),
        ("date", '"2024-01-31+01:00"'),
        ("datetime", '"2024-01-31T12:00:00.1234567+01:00"'),
        ("uri", '"https://eksempel.no/a"'),
        ("string", '"  innrykk"'),
    ],
)
def test_value_is_given_back_as_it_was_written(
    standing: World, define: Define, type_: str, written: str
) -> None:
    client, navn = standing.client, define(type_)
    body = f'{{"tittel": "Nøyaktig", "{VSM}": {{"{navn}": {written}}}}}'

    answer = client.request(
        "POST",
        client.link(standing.arkivdel, "arkivstruktur/ny-mappe/"),
        content=body.encode(),
        headers={"Content-Type": NOARK},
    )

    assert answer.status_code == 201, answer.text
    assert f'"{navn}": {written}' in answer.text
    again = client.get(client.link(answer.json(), "self"))
    assert f'"{navn}": {written}' in again.text


def test_digits_survive_a_change_of_something_else(standing: World, define: Define) -> None:
    client, whole, part = standing.client, define("integer"), define("decimal")
    body = f'{{"{VSM}": {{"{whole}": {LONG_INTEGER}, "{part}": {LONG_DECIMAL}}}}}'
    unit = a_mappe(standing, None)
    client.request(
        "PATCH",
        client.link(unit, "self"),
        content=body.encode(),
        headers={"Content-Type": "application/merge-patch+json", "If-Match": client.etag(unit)},
    )

    answer = changed(client, unit, {"tittel": "Ny tittel", VSM: {define(): "x"}})

    assert answer.status_code == 200, answer.text
    assert f'"{whole}": {LONG_INTEGER}' in answer.text
    assert f'"{part}": {LONG_DECIMAL}' in answer.text


def test_null_in_a_patch_removes_one_field(standing: World, define: Define) -> None:
    kept, gone = define(), define()
    unit = a_mappe(standing, {kept: "a", gone: "b"})

    answer = changed(standing.client, unit, {VSM: {gone: None}})

    assert answer.json()[VSM] == {kept: "a"}


def test_no_fields_left_is_no_object(standing: World, define: Define) -> None:
    navn = define()
    unit = a_mappe(standing, {navn: "a"})

    answer = changed(standing.client, unit, {VSM: {navn: None}})

    assert answer.status_code == 200, answer.text
    assert VSM not in answer.json()


@pytest.mark.parametrize("fields", [{}, None])
def test_empty_object_is_none(standing: World, fields: Any) -> None:
    assert VSM not in a_mappe(standing, fields)


@pytest.mark.parametrize("fields", [[], "x", 1, {"prove-1:ukjent": "x"}, {"tittel": "x"}])
def test_what_is_not_defined_fields_is_refused(standing: World, fields: Any) -> None:
    client = standing.client
    unit = a_mappe(standing, None)

    answer = changed(client, unit, {VSM: fields})

    assert answer.status_code == 400
    assert VSM not in client.refreshed(unit)


def test_undefined_fields_do_not_come_in_with_an_extension(standing: World) -> None:
    client = standing.client
    unit = client.make(standing.klasse, "arkivstruktur/ny-mappe/", {"tittel": "Utvides"})

    answer = client.put(
        client.link(unit, "sakarkiv/utvid-til-saksmappe/"), {VSM: {"prove-1:ukjent": "x"}}
    )

    assert answer.status_code == 400, answer.text
    assert VSM not in client.refreshed(unit)


def test_true_is_not_changed_to_one(standing: World, define: Define) -> None:
    navn = define("boolean")
    unit = a_mappe(standing, {navn: True})

    answer = changed(standing.client, unit, {VSM: {navn: 1}})

    assert answer.status_code == 400
    assert navn in answer.json()["feil"]["beskrivelse"]


def test_fields_may_be_on_a_part_inside_the_body(standing: World, define: Define) -> None:
    client, navn = standing.client, define("integer")
    body = {"tittel": "Sak", "partperson": [{"navn": "Kari", VSM: {navn: 3}}]}

    sak = client.make(standing.klasse, "sakarkiv/ny-saksmappe/", body)

    (part,) = client.get(client.link(sak, "arkivstruktur/part/")).json()["results"]
    assert part[VSM] == {navn: 3}


def test_expired_field_stays_and_is_not_given_anew(standing: World, define: Define) -> None:
    client, navn = standing.client, define()
    unit = a_mappe(standing, {navn: "a"})
    package = f"{client.root}metadata/{VSM}/"
    (felt,) = client.get(package, params={"$filter": f"navn eq '{navn}'"}).json()["results"]
    expired = changed(client, felt, {"utdatert": "2020-01-01T00:00:00+01:00"})

    kept = changed(client, unit, {"tittel": "Endret"})
    refused = client.post(
        client.link(standing.arkivdel, "arkivstruktur/ny-mappe/"),
        {"tittel": "Ny", VSM: {navn: "b"}},
    )

    assert expired.status_code == 200, expired.text
    assert kept.json()[VSM] == {navn: "a"}
    assert refused.status_code == 400
    assert "utdatert" in refused.json()["feil"]["beskrivelse"]


def test_the_change_is_seen_as_one(standing: World, define: Define) -> None:
    client, navn = standing.client, define()
    unit = a_mappe(standing, {navn: "a"})
    before = client.etag(unit)

    same = changed(client, unit, {VSM: {navn: "a"}})
    other = changed(client, unit, {VSM: {navn: "b"}})

    assert same.headers["etag"] == before
    assert other.headers["etag"] != before
    assert other.json()["endretAv"] == unit["opprettetAv"]


@pytest.mark.parametrize(
    "navn",
    ["skoleaar", "ppt:skoleaar", "ppt-v1", "PPT-v1:a", "ppt-v1:skoleår", "ppt-v1:a b", "a-b-c:d"],
)
def test_name_of_another_form_is_refused(standing: World, navn: str) -> None:
    client = standing.client

    answer = client.post(
        client.link(client.follow("metadata/"), NEW), {"navn": navn, "type": "string"}
    )

    assert answer.status_code == 400
    assert "ppt-v1:skoleaar" in answer.json()["feil"]["beskrivelse"]


def test_name_with_an_organisation_is_taken(standing: World) -> None:
    client, navn = standing.client, f"vnd-firma-v1:{uuid4().hex}"

    felt = client.make(client.follow("metadata/"), NEW, {"navn": navn, "type": "uri"})

    assert felt["navn"] == navn


@pytest.mark.parametrize(
    "wrong", [{"type": "number"}, {"kilde": "ikke en adresse"}, {"type": None}]
)
def test_odd_definition_is_refused(standing: World, wrong: Any) -> None:
    client = standing.client
    body = {"navn": f"prove-1:{uuid4().hex}", "type": "string", **wrong}

    answer = client.post(client.link(client.follow("metadata/"), NEW), body)

    assert answer.status_code == 400


def test_name_is_unique_in_the_kommune(standing: World, define: Define) -> None:
    client, navn = standing.client, define()

    answer = client.post(
        client.link(client.follow("metadata/"), NEW), {"navn": navn, "type": "string"}
    )

    assert answer.status_code == 409


@pytest.mark.parametrize("change", [{"navn": "prove-1:nytt"}, {"type": "integer"}])
def test_name_and_type_are_never_changed(standing: World, change: Any) -> None:
    answer = changed(standing.client, getattr(standing, VSM), change)

    assert answer.status_code == 409


def test_used_definition_is_not_deleted(standing: World, define: Define) -> None:
    client, navn = standing.client, define()
    a_mappe(standing, {navn: "a"})
    package = f"{client.root}metadata/{VSM}/"
    (felt,) = client.get(package, params={"$filter": f"navn eq '{navn}'"}).json()["results"]

    answer = client.delete(client.link(felt, "self"))

    assert answer.status_code == 409
    assert "utdatert" in answer.json()["feil"]["beskrivelse"]


def test_deleted_definition_is_forgotten_at_once(standing: World, define: Define) -> None:
    client, navn = standing.client, define()
    package = f"{client.root}metadata/{VSM}/"
    (felt,) = client.get(package, params={"$filter": f"navn eq '{navn}'"}).json()["results"]
    client.delete(client.link(felt, "self"))

    answer = changed(client, a_mappe(standing, None), {VSM: {navn: "a"}})

    assert answer.status_code == 400


def test_field_of_another_kommune_is_unknown(
    standing: World, define: Define, log_in: LogIn
) -> None:
    navn = define()
    other = log_in("administrator@rauma")
    enhet = {"administrativEnhetNavn": "E", "administrativEnhetsstatus": "Aktiv"}

    answer = other.post(
        other.link(other.follow("admin/"), "admin/ny-administrativenhet/"),
        {**enhet, VSM: {navn: "x"}},
    )

    assert standing.client.root != other.root
    assert answer.status_code == 400


def test_definitions_are_listed_with_the_code_lists(standing: World) -> None:
    client = standing.client
    package = client.follow("metadata/")

    found = client.get(client.link(package, f"metadata/{VSM}/")).json()

    assert found["count"] > 0
    assert client.link(found["results"][0], "self").startswith(f"{client.root}metadata/{VSM}/")


def test_saksbehandler_defines_nothing(standing: World, log_in: LogIn) -> None:
    caseworker = log_in("saksbehandler@molde")

    answer = caseworker.post(
        standing.client.link(standing.client.follow("metadata/"), NEW),
        {"navn": "prove-1:nei", "type": "string"},
    )

    assert answer.status_code == 403
