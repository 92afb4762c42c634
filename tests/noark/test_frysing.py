"""Freezing: what of an entry stays as it was once it is journalled, sent or archived."""

from typing import Any

import pytest
from tests.conftest import Client, LogIn, World
from tests.noark.conftest import Patch, document, entry, new_case, part

SOME, OTHER = "2026-01-31T12:00:00+01:00", "2001-01-01T00:00:00+01:00"
DATES = {"dokumentetsDato": SOME, "sendtDato": SOME, "mottattDato": SOME}


def in_status(status: str) -> dict[str, Any]:
    return {"journalstatus": {"kode": status}}


CHANGES = {
    "mottattDato": OTHER,
    "dokumentetsDato": OTHER,
    "sendtDato": OTHER,
    "journaldato": OTHER,
    "tittel": "En annen",
    "journalposttype": {"kode": "X"},  # last: the kind decides what else is frozen
}


def frozen(world: World, patch: Patch, kind: str, status: str) -> set[str]:
    """Name what cannot be changed of a new entry of a kind, in a status."""
    post = entry(world, world.saksmappe, kind, **DATES, **in_status(status))
    answers = {wire: patch(post, **{wire: value}) for wire, value in CHANGES.items()}
    return {wire for wire, answer in answers.items() if answer.status_code == 409}


@pytest.mark.krav("C3.2.14", "C3.2.22", "C3.2.23", "M101", "M103", "M104")
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("M", set()),
        ("J", {"mottattDato"}),
        ("A", set(CHANGES)),
    ],
)
def test_what_came_in_is_frozen_step_by_step(
    world: World, patch: Patch, status: str, expected: set[str]
) -> None:
    assert frozen(world, patch, "I", status) == expected


@pytest.mark.krav("C3.2.24", "M103", "M105", "M020")
@pytest.mark.parametrize("kind", ["U", "N", "X"])
@pytest.mark.parametrize("status", ["E", "J"])
def test_what_is_sent_is_frozen(world: World, patch: Patch, kind: str, status: str) -> None:
    expected = {"journalposttype", "dokumentetsDato", "sendtDato", "tittel", "mottattDato"}

    found = frozen(world, patch, kind, status)

    # A change of the entry's own kind to X is none.
    assert found == expected - ({"journalposttype"} if kind == "X" else set())


@pytest.mark.krav("C3.2.22", "C3.2.24")
@pytest.mark.parametrize("status", ["R", "S", "M"])
def test_everything_may_be_changed_before_that(world: World, patch: Patch, status: str) -> None:
    assert frozen(world, patch, "U", status) == set()


@pytest.mark.krav("C3.2.22", "M014", "M013", "M015")
def test_numbers_are_never_changed(patch: Patch, world: World) -> None:
    wires = ("journalaar", "journalsekvensnummer", "journalpostnummer")

    answers = [patch(world.journalpost, **{wire: 1_000_000}) for wire in wires]

    assert [one.status_code for one in answers] == [400, 400, 400]


@pytest.mark.krav("C3.2.24")
def test_date_of_sending_may_be_filled_in_afterwards(world: World, patch: Patch) -> None:
    post = entry(world, world.saksmappe, "U", **in_status("E"))

    assert patch(post, sendtDato=SOME).json()["sendtDato"] == SOME
    assert patch(post, sendtDato=OTHER).status_code == 409


@pytest.mark.krav("C3.2.22", "C3.2.24")
@pytest.mark.parametrize(("user", "code"), [("saksbehandler", 403), ("arkivar", 200)])
def test_only_archivists_take_back_what_freezes(
    world: World, patch: Patch, log_in: LogIn, user: str, code: int
) -> None:
    post = entry(world, world.saksmappe, "U", **in_status("J"))

    assert patch(post, log_in(f"{user}@molde"), **in_status("R")).status_code == code


@pytest.mark.krav("C3.2.23", "C3.2.24", "5.5.14")
@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("I", "J", 200),
        ("I", "A", 409),
        ("U", "R", 200),
        ("U", "E", 409),
        ("U", "J", 409),
        ("N", "A", 409),
    ],
)
def test_who_an_entry_is_from_and_to_is_frozen_too(
    world: World, client: Client, patch: Patch, kind: str, status: str, code: int
) -> None:
    post = entry(world, world.saksmappe, kind, **in_status(status))
    address = client.link(post, "arkivstruktur/korrespondansepart/")
    (there,) = client.get(address).json()["results"]
    new = client.link(post, "arkivstruktur/ny-korrespondansepartperson/")

    answers = [
        client.post(new, {"navn": "Kari"}).status_code,
        patch(there, navn="En annen").status_code,
        client.delete(client.link(there, "self")).status_code,
    ]

    assert answers == ([201, 200, 204] if code == 200 else [409, 409, 409])


