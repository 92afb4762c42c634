"""The journal of all entries: for those who see them, as they see them."""

from pathlib import Path

import pytest
from lxml import etree
from tests.api.test_access import KOMMUNE as TRIMMED
from tests.api.test_reading import readers
from tests.attacks.test_other_unit import Scene
from tests.attacks.test_other_unit import scene as scene  # noqa: PLC0414  a fixture
from tests.conftest import Client, LogIn, Service
from tests.journal.conftest import FORMS, KOMMUNE, MASK, Desk, a_word, running, screened, words_of
from tests.noark.conftest import part

from sakark_api.dev.identity import User, issue_token

SHARED = Path(__file__).parents[3] / "shared" / "deposit" / "schemas" / "noark5" / "v5.0"


@pytest.mark.parametrize("form", FORMS)
def test_without_a_token_there_is_none(log_in: LogIn, form: str) -> None:
    assert running(log_in(None, KOMMUNE), format=form).status_code == 401


def test_a_token_of_another_kommune_opens_nothing(log_in: LogIn) -> None:
    assert running(log_in("arkivar@molde", KOMMUNE)).status_code == 404


def test_who_has_no_role_is_refused(service: Service, leser: Client) -> None:
    nobody = User(f"ingen@{KOMMUNE}", "Ingen", KOMMUNE, "ingen", "demo")
    token = issue_token(nobody, service.issuer, service.settings.data_dir / "identity")

    answer = leser.http.get(
        f"{leser.root}journal/loepende/", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 403


def test_it_is_there_whether_or_not_there_is_a_public_one(log_in: LogIn) -> None:
    assert running(log_in("arkivar@vestnes")).status_code == 200


def test_the_root_leads_to_it(leser: Client) -> None:
    address = leser.link(leser.get(leser.root).json(), "https://rel.sakark.no/v1/journal/loepende/")

    assert leser.get(address).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_entries_of_every_status_are_told_to_who_sees_them(desk: Desk, form: str) -> None:
    word, name, case = a_word(), a_word(), desk.sak()
    desk.letter(case, tittel=word, korrespondansepartperson=[part(name, "EA")], **screened("TRO"))
    reserved = desk.entry("U", "R", case)

    told = words_of(running(desk.client, enhet=desk.enhet, format=form))

    assert [one in told for one in (word, name, reserved["registreringsID"])] == [True] * 3


def test_an_entry_leads_to_its_unit(desk: Desk) -> None:
    made = desk.letter()

    (entry,) = running(desk.client, enhet=desk.enhet).json()["results"]

    assert desk.client.refreshed(entry)["systemID"] == made["systemID"]
    assert entry["journalstatus"]["kode"] == "J"


@pytest.mark.parametrize("form", FORMS)
def test_who_is_not_cleared_is_not_told_what_is_screened(
    desk: Desk, leser: Client, form: str
) -> None:
    word, name, of_case, of_klasse = (a_word() for _ in range(4))
    klasse = desk.made(
        desk.klassifikasjonssystem, "klasse", klasseID=of_klasse, **screened("KID", "TKL")
    )
    case = desk.case(klasse, administrativEnhet=desk.enhet, tittel=of_case, **screened("TMO"))
    parts = [part(name, "EA")]
    desk.letter(case, tittel=word, korrespondansepartperson=parts, **screened("TRO", "NA"))

    told = words_of(running(leser, enhet=desk.enhet, format=form))

    assert [one in told for one in (word, name, of_case, of_klasse)] == [False] * 4
    assert MASK in told


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_is_graded_is_there_for_the_cleared_alone(
    desk: Desk, leser: Client, form: str
) -> None:
    made = desk.letter()
    desk.change(made, gradering={"graderingskode": {"kode": "F"}})

    cleared = running(desk.client, enhet=desk.enhet, format=form)
    others = running(leser, enhet=desk.enhet, format=form)

    assert made["registreringsID"] in words_of(cleared)
    assert made["registreringsID"] not in others.text  # of the XML 404, for it would be empty
    assert running(leser, enhet=desk.enhet).json()["count"] == 0


@pytest.mark.parametrize("form", ["json", "xml"])
def test_who_reads_what_is_screened_is_logged(desk: Desk, form: str) -> None:
    case = desk.sak(**screened("TMO"))
    made = desk.letter(case, **screened("TRO"))
    open_one = desk.letter()

    running(desk.client, enhet=desk.enhet, format=form)

    assert [len(readers(desk.client, unit)) for unit in (made, case, open_one)] == [1, 1, 0]


@pytest.mark.parametrize("form", FORMS)
def test_what_rights_leave_out_is_in_no_form(scene: Scene, form: str) -> None:
    mine, theirs = scene.mine["letter"], scene.theirs["journalpost"]
    enhet = scene.admin.refreshed(scene.theirs["saksmappe"])["administrativEnhet"]

    answer = running(scene.leder, format=form)
    asked = running(scene.leder, enhet=enhet)
    told = words_of(answer)

    assert scene.mention(answer) == []
    assert theirs["registreringsID"] not in told
    assert theirs["tittel"] not in told
    assert mine["registreringsID"] in told
    assert asked.json()["count"] == 0
    assert running(scene.admin, enhet=enhet).json()["count"] == 1
    assert scene.leder.root.split("/")[3] == TRIMMED


@pytest.mark.parametrize("form", ["json", "xml"])
def test_nobody_keeps_it(desk: Desk, form: str) -> None:
    desk.letter()

    answer = running(desk.client, enhet=desk.enhet, format=form)

    assert answer.headers["cache-control"] == "private, no-store"


def test_the_xml_is_valid_by_the_official_schema(desk: Desk) -> None:
    schema_file = SHARED / "loependeJournal.xsd"
    if not schema_file.exists():
        pytest.skip(f"The official schemas are not in {SHARED}: nothing to judge the journal by.")
    desk.letter(tittel="Garasje <i> hagen & naustet", offentligTittel="Garasje")
    schema = etree.XMLSchema(etree.parse(schema_file))

    told = etree.fromstring(running(desk.client, enhet=desk.enhet, format="xml").content)

    schema.assertValid(told)


def test_words_are_not_asked_for_here(desk: Desk) -> None:
    assert running(desk.client, q="garasje").status_code == 400
