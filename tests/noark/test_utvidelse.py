"""Extension: what becomes a case or an entry answers to the same rules as what is made as one."""

from typing import Any

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import document, new_case, part


def extended(client: Client, unit: Any, special: str, **body: Any) -> int:
    return client.put(client.link(unit, f"sakarkiv/utvid-til-{special}/"), body).status_code


@pytest.mark.krav("5.4.8", "6.1.8")
def test_mappe_that_is_not_ready_does_not_become_a_closed_case(
    world: World, client: Client
) -> None:
    mappe = client.make(world.klasse, "arkivstruktur/ny-mappe/", {"tittel": "Mappe"})
    client.make(mappe, "arkivstruktur/ny-registrering/", {"tittel": "Uferdig"})

    assert extended(client, mappe, "saksmappe", saksstatus={"kode": "A"}) == 409
    assert extended(client, mappe, "saksmappe") == 200


@pytest.mark.krav("5.4.8", "M711")
def test_mappe_that_becomes_a_case_gets_no_unknown_fields(world: World, client: Client) -> None:
    fields = {"ukjent-v1:felt": "verdi"}

    code = extended(client, world.mappe, "saksmappe", virksomhetsspesifikkeMetadata=fields)

    assert code == 400


@pytest.mark.krav("5.5.7", "C3.2.30")
@pytest.mark.parametrize(("status", "code"), [("E", 409), ("J", 409), ("A", 409), ("R", 200)])
def test_registrering_with_a_draft_does_not_become_a_finished_entry(
    world: World, client: Client, status: str, code: int
) -> None:
    unit = sendable(world)
    document(world, unit, dokumentstatus={"kode": "B"})

    assert extended(client, unit, "journalpost", **outgoing(status)) == code


@pytest.mark.krav("5.5.7", "C2.6.3")
def test_registrering_to_nobody_does_not_become_a_sent_entry(world: World, client: Client) -> None:
    unit = client.make(new_case(world), "arkivstruktur/ny-registrering/", {"tittel": "Til ingen"})

    assert extended(client, unit, "journalpost", **outgoing("E")) == 409
    assert extended(client, sendable(world), "journalpost", **outgoing("E")) == 200


def sendable(world: World) -> Any:
    body = {"tittel": "Brev", "korrespondansepartperson": [part("Kari", "EM")]}
    return world.client.make(new_case(world), "arkivstruktur/ny-registrering/", body)


def outgoing(status: str) -> dict[str, Any]:
    return {"journalposttype": {"kode": "U"}, "journalstatus": {"kode": status}}
