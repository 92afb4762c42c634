"""Disposal: what is due, decided on by two people, destroyed, and proven (arkivlova § 12)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy.orm import Session
from tests.conftest import (
    BEVARING,
    TILGANGSSTYRING,
    Client,
    LogIn,
    Service,
    World,
    in_kommune,
    note_mail,
    put_picture,
)
from tests.jobs.conftest import (
    Worker,
    as_owner,
    controls,
    key_of,
    killed_at_each_step,
    letter,
    path_of,
    send,
)
from tests.jobs.disposal import (
    DUE,
    HJEMMEL,
    PDF,
    Due,
    approved,
    executed,
    filled,
    lines_of,
    patched,
)
from tests.jobs.killed import DISPOSING
from tests.noark.conftest import document, entry, new_case
from tests.noark.stage import Stage
from tests.storage.places import s3_settings, stream

from sakark_api.errors import Forbidden
from sakark_api.jobs.disposal import go_on_disposing
from sakark_api.jobs.fixity import read_files_again
from sakark_api.jobs.tools import Tools
from sakark_api.noark.admin.bruker import Bruker
from sakark_api.noark.admin.innlogging import find_actor
from sakark_api.noark.bevaring.kassasjonsliste import Kassasjonsliste, take_step
from sakark_api.noark.resource import Actor, Change
from sakark_api.settings import Settings
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.s3 import open_s3
from sakark_api.tenancy.verification import Fault, verify

ORDER = {"hjemmel": "Arkivlova § 13"}


@pytest.fixture
def arkivar(log_in: LogIn) -> Client:
    return log_in("arkivar@molde")


@pytest.fixture
def due(world: World) -> Due:
    return Due(world)


def test_a_list_has_what_is_due_with_its_ground(due: Due, worker: Worker, arkivar: Client) -> None:
    due.closed()
    made = arkivar.make(due.arkivdel, f"{BEVARING}ny-kassasjonsliste/", {})

    liste = filled(worker, arkivar, made)

    (line,) = lines_of(due.client, liste)
    assert (liste["status"], liste["antallDokumenter"], liste["antallFiler"]) == ("utkast", 1, 1)
    assert liste["antallByte"] == due.file["filstoerrelse"]
    assert line["kassasjon"]["kassasjonshjemmel"] == HJEMMEL
    assert (line["arvetFra"], line["referanseArvetFra"]) == ("mappe", due.mappe["systemID"])
    for rel, unit in (
        ("arkivstruktur/dokumentbeskrivelse/", due.paper),
        ("arkivstruktur/registrering/", due.registrering),
        ("arkivstruktur/mappe/", due.mappe),
    ):
        there = due.client.get(due.client.link(line, rel)).json()
        assert there["systemID"] == unit["systemID"]


def ordered(due: Due) -> None:
    due.client.make(due.closed().registrering, f"{TILGANGSSTYRING}ny-bevaringspaalegg/", ORDER)


def ordered_above(due: Due) -> None:
    due.client.make(due.closed().arkivdel, f"{TILGANGSSTYRING}ny-bevaringspaalegg/", ORDER)


def blocked(due: Due) -> None:
    due.client.make(due.closed().mappe, f"{TILGANGSSTYRING}ny-sperring/", ORDER)


def graded(due: Due) -> None:
    due.patch(due.registrering, gradering={"graderingskode": {"kode": "B"}})
    due.closed()


def shared(due: Due) -> None:
    due.tie(due.entry(due.new_mappe(kassasjon={**DUE, "kassasjonsvedtak": {"kode": "B"}})))
    due.closed()


def referred(due: Due) -> None:
    lasting = due.new_mappe(kassasjon={**DUE, "kassasjonsvedtak": {"kode": "B"}})
    due.client.refer(due.entry(lasting), due.registrering)
    due.closed()


def referred_above(due: Due) -> None:
    due.client.refer(due.new_mappe(kassasjon=None), due.mappe)
    due.closed()


def followed(due: Due) -> None:
    due.mappe = due.client.make(
        due.arkivdel, "sakarkiv/ny-saksmappe/", {"tittel": "Saken", "kassasjon": DUE}
    )
    due.document(due.entry(due.mappe))
    due.client.make(
        due.mappe,
        "sakarkiv/ny-presedens/",
        {"tittel": "P", "rettskildefaktor": "Praksis", "presedensStatus": {"kode": "G"}},
    )


def left_open(due: Due) -> None:
    del due


def undecided(due: Due) -> None:
    due.patch(due.paper, kassasjon=None)
    due.closed()


def on_paper(due: Due) -> None:
    due.patch(due.paper, dokumentmedium={"kode": "F"})
    due.closed()


@pytest.mark.parametrize(
    ("arrange", "grunn"),
    [
        (ordered, "bevaringspaalegg"),
        (ordered_above, "bevaringspaalegg"),
        (blocked, "sperret"),
        (graded, "gradert"),
        (shared, "delt"),
        (referred, "henvist"),
        (referred_above, "henvist"),
        (followed, "presedens"),
        (left_open, "ikke_avsluttet"),
        (undecided, "uten_vedtak"),
        (on_paper, "fysisk"),
    ],
)
def test_what_is_not_taken_is_told_with_its_reason(
    due: Due, worker: Worker, arrange: Callable[[Due], None], grunn: str
) -> None:
    arrange(due)

    liste = filled(worker, due.client, due.new_list())

    counted = {one["grunn"]: one["antall"] for one in liste["utelatt"]}
    lines = lines_of(due.client, liste, **{"$filter": f"utelatt eq '{grunn}'"})
    assert (counted[grunn], len(lines)) == (1, 1)
    assert liste["antallDokumenter"] == 0
    refused = patched(due.client, liste, status="til_godkjenning")
    assert refused.status_code == 409


def test_what_is_to_be_judged_is_judged_one_by_one_first(world: World, worker: Worker) -> None:
    due = Due(world)
    due.patch(due.paper, kassasjon={"kassasjonsvedtak": {"kode": "G"}})
    due.closed()
    before = filled(worker, due.client, due.new_list(kassasjonsvedtak={"kode": "G"}))
    due.patch(due.paper, kassasjon={"kassasjonsvedtak": {"kode": "K"}})

    after = filled(worker, due.client, due.new_list())

    assert [one["grunn"] for one in before["utelatt"]] == ["skal_vurderes"]
    assert (before["antallDokumenter"], after["antallDokumenter"]) == (0, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tilDato": "2099-01-01T00:00:00+01:00"}, 400),
        ({"kassasjonsvedtak": {"kode": "B"}}, 400),
        ({"status": "godkjent"}, 400),
        ({"antallDokumenter": 3}, 201),
    ],
)
def test_a_list_is_of_what_has_been_due_and_begins_at_the_beginning(
    due: Due, body: Any, status: int
) -> None:
    making = due.client.link(due.arkivdel, f"{BEVARING}ny-kassasjonsliste/")

    answer = due.client.post(making, body)

    assert answer.status_code == status, answer.text
    assert answer.status_code == 400 or answer.json()["status"] == "lages"


def test_what_is_due_later_is_on_no_list(due: Due, worker: Worker) -> None:
    due.closed()

    liste = filled(worker, due.client, due.new_list(tilDato="2019-12-31T00:00:00+01:00"))

    assert (liste["status"], liste["antallDokumenter"]) == ("utkast", 0)
    assert "utelatt" not in liste
    assert lines_of(due.client, liste) == []


@pytest.fixture
def sent(due: Due, worker: Worker) -> Any:
    """A list that the administrator has made and sent."""
    liste = filled(worker, due.closed().client, due.new_list())
    answer = patched(due.client, liste, status="til_godkjenning")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (None, 401),
        ("arkivar@rauma", 404),
        ("leser@molde", 403),
        ("saksbehandler@molde", 403),
        ("leder@molde", 403),
        ("administrator@molde", 403),
        ("arkivar@molde", 200),
    ],
)
def test_only_another_person_with_the_right_approves(
    log_in: LogIn, due: Due, sent: Any, user: str | None, status: int
) -> None:
    caller = log_in(user, "molde")
    here, tag = due.client.link(sent, "self"), {"If-Match": due.client.etag(sent)}

    answer = caller.patch(here, {"status": "godkjent"}, headers=tag)

    assert answer.status_code == status, answer.text
    now = due.client.refreshed(sent)
    assert now["status"] == ("godkjent" if status == 200 else "til_godkjenning")
    assert ("avgjortAv" in now) == (status == 200)


@pytest.mark.parametrize("user", ["leser@molde", "saksbehandler@molde", "leder@molde"])
def test_who_has_no_part_in_disposal_sees_no_lists(
    log_in: LogIn, due: Due, sent: Any, user: str
) -> None:
    caller = log_in(user)
    listed = f"{due.client.link(due.arkivdel, 'self')}kassasjonsliste/"

    answers = [caller.get(due.client.link(sent, "self")), caller.get(listed)]

    assert [one.status_code for one in answers] == [403, 403]
    assert f"{BEVARING}ny-kassasjonsliste/" not in caller.refreshed(due.arkivdel)["_links"]


def test_who_sent_a_list_does_not_approve_it_though_another_made_it(
    due: Due, worker: Worker, arkivar: Client
) -> None:
    liste = filled(worker, due.closed().client, due.new_list())
    patched(arkivar, liste, status="til_godkjenning")

    answers = [patched(one, liste, status="godkjent") for one in (arkivar, due.client)]

    assert [one.status_code for one in answers] == [403, 403]


def approve_as(session: Session, list_id: UUID, *, person: bool, name: str) -> None:
    """Approve a list as somebody of the administrator's account, with another name."""
    now = datetime.now(UTC)
    change = Change(session, Actor(uuid4(), ""), now, session.info["kodeverk"], person=person)
    unit = change.get(Kassasjonsliste, list_id)
    assert unit is not None
    maker = change.get(Bruker, unit.referanse_opprettet_av)
    assert maker is not None
    actor = find_actor(session, str(maker.issuer), str(maker.subject), name, now)
    unit.status = "godkjent"
    take_step(replace(change, actor=actor), unit)


