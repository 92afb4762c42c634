"""Closing: what a case needs before it is closed, what closing freezes, and reopening."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.conftest import Client, LogIn, World
from tests.noark.conftest import InSession, OptionWorld, Patch, document, entry, new_case, part

from sakark_api.noark.logging.endringslogg import Endringslogg
from sakark_api.noark.resource import Change


def write_off(world: World, post: Any) -> None:
    world.client.make(post, "sakarkiv/ny-avskrivning/", {})


ARCHIVED: dict[str, Any] = {"journalstatus": {"kode": "A"}}
CLOSED = {"saksstatus": {"kode": "A"}}


@pytest.fixture
def closed(world: World, patch: Patch) -> Any:
    """Give a case that has been closed."""
    answer = patch(new_case(world), **CLOSED)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.krav("6.1.3", "6.1.6", "M602", "M603")
def test_case_that_is_ready_is_closed_by_its_status(world: World, patch: Patch) -> None:
    case = new_case(world)
    post = entry(world, case)
    write_off(world, post)
    document(world, post, "fmt/95")
    patch(post, **ARCHIVED)

    answer = patch(case, **CLOSED)

    assert answer.status_code == 200, answer.text
    assert answer.json()["avsluttetAv"] == case["opprettetAv"]
    assert "avsluttetDato" in answer.json()


@pytest.mark.krav("6.1.7", "6.1.8", "6.1.11", "6.1.12")
def test_all_that_is_missing_is_told_at_once(world: World, client: Client, patch: Patch) -> None:
    case = client.make(world.arkivdel, "sakarkiv/ny-saksmappe/", {"tittel": "Sak"})
    post = entry(world, case)
    document(world, post, "fmt/412")

    answer = patch(case, **CLOSED)

    told = answer.json()["feil"]["beskrivelse"]
    assert answer.status_code == 409
    assert "primær klasse" in told
    for reason in ("ikke arkivert", "arkivformat", "ikke avskrevet"):
        assert f"{reason}: {post['registreringsID']}." in told


@pytest.mark.krav("6.1.7", "5.4.14")
def test_case_in_a_mappe_has_the_klasse_of_that(world: World, client: Client, patch: Patch) -> None:
    above = client.make(world.klasse, "arkivstruktur/ny-mappe/", {"tittel": "Over"})
    case = client.make(above, "sakarkiv/ny-saksmappe/", {"tittel": "Sak"})

    assert patch(case, **CLOSED).status_code == 200


@pytest.mark.krav("6.1.8")
@pytest.mark.parametrize(("status", "code"), [("A", 200), ("U", 200), ("J", 409), ("M", 409)])
def test_case_is_closed_when_every_entry_is_archived_or_void(
    world: World, patch: Patch, status: str, code: int
) -> None:
    case = new_case(world)
    entry(world, case, "X", journalstatus={"kode": status})

    assert patch(case, **CLOSED).status_code == code


@pytest.mark.krav("6.1.12")
def test_closed_case_stays_written_off(world: World, client: Client, patch: Patch) -> None:
    case = new_case(world)
    made = client.make(entry(world, case, **ARCHIVED), "sakarkiv/ny-avskrivning/", {})
    patch(case, **CLOSED)

    assert client.delete(client.link(made, "self")).status_code == 409


@pytest.mark.krav("6.1.8", "M604", "M605")
def test_note_is_archived_by_its_date(world: World, client: Client, patch: Patch) -> None:
    case = new_case(world)
    note = client.make(case, "sakarkiv/ny-arkivnotat/", {"tittel": "Notat"})

    before = patch(case, **CLOSED)
    archived = patch(note, arkivertDato="2026-11-20T12:00:00+01:00").json()
    after = patch(case, **CLOSED)

    assert archived["arkivertAv"] == note["opprettetAv"]
    assert (before.status_code, after.status_code) == (409, 200)


@pytest.mark.krav("6.1.11")
@pytest.mark.parametrize(
    ("formats", "medium", "code"),
    [
        (["fmt/95"], "E", 200),
        (["fmt/412", "fmt/95"], "E", 200),
        (["fmt/11"], "E", 200),
        (["fmt/18"], "E", 409),
        (["av/0"], "B", 409),
        (["fmt/412"], "F", 200),
        ([], "E", 200),
    ],
)
def test_documents_are_in_archive_format_when_a_case_is_closed(
    world: World, patch: Patch, formats: list[str], medium: str, code: int
) -> None:
    case = new_case(world)
    post = entry(world, case, "X")
    document(world, post, *formats, dokumentmedium={"kode": medium})
    patch(post, **ARCHIVED)

    assert patch(case, **CLOSED).status_code == code


@pytest.mark.krav("6.1.12")
def test_note_waits_for_each_of_its_recipients(world: World, client: Client, patch: Patch) -> None:
    case = new_case(world)
    roles = {"Per": "IA", "Ola": "IM", "Kari": "IM", "Eva": "IK"}
    parts = [part(navn, role) for navn, role in roles.items()]
    post = entry(world, case, "N", **ARCHIVED, korrespondansepartperson=parts)
    found = client.get(client.link(post, "arkivstruktur/korrespondansepart/")).json()["results"]
    codes = [patch(case, **CLOSED).status_code]
    for navn in ("Ola", "Kari"):
        (to,) = (one["systemID"] for one in found if one["navn"] == navn)
        body = {"referanseAvskrivesAvKorrespondansepart": to}
        client.make(post, "sakarkiv/ny-avskrivning/", body)
        codes.append(patch(case, **CLOSED).status_code)

    assert codes == [409, 409, 200]


@pytest.mark.krav("6.1.12", "C3.4.5")
def test_kommune_may_let_closing_write_off_what_is_left(
    world_with: OptionWorld, patch: Patch
) -> None:
    world = world_with("avskriv-ved-avslutning")
    case = new_case(world)
    posts = [entry(world, case, **ARCHIVED), entry(world, case, "N", **ARCHIVED)]

    answer = patch(case, world.client, **CLOSED)

    assert answer.status_code == 200, answer.text
    written_off = [
        world.client.get(world.client.link(one, "sakarkiv/avskrivning/")).json()["results"]
        for one in posts
    ]
    assert [one["avskrivningsmaate"]["kode"] for (one,) in written_off] == ["SA", "SA"]


@pytest.mark.krav("5.4.7", "6.1.2", "6.1.13", "6.1.17")
def test_closed_case_takes_nothing_and_stays(client: Client, closed: Any) -> None:
    new = client.link(closed, "self") + "ny-journalpost/"

    answers = [
        client.post(new, {"tittel": "Post"}),
        client.delete(client.link(closed, "self")),
    ]

    assert [one.status_code for one in answers] == [409, 409]


@pytest.mark.krav("6.1.2", "6.1.13", "M020", "M100", "M602")
@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("tittel", "Annen"),
        ("dokumentmedium", {"kode": "F"}),
        ("saksdato", "2001-01-01T00:00:00+01:00"),
        ("administrativEnhet", "Annen"),
        ("saksansvarlig", "Annen"),
        ("avsluttetDato", None),
        ("avsluttetDato", "2001-01-01T00:00:00+01:00"),
    ],
)
def test_closed_case_keeps_what_it_is(patch: Patch, closed: Any, wire: str, value: Any) -> None:
    assert patch(closed, **{wire: value}).status_code == 409


@pytest.mark.krav("6.1.14", "6.2.1", "M106", "M309")
@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("beskrivelse", "Ny"),
        ("journalenhet", "Postmottak"),
        ("utlaantDato", "2026-11-20T12:00:00+01:00"),
        ("utlaantTil", "Kari"),
    ],
)
def test_rest_of_a_closed_case_may_be_changed(
    patch: Patch, closed: Any, wire: str, value: Any
) -> None:
    assert patch(closed, **{wire: value}).json()[wire] == value


@pytest.mark.krav("6.1.15")
def test_archivist_reopens_a_case(patch: Patch, closed: Any, log_in: LogIn) -> None:
    opened = patch(closed, log_in("arkivar@molde"), saksstatus={"kode": "B"})

    assert opened.status_code == 200, opened.text
    assert not {"avsluttetDato", "avsluttetAv", "referanseAvsluttetAv"} & opened.json().keys()


@pytest.mark.krav("6.1.14", "6.1.15", "M681", "M684", "M685")
def test_changes_and_reopening_of_a_closed_case_are_logged(
    patch: Patch, closed: Any, in_session: InSession
) -> None:
    patch(closed, beskrivelse="Ny")
    patch(closed, saksstatus={"kode": "B"})
    logged: set[tuple[str | None, str | None]] = set()

    def read(change: Change) -> None:
        of_case = Endringslogg.referanse_arkivenhet == UUID(closed["systemID"])
        found = select(Endringslogg.referanse_metadata, Endringslogg.ny_verdi).where(of_case)
        logged.update((name, value) for name, value in change.session.execute(found))

    in_session(read)
    assert {("beskrivelse", "Ny"), ("avsluttetDato", None), ("avsluttetAv", None)} <= logged


@pytest.mark.krav("6.1.15")
@pytest.mark.parametrize("role", ["saksbehandler", "leder"])
def test_nobody_else_reopens_a_case(patch: Patch, closed: Any, log_in: LogIn, role: str) -> None:
    assert patch(closed, log_in(f"{role}@molde"), saksstatus={"kode": "B"}).status_code == 403


@pytest.mark.krav("5.4.7", "6.1.1", "6.1.2", "6.1.17")
def test_closed_mappe_takes_nothing_and_stays(world: World, client: Client, patch: Patch) -> None:
    made = client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Mappe"})
    new = client.link(made, "arkivstruktur/ny-registrering/")

    closing = patch(made, avsluttetDato="2026-11-20T12:00:00+01:00")

    assert closing.json()["avsluttetAv"] == made["opprettetAv"]
    assert patch(made, tittel="Annen").status_code == 409
    assert client.post(new, {"tittel": "R"}).status_code == 409
    assert client.delete(client.link(made, "self")).status_code == 409


@pytest.mark.krav("5.2.4", "5.2.8")
def test_closed_arkiv_takes_no_arkivdel_and_stays_closed(
    world: World, client: Client, patch: Patch
) -> None:
    arkiv = client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Arkiv"})
    new = client.link(arkiv, "arkivstruktur/ny-arkivdel/")
    closing = patch(arkiv, arkivstatus={"kode": "A"})

    answers = [
        client.post(new, {"tittel": "Del"}),
        patch(arkiv, arkivstatus={"kode": "O"}),
    ]

    assert "avsluttetDato" in closing.json()
    assert [one.status_code for one in answers] == [409, 409]


@pytest.mark.krav("5.11.6")
def test_refusal_names_the_first_ten_and_counts_the_rest(
    world: World, client: Client, patch: Patch
) -> None:
    for _ in range(12):
        client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Mappe"})

    answer = patch(world.arkivdel, arkivdelstatus={"kode": "P"})

    (reason,) = answer.json()["feil"]["hindringer"]
    assert (reason["antall"], len(reason["enheter"])) == (12, 10)
    assert reason["beskrivelse"].endswith(" og 2 til.")
    assert all(client.refreshed(unit)["tittel"] == "Mappe" for unit in reason["enheter"])


@pytest.mark.krav("6.1.7", "6.1.8", "6.1.11", "6.1.12")
def test_each_reason_has_its_own_units(world: World, client: Client, patch: Patch) -> None:
    case = client.make(world.arkivdel, "sakarkiv/ny-saksmappe/", {"tittel": "Sak"})
    posts = [entry(world, case), entry(world, case, "U")]

    reasons = patch(case, **CLOSED).json()["feil"]["hindringer"]

    named = [[unit["systemID"] for unit in one["enheter"]] for one in reasons]
    first, second = (one["systemID"] for one in posts)
    assert named == [[], [first, second], [first]]