@pytest.mark.krav("C2.6.3")
@pytest.mark.parametrize(
    ("kind", "roles", "code"),
    [
        ("I", ["EA"], 200),
        ("I", ["EM"], 409),
        ("U", ["EM"], 200),
        ("U", ["EK"], 409),
        ("N", ["IA", "IM"], 200),
        ("N", ["IA"], 409),
        ("X", ["IA"], 200),
        ("X", [], 409),
    ],
)
def test_finished_entry_is_from_and_to_somebody(
    world: World, patch: Patch, kind: str, roles: list[str], code: int
) -> None:
    parts = [part("Ola", role) for role in roles]
    body = {**in_status("R"), "korrespondansepartperson": parts}
    post = entry(world, world.saksmappe, kind, **body)

    assert patch(post, **in_status("F")).status_code == code


@pytest.mark.krav("C3.2.30", "5.13.14")
@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("U", "E", 409), ("U", "J", 409), ("U", "A", 409), ("U", "F", 200), ("I", "A", 409)],
)
def test_nothing_is_sent_that_is_worked_on(
    world: World, patch: Patch, kind: str, status: str, code: int
) -> None:
    post = entry(world, world.saksmappe, kind)
    document(world, post, dokumentstatus={"kode": "B"})

    assert patch(post, **in_status(status)).status_code == code


@pytest.mark.krav("C3.2.18", "M604", "M605", "M101")
def test_archiving_by_status_gives_date_and_person(world: World, patch: Patch) -> None:
    post = entry(world, world.saksmappe)

    archived = patch(post, **in_status("A")).json()

    assert archived["arkivertAv"] == post["opprettetAv"]
    assert archived["journaldato"] == archived["arkivertDato"]


@pytest.mark.krav("C3.2.18", "M604")
def test_entry_is_not_archived_by_its_date_alone(world: World, patch: Patch) -> None:
    assert patch(world.journalpost, arkivertDato=SOME).status_code == 409


@pytest.mark.krav("C3.2.14", "C3.2.16", "C3.2.17", "M604")
def test_archived_registrering_takes_nothing_and_stays(
    world: World, client: Client, patch: Patch
) -> None:
    new = client.link(world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/")
    archived = patch(world.registrering, arkivertDato=SOME)

    codes = [
        patch(world.registrering, tittel="Annen").status_code,
        patch(world.registrering, dokumentmedium={"kode": "F"}).status_code,
        patch(world.registrering, referanseArkivdel=world.arkiv["systemID"]).status_code,
        patch(world.registrering, arkivertDato=OTHER).status_code,
        client.post(new, {"tittel": "D"}).status_code,
        client.delete(client.link(world.registrering, "self")).status_code,
    ]

    assert archived.json()["arkivertDato"] == SOME
    assert codes == [409] * 6
    assert patch(world.registrering, beskrivelse="Ny").status_code == 200


@pytest.mark.krav("6.2.1", "M106", "M309")
def test_archived_entry_may_be_lent_and_given_back(world: World, patch: Patch) -> None:
    post = entry(world, world.saksmappe, **in_status("A"))

    lent = patch(post, utlaantDato=SOME, utlaantTil="Kari").json()
    returned = patch(post, utlaantDato=None).json()

    assert (lent["utlaantDato"], lent["utlaantTil"]) == (SOME, "Kari")
    assert "utlaantDato" not in returned


@pytest.mark.krav("C3.2.31")
def test_finished_document_takes_no_new_file(world: World, client: Client, patch: Patch) -> None:
    version = world.dokumentobjekt
    patch(world.dokumentbeskrivelse, dokumentstatus={"kode": "F"})

    answer = client.request(
        "POST",
        client.link(version, "arkivstruktur/fil/"),
        content=b"abc",
        headers={"Content-Type": "text/plain"},
    )

    assert answer.status_code == 409


@pytest.mark.krav("C3.2.32", "C3.2.33")
def test_finished_document_stays_so_but_for_archivists(
    world: World, patch: Patch, log_in: LogIn
) -> None:
    made = document(world, entry(world, new_case(world)))
    draft = {"dokumentstatus": {"kode": "B"}}

    titled = patch(made, log_in("saksbehandler@molde"), tittel="Ny tittel")
    refused = patch(made, log_in("saksbehandler@molde"), **draft)
    opened = patch(made, log_in("arkivar@molde"), **draft)

    assert [one.status_code for one in (titled, refused, opened)] == [200, 403, 200]