@pytest.mark.parametrize(("person", "said"), [(True, "laget eller sendt"), (False, "et system")])
def test_neither_who_has_a_new_name_nor_a_system_approves(
    sent: Any, service: Service, person: bool, said: str
) -> None:
    """Who has a new name is a new bruker, and the same person."""
    list_id = UUID(sent["systemID"])
    act = partial(approve_as, list_id=list_id, person=person, name="Et nytt navn")

    with pytest.raises(Forbidden, match=said):
        in_kommune(service.settings, "molde", act)


@pytest.mark.parametrize("status", ["utkast", "avslaatt"])
def test_a_list_is_taken_back_by_anyone_and_refused_with_a_reason_by_another(
    sent: Any, arkivar: Client, status: str
) -> None:
    said = {"merknadTilAvgjoerelse": "Planen er endret"} if status == "avslaatt" else {}

    answer = patched(arkivar, sent, status=status, **said)

    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert ("avgjortAv" in answer.json()) == (status == "avslaatt")


def test_a_refusal_says_why(sent: Any, arkivar: Client) -> None:
    answer = patched(arkivar, sent, status="avslaatt")

    assert answer.status_code == 400


@pytest.mark.parametrize("status", ["lages", "utfoeres", "utfoert", "godkjent!", "avslaatt "])
def test_nobody_takes_the_steps_that_there_are_not(sent: Any, arkivar: Client, status: str) -> None:
    answer = patched(arkivar, sent, status=status)

    assert answer.status_code == 409


