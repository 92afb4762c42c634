"""Who is responsible: a name and the reference beside it are always of the same one."""

from typing import Any

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import Patch, new_case

NAMES = {
    "saksansvarlig": ("referanseSaksansvarlig", "Ny bruker"),
    "utlaantTil": ("referanseUtlaantTil", "Ny bruker"),
    "administrativEnhet": ("referanseAdministrativEnhet", "Enheten"),
}


def referred(world: World, name: str) -> Any:
    return world.administrativenhet if name == "administrativEnhet" else world.bruker


@pytest.mark.krav("M305", "M306", "M309", "5.4.12")
@pytest.mark.parametrize("name", NAMES)
def test_new_reference_brings_its_name(world: World, patch: Patch, name: str) -> None:
    reference, named = NAMES[name]
    case = patch(new_case(world), **{name: "En annen"}).json()

    changed = patch(case, **{reference: referred(world, name)["systemID"]}).json()

    assert changed[name] == named


@pytest.mark.krav("M305", "M306", "M309")
@pytest.mark.parametrize("name", NAMES)
def test_new_name_alone_is_nobodys_reference(world: World, patch: Patch, name: str) -> None:
    reference, _ = NAMES[name]
    case = patch(new_case(world), **{reference: referred(world, name)["systemID"]}).json()

    changed = patch(case, **{name: "En annen"}).json()

    assert changed[name] == "En annen"
    assert reference not in changed


@pytest.mark.krav("M307", "5.5.13")
def test_case_handler_of_an_entry_is_replaced_by_reference(
    world: World, client: Client, patch: Patch
) -> None:
    body = {"saksbehandler": "Per"}
    intern = client.make(world.journalpost, "arkivstruktur/ny-korrespondansepartintern/", body)

    changed = patch(intern, referanseSaksbehandler=world.bruker["systemID"]).json()

    assert changed["saksbehandler"] == "Ny bruker"


@pytest.mark.krav("M306")
def test_both_are_kept_as_they_are_given(world: World, patch: Patch) -> None:
    given = {"saksansvarlig": "Bruker, ny", "referanseSaksansvarlig": world.bruker["systemID"]}

    changed = patch(new_case(world), **given).json()

    assert given.items() <= changed.items()


@pytest.mark.krav("M585")
def test_unit_is_not_under_itself(world: World, client: Client, patch: Patch) -> None:
    body = {
        "administrativEnhetNavn": "Under",
        "administrativEnhetsstatus": "Aktiv",
        "referanseOverordnetEnhet": world.administrativenhet["systemID"],
    }
    under = client.make(client.follow("admin/"), "admin/ny-administrativenhet/", body)

    answers = [
        patch(world.administrativenhet, referanseOverordnetEnhet=one["systemID"])
        for one in (world.administrativenhet, under)
    ]

    assert [one.status_code for one in answers] == [400, 400]
