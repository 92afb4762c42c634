"""Codes that nothing uses may be deleted; those that are used, and the standard's, may not."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.conftest import NOARK, Client, LogIn, Service, World, build_world

from sakark_api.noark.attribute import BoundAttribute
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.model import table_of
from sakark_api.noark.rules.koder import coded_fields
from sakark_api.noark.values import Value
from sakark_api.rest.code_use import places

ROOM = "arkivstruktur/ny-mappe/"


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    """A world that the tests of this file share: they add to it, and change only their own."""
    return build_world(Client(http, service, "administrator@molde", "molde"))


def new_code(client: Client, codelist: str) -> Any:
    """Add a code of its own to a list."""
    kode = uuid4().hex
    lists = client.follow("metadata/")
    return client.make(lists, f"metadata/ny-{codelist}/", {"kode": kode, "kodenavn": f"N {kode}"})


def refusal_of(answer: httpx.Response) -> tuple[int, int]:
    assert answer.headers["content-type"] == NOARK
    return answer.status_code, answer.json()["feil"]["kode"]


def with_address(kode: str) -> Mapping[str, Any]:
    return {"navn": "A", "postadresse": {"poststed": "A", "postnr": {"kode": kode}}}


def with_grading(kode: str) -> Mapping[str, Any]:
    return {"tittel": "A", "gradering": {"graderingskode": {"kode": kode}}}


def with_screening(kode: str) -> Mapping[str, Any]:
    ground = {"tilgangsrestriksjon": {"kode": "P"}, "skjermingshjemmel": "Offl. § 13"}
    return {"tittel": "A", "skjerming": {**ground, "skjermingMetadata": [{"kode": kode}]}}


def with_type(kode: str) -> Mapping[str, Any]:
    return {"merknadstekst": "A", "merknadstype": {"kode": kode}}


def with_medium(kode: str) -> Mapping[str, Any]:
    return {"tittel": "A", "dokumentmedium": {"kode": kode}}


def with_status(kode: str) -> Mapping[str, Any]:
    return {"tittel": "A", "saksstatus": {"kode": kode}}


PERSON = "arkivstruktur/ny-korrespondansepartperson/"
USES: Mapping[str, tuple[str, str, Callable[[str], Mapping[str, Any]]]] = {
    "dokumentmedium": ("arkivdel", ROOM, with_medium),
    "graderingskode": ("arkivdel", ROOM, with_grading),
    "skjermingmetadata": ("arkivdel", ROOM, with_screening),
    "saksstatus": ("klasse", "sakarkiv/ny-saksmappe/", with_status),
    "merknadstype": ("mappe", "arkivstruktur/ny-merknad/", with_type),
    "postnummer": ("journalpost", PERSON, with_address),
}
"""Where a code of a list is used: directly, inside values, in lists, in subtypes."""


@pytest.mark.parametrize("codelist", USES)
def test_unused_code_is_deleted_for_good(ours: World, codelist: str) -> None:
    client, code = ours.client, new_code(ours.client, codelist)
    owner, rel, body = USES[codelist]
    new = client.link(getattr(ours, owner), rel)

    answer = client.delete(client.link(code, "self"), headers={"If-Match": client.etag(code)})

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(client.link(code, "self")).status_code == 404
    assert client.delete(client.link(code, "self")).status_code == 404
    assert client.post(new, body(code["kode"])).status_code == 400


@pytest.mark.parametrize("codelist", USES)
def test_used_code_is_not_deleted(ours: World, codelist: str) -> None:
    client, code = ours.client, new_code(ours.client, codelist)
    owner, rel, body = USES[codelist]
    client.make(getattr(ours, owner), rel, body(code["kode"]))

    answer = client.delete(client.link(code, "self"))

    assert refusal_of(answer) == (409, 409)
    assert client.refreshed(code) == code


def test_code_is_deleted_when_its_last_unit_is_gone(ours: World) -> None:
    client, code = ours.client, new_code(ours.client, "dokumentmedium")
    medium = {"dokumentmedium": {"kode": code["kode"]}}
    unit = client.make(ours.arkivdel, ROOM, {"tittel": "A", **medium})
    used = client.delete(client.link(code, "self"))
    client.delete(client.link(unit, "self"))

    unused = client.delete(client.link(code, "self"))

    assert (used.status_code, unused.status_code) == (409, 204)


@pytest.mark.parametrize(
    ("codelist", "kode"), [("hendelsetype", "R"), ("arkivstatus", "A"), ("land", "NO")]
)
def test_code_of_the_standard_is_not_deleted(ours: World, codelist: str, kode: str) -> None:
    client = ours.client
    there = f"{client.link(client.follow('metadata/'), f'metadata/{codelist}/')}{kode}/"

    answer = client.delete(there)

    assert refusal_of(answer) == (409, 409)
    assert client.get(there).status_code == 200


def test_deletion_of_a_changed_code_is_refused(ours: World) -> None:
    client, code = ours.client, new_code(ours.client, "dokumenttype")
    here, old = client.link(code, "self"), client.etag(code)
    client.patch(here, {"beskrivelse": "Ny"}, headers={"If-Match": old})

    answer = client.delete(here, headers={"If-Match": old})

    assert refusal_of(answer) == (409, 409)
    assert client.refreshed(code)["beskrivelse"] == "Ny"


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (None, 401),
        ("leser@molde", 403),
        ("saksbehandler@molde", 403),
        ("leder@molde", 403),
        ("arkivar@rauma", 404),
        ("arkivar@molde", 204),
    ],
)
def test_codes_are_deleted_by_those_who_keep_them(
    ours: World, log_in: LogIn, user: str | None, status: int
) -> None:
    code = new_code(ours.client, "dokumenttype")

    answer = log_in(user, "molde").delete(ours.client.link(code, "self"))

    assert answer.status_code == status
    assert ours.client.get(ours.client.link(code, "self")).status_code == (
        404 if status == 204 else 200
    )


def test_another_kommunes_code_is_not_found_under_ones_own(ours: World, log_in: LogIn) -> None:
    code = new_code(ours.client, "dokumenttype")
    there = ours.client.link(code, "self").replace("/molde/", "/rauma/")

    answer = log_in("arkivar@rauma").delete(there)

    assert refusal_of(answer) == (404, 404)
    assert ours.client.refreshed(code) == code


def test_use_in_another_kommune_does_not_count(ours: World, log_in: LogIn) -> None:
    client, neighbour = ours.client, log_in("administrator@rauma")
    code = new_code(client, "dokumentmedium")
    same = {"kode": code["kode"], "kodenavn": code["kodenavn"]}
    neighbour.make(neighbour.follow("metadata/"), "metadata/ny-dokumentmedium/", same)
    arkiv = neighbour.follow("arkivstruktur/")
    neighbour.make(arkiv, "arkivstruktur/ny-arkiv/", {"tittel": "A", "dokumentmedium": same})

    answer = client.delete(client.link(code, "self"))

    assert answer.status_code == 204


def lists_of(attribute: BoundAttribute) -> set[str]:
    """Name the code lists that an attribute takes its values from, or fields of its value."""
    own = {attribute.spec.codelist.name} if attribute.spec.codelist else set()
    value: type[Value] = attribute.python
    return own | ({name for _, name in coded_fields(value)} if attribute.is_value else set())


def test_every_attribute_with_codes_is_looked_through() -> None:
    declared = {
        (table_of(resource.model).name, attribute.name, codelist)
        for resource in CATALOG.resources
        for attribute in resource.attributes
        for codelist in lists_of(attribute)
    }

    found = {
        (table.name, use.attribute.name, codelist)
        for codelist in KODELISTER
        for table, use in places(CATALOG, codelist)
    }

    assert found == declared