def test_what_was_sent_stays_as_it_was_read(sent: Any, due: Due, arkivar: Client) -> None:
    answers = [
        patched(due.client, sent, begrunnelse="En annen"),
        patched(arkivar, sent, merknadTilAvgjoerelse="Før avgjørelsen"),
        due.client.delete(due.client.link(sent, "self")),
    ]

    assert [one.status_code for one in answers] == [409, 409, 409]


def test_who_decides_changes_no_word_of_the_list_and_who_sends_does_not_decide(
    due: Due, sent: Any, arkivar: Client
) -> None:
    approving = patched(arkivar, sent, status="godkjent", begrunnelse="En annen")
    taking_back = patched(arkivar, sent, status="utkast", merknadTilAvgjoerelse="Godkjent")

    assert [approving.status_code, taking_back.status_code] == [409, 409]
    assert due.client.refreshed(sent)["status"] == "til_godkjenning"


def test_approved_unread_is_stale(due: Due, sent: Any, arkivar: Client) -> None:
    """Who approves has seen the list as it is: it was taken back and sent again meanwhile."""
    tag = {"If-Match": arkivar.etag(sent)}
    for status in ("utkast", "til_godkjenning"):
        patched(due.client, sent, status=status)

    answer = arkivar.patch(arkivar.link(sent, "self"), {"status": "godkjent"}, headers=tag)

    assert answer.status_code == 409


@pytest.mark.krav("M630", "M631")
def test_what_was_approved_is_destroyed_and_proven(
    due: Due, worker: Worker, service: Service, arkivar: Client
) -> None:
    client, path = due.client, path_of(service, key_of(service, due.file))
    liste = filled(worker, client, due.closed().new_list())
    approved(client, arkivar, liste)
    assert path.exists()

    done = executed(worker, client, liste)

    paper, file = client.refreshed(due.paper), client.refreshed(due.file)
    (line,) = lines_of(client, liste)
    bevis = done["kassasjonsbevis"]
    assert not path.exists()
    assert paper["utfoertKassasjon"]["kassertAv"] == done["avgjortAv"]
    assert (paper["tittel"], file["sjekksum"]) == ("Brevet", due.file["sjekksum"])
    assert [one["sjekksum"] for one in line["filer"]] == [due.file["sjekksum"]]
    assert done["status"] == "utfoert"
    assert (bevis["antallDokumenter"], bevis["antallFiler"]) == (1, 1)
    assert bevis["hjemmel"] == [HJEMMEL]
    assert bevis["godkjentAv"] != bevis["lagetAv"]
    assert bevis["sjekksum"] in done["bevistekst"]
    assert "Kommune: Molde" in done["bevistekst"]
    summed = f"{file['systemID']} {file['sjekksum']} {file['filstoerrelse']}\n"
    assert bevis["sjekksum"] == sha256(summed.encode()).hexdigest()


@pytest.fixture
def gone(due: Due, worker: Worker, arkivar: Client) -> Any:
    """A list that has been executed."""
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)
    return executed(worker, due.client, liste)


@pytest.mark.parametrize("tail", ["fil/", "forhaandsvisning/"])
def test_what_is_destroyed_is_gone_and_says_so(due: Due, gone: Any, tail: str) -> None:
    here = due.client.link(due.file, "self")

    answer = due.client.get(f"{here}{tail}")

    assert gone["status"] == "utfoert"
    assert (answer.status_code, answer.json()["feil"]["kode"]) == (410, 410)
    assert "kassert" in answer.json()["feil"]["beskrivelse"]


def test_whom_a_file_was_screened_from_does_not_learn_that_it_was_destroyed(
    due: Due, worker: Worker, arkivar: Client, log_in: LogIn
) -> None:
    skjerming = {
        "tilgangsrestriksjon": {"kode": "6"},
        "skjermingMetadata": [{"kode": "TD"}],
        "skjermingDokument": {"kode": "H"},
    }
    due.patch(due.paper, skjerming=skjerming)
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)
    executed(worker, due.client, liste)

    answer = log_in("leser@molde").get(f"{due.client.link(due.file, 'self')}fil/")

    assert answer.status_code == 404


def test_what_is_destroyed_takes_nothing_and_what_is_known_of_it_stays(
    due: Due, gone: Any, arkivar: Client
) -> None:
    paper, file = (arkivar.link(one, "self") for one in (due.paper, due.file))
    sladdet = {"variantformat": {"kode": "O"}}

    answers = [
        arkivar.request("POST", f"{file}fil/", content=b"x", headers={"Content-Type": PDF}),
        arkivar.request("POST", f"{paper}fil/", content=b"x", headers={"Content-Type": PDF}),
        arkivar.post(f"{paper}ny-dokumentobjekt/", sladdet),
        arkivar.delete(file),
        arkivar.delete(paper),
        arkivar.delete(arkivar.link(gone, "self")),
    ]

    assert [one.status_code for one in answers] == [409] * 6


def test_no_search_finds_what_was_destroyed(
    due: Due, worker: Worker, service: Service, arkivar: Client
) -> None:
    unit_id = UUID(due.file["systemID"])
    picture = put_picture(service.settings, "molde")
    noting = partial(note_mail, unit_id=unit_id, picture=picture)
    in_kommune(service.settings, "molde", noting)
    as_owner(
        service,
        "with said as (insert into dokumenttekst (tenant_id, system_id, opprettet_dato,"
        " lest_dato, tekst) select tenant_id, system_id, now(), now(), 'Hemmelighet'"
        " from dokumentobjekt where system_id = $1 returning 1) select * from said",
        unit_id,
    )
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)

    executed(worker, due.client, liste)

    kept = "select 1 from {} where {} = $1"
    places = (
        ("dokumenttekst", "system_id"),
        ("epost", "dokumentobjekt_ref"),
        ("forhaandsvisning", "enhet"),
    )
    assert [as_owner(service, kept.format(*one), unit_id) for one in places] == [[], [], []]
    assert not path_of(service, picture.key).exists()


def test_a_document_that_others_need_goes_with_the_last_of_them(
    due: Due, worker: Worker, arkivar: Client
) -> None:
    other = due.new_mappe()
    due.tie(due.entry(other))
    due.closed()
    first = filled(worker, due.client, due.new_list())
    due.patch(other, avsluttetDato="2016-01-01T12:00:00+01:00")
    liste = filled(worker, due.client, due.new_list())
    approved(due.client, arkivar, liste)

    done = executed(worker, due.client, liste)

    assert [one["grunn"] for one in first["utelatt"]] == ["ikke_avsluttet"]
    assert done["kassasjonsbevis"]["antallDokumenter"] == 1


def order_now(due: Due) -> None:
    due.client.make(due.mappe, f"{TILGANGSSTYRING}ny-bevaringspaalegg/", ORDER)


def block_now(due: Due) -> None:
    due.client.make(due.registrering, f"{TILGANGSSTYRING}ny-sperring/", ORDER)


def grade_now(due: Due) -> None:
    due.patch(due.paper, gradering={"graderingskode": {"kode": "B"}})


def need_elsewhere(due: Due) -> None:
    due.tie(due.entry(due.new_mappe(kassasjon={**DUE, "kassasjonsvedtak": {"kode": "B"}})))


def refer_now(due: Due) -> None:
    due.client.refer(due.entry(due.new_mappe(kassasjon=None)), due.registrering)


def postpone(due: Due) -> None:
    due.patch(due.paper, kassasjon={"kassasjonsdato": "2099-01-01T00:00:00+01:00"})


def keep(due: Due) -> None:
    due.patch(due.paper, kassasjon={"kassasjonsvedtak": {"kode": "B"}})


def ground_anew(due: Due) -> None:
    due.patch(due.paper, kassasjon={"kassasjonshjemmel": "En annen"})


def redact(due: Due) -> None:
    body = {"variantformat": {"kode": "O"}, "mimeType": PDF}
    made = due.client.make(due.paper, "arkivstruktur/ny-dokumentobjekt/", body)
    send(due.client, made, letter("Sladdet"), PDF)


@pytest.mark.parametrize(
    ("act", "grunn"),
    [
        (order_now, "bevaringspaalegg"),
        (block_now, "sperret"),
        (grade_now, "gradert"),
        (need_elsewhere, "delt"),
        (refer_now, "henvist"),
        (postpone, "ikke_forfalt"),
        (keep, "ikke_forfalt"),
        (ground_anew, "endret"),
        (redact, "endret"),
    ],
)
def test_what_has_changed_since_the_approval_is_left_out_and_noted(
    due: Due,
    worker: Worker,
    arkivar: Client,
    service: Service,
    act: Callable[[Due], None],
    grunn: str,
) -> None:
    path = path_of(service, key_of(service, due.file))
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)
    act(due)

    done = executed(worker, due.client, liste)

    (line,) = lines_of(due.client, liste)
    assert path.exists()
    assert (line["utelatt"], done["status"]) == (grunn, "utfoert")
    assert "utfoertKassasjon" not in due.client.refreshed(due.paper)
    assert [(one["grunn"], one["antall"]) for one in done["utelatt"]] == [(grunn, 1)]
    assert done["kassasjonsbevis"]["antallDokumenter"] == 0


def test_what_was_reopened_since_the_approval_is_left_out(
    world: World, worker: Worker, arkivar: Client
) -> None:
    client, stage = world.client, Stage(world.client)
    sak = new_case(stage)
    patched(client, sak, kassasjon=DUE)
    post = entry(stage, sak, "U")
    document(stage, post)
    patched(client, post, journalstatus={"kode": "A"})
    patched(client, sak, saksstatus={"kode": "A"})
    made = client.make(stage.arkivdel, f"{BEVARING}ny-kassasjonsliste/", {})
    approved(client, arkivar, filled(worker, client, made))
    patched(arkivar, sak, saksstatus={"kode": "B"})

    done = executed(worker, client, made)

    (line,) = lines_of(client, done)
    assert (line["utelatt"], done["status"]) == ("ikke_avsluttet", "utfoert")


def test_what_two_lists_have_is_destroyed_once(due: Due, worker: Worker, arkivar: Client) -> None:
    due.closed()
    lists = [filled(worker, due.client, due.new_list()) for _ in range(2)]
    for one in lists:
        approved(due.client, arkivar, one)

    first, second = [executed(worker, due.client, one) for one in lists]

    assert first["kassasjonsbevis"]["antallFiler"] == 1
    assert [one["grunn"] for one in second["utelatt"]] == ["kassert"]


def test_nothing_is_destroyed_of_a_list_that_nobody_approved(
    due: Due, worker: Worker, service: Service
) -> None:
    path = path_of(service, key_of(service, due.file))
    liste = filled(worker, due.closed().client, due.new_list())

    done = executed(worker, due.client, liste)

    assert (done["status"], path.exists()) == ("utkast", True)


def test_a_job_killed_at_any_step_goes_on_where_it_was(
    due: Due, worker: Worker, service: Service, arkivar: Client
) -> None:
    second = send(due.client, due.document(due.registrering), letter("To"), PDF)
    paths = [path_of(service, key_of(service, one)) for one in (due.file, second)]
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)

    ends = killed_at_each_step(service, "dispose", liste)
    done = executed(worker, due.client, liste)

    assert ends == [f"{step} -9" for step in DISPOSING]
    assert [path.exists() for path in paths] == [False, False]
    assert done["kassasjonsbevis"]["antallFiler"] == 2
    assert len({one["kassertDato"] for one in lines_of(due.client, liste)}) == 2


def of_molde(worker: Worker) -> set[tuple[str, Fault]]:
    """List what is wrong with the files of molde."""

    async def look(tools: Tools) -> set[tuple[str, Fault]]:
        molde = (await tools.registry.current())["molde"]
        found = verify(tools.writer, molde.id, tools.documents, read=False)
        return {(file.key, fault) async for file, fault in found if fault is not None}

    found: set[tuple[str, Fault]] = worker.do(look)
    return found


def test_nobody_misses_what_was_destroyed_and_what_is_put_back_is_named(
    due: Due, worker: Worker, service: Service, arkivar: Client
) -> None:
    key = key_of(service, due.file)
    content = path_of(service, key).read_bytes()
    before = of_molde(worker)
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)
    executed(worker, due.client, liste)
    after = of_molde(worker)
    path_of(service, key).parent.mkdir(parents=True, exist_ok=True)
    path_of(service, key).write_bytes(content)

    restored = of_molde(worker)

    path_of(service, key).unlink()
    assert after == before
    assert restored - before == {(key, Fault.RETURNED)}


def test_what_was_destroyed_is_not_read_again(due: Due, worker: Worker, gone: Any) -> None:
    worker.do(read_files_again)

    assert gone["status"] == "utfoert"
    assert controls(due.client, due.file, "sjekksum") == []


@pytest.fixture
def bucket() -> Iterator[Settings]:
    """A bucket that keeps old versions and locks what is stored."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield s3_settings(f"http://{host}:{port}").model_copy(update={"s3_lock": "GOVERNANCE"})
    server.stop()


def put(bucket: Settings, key: str, content: bytes) -> None:
    documents = open_s3(bucket)
    with closing(asyncio.Runner()) as runner:
        runner.run(documents.ensure_bucket())
        runner.run(documents.put(key, stream([content])))
        runner.run(documents.close())


def unlock(bucket: Settings, key: str) -> None:
    """Let the days of a lock have passed."""
    with closing(s3_client(bucket)) as owner:
        owner.put_object_retention(
            Bucket=bucket.s3_bucket or "", Key=key, Retention={}, BypassGovernanceRetention=True
        )


def left(bucket: Settings) -> int:
    with closing(s3_client(bucket)) as owner:
        found = owner.list_object_versions(Bucket=bucket.s3_bucket or "")
    return len([*found.get("Versions", []), *found.get("DeleteMarkers", [])])


def test_what_the_storage_has_locked_is_destroyed_when_the_lock_has_ended(
    due: Due, worker: Worker, service: Service, arkivar: Client, bucket: Settings
) -> None:
    key = key_of(service, due.file)
    put(bucket, key, path_of(service, key).read_bytes())
    named = ("s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")
    there = worker.with_settings(**{name: getattr(bucket, name) for name in named})
    liste = filled(worker, due.closed().client, due.new_list())
    approved(due.client, arkivar, liste)

    during = executed(there, due.client, liste)
    (line,) = lines_of(due.client, liste)
    again = executed(there, due.client, liste)
    kept = left(bucket)
    unlock(bucket, key)
    there.later(101).do(go_on_disposing)
    done = executed(there.later(101), due.client, liste)

    path_of(service, key).unlink()
    assert (during["status"], again["status"], kept) == ("utfoeres", "utfoeres", 1)
    assert (line["laastTil"] > line["kassertDato"], "låst" in line["funn"]) == (True, True)
    assert (done["status"], left(bucket)) == ("utfoert", 0)
    assert done["kassasjonsbevis"]["utfoertDato"] > line["laastTil"]
