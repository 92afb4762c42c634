"""An e-mail that comes in is taken apart: its attachments are documents beside it, once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.api.test_screening import screened
from tests.conftest import BEVARING, Client, LogIn, Service, World
from tests.formats import made
from tests.jobs.conftest import (
    Worker,
    as_owner,
    controls,
    key_of,
    killed_at_each_step,
    letter,
    named_keys,
    path_of,
    send,
    stored_keys,
)
from tests.jobs.killed import UNPACKING
from tests.jobs.mails import EML, PDF, mail, nested

from sakark_api.jobs.sweeping import delete_strays
from sakark_api.jobs.tools import Tools
from sakark_api.jobs.unpacking import take_email_apart


async def _apart(tools: Tools, unit_id: UUID, kommune: str) -> None:
    there = (await tools.registry.current())[kommune]
    await take_email_apart(tools, there.id, unit_id)


def take_apart(worker: Worker, unit: Any, kommune: str = "molde") -> None:
    worker.do(partial(_apart, unit_id=UUID(unit["systemID"]), kommune=kommune))


@pytest.fixture
def came(world: World) -> Callable[..., Any]:
    """Send an e-mail to a document of its own in an entry of the world."""

    def came(
        content: bytes,
        kind: str = EML,
        name: str = "post.eml",
        entry: str = "journalpost",
        **document: Any,
    ) -> Any:
        made = world.client.make(
            getattr(world, entry),
            "arkivstruktur/ny-dokumentbeskrivelse/",
            {"tittel": "E-posten", **document},
        )
        return send(world.client, made, content, kind, name)

    return came


def documents(client: Client, entry: Any) -> list[Any]:
    """List the documents of a registrering but the first, which is the e-mail."""
    listed = client.get(client.link(entry, "arkivstruktur/dokumentbeskrivelse/")).json()
    return list(listed["results"][1:])


def files(client: Client, document: Any) -> list[Any]:
    found = client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()
    return list(found.get("results", []))


def read_mail(client: Client, unit: Any) -> Any:
    (found,) = client.get(client.link(client.refreshed(unit), f"{BEVARING}epost/")).json()[
        "results"
    ]
    return found


@pytest.mark.krav("M217", "M705")
def test_each_attachment_is_a_document_beside_the_mail(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    content = letter("Plan")
    unit = came(mail({"plan.pdf": content, "kart.pdf": letter("Kart")}))

    take_apart(worker, unit)

    found = documents(world.client, world.journalpost)
    assert [one["tittel"] for one in found] == ["plan.pdf", "kart.pdf"]
    assert {one["tilknyttetRegistreringSom"]["kode"] for one in found} == {"V"}
    (plan,) = files(world.client, found[0])
    assert world.client.get(f"{world.client.link(plan, 'self')}fil/").content == content
    assert plan["mimeType"] == PDF
    waiting = "select task_name from jobs.procrastinate_jobs where args->>'enhet' = $1"
    assert [row[0] for row in as_owner(service, waiting, plan["systemID"])] == [
        "undersoek_dokument"
    ]
    (told,) = controls(world.client, unit, "vedlegg")
    assert (told["resultat"], told["kreverHandling"]) == ("tatt_ut", False)


def test_the_heads_are_a_proposal_and_nothing_is_overwritten(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    unit = came(mail({"plan.pdf": letter()}))

    take_apart(worker, unit)

    read = read_mail(world.client, unit)
    assert (read["fra"], read["emne"]) == ("Kari Nordmann <kari@example.no>", "Søknad om carport")
    assert (read["til"], read["kopi"]) == (
        ["Postmottak <post@molde.example.no>"],
        ["ola@example.no"],
    )
    assert read["dato"].startswith("2026-06-01T10:00:00")
    assert read["forslag"]["tittel"] == "Søknad om carport"
    assert read["forslag"]["dokumentetsDato"] == "2026-06-01T10:00:00+02:00"
    roles = [one["korrespondanseparttype"]["kode"] for one in read["forslag"]["korrespondansepart"]]
    assert roles == ["EA", "EM", "EK"]
    assert [one["filnavn"] for one in read["vedlegg"]] == ["plan.pdf"]
    assert world.client.refreshed(world.journalpost)["tittel"] == "Brevet"


def test_a_proposed_part_can_be_registered_as_it_stands(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    unit = came(mail({}))
    take_apart(worker, unit)
    sender = read_mail(world.client, unit)["forslag"]["korrespondansepart"][0]

    made = world.client.make(
        world.journalpost, "arkivstruktur/ny-korrespondansepartperson/", sender
    )

    assert (made["navn"], made["korrespondanseparttype"]["kode"]) == ("Kari Nordmann", "EA")


def test_to_take_it_apart_twice_is_to_do_it_once(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    unit = came(mail({"plan.pdf": letter()}))
    take_apart(worker, unit)
    before = stored_keys(service)

    take_apart(worker, unit)

    assert len(documents(world.client, world.journalpost)) == 1
    assert stored_keys(service) == before


def test_a_job_killed_at_any_step_leaves_each_attachment_once(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    unit = came(mail({"plan.pdf": letter(), "kart.pdf": letter("Kart")}))
    of_others = stored_keys(service) - named_keys(service)

    ends = killed_at_each_step(service, "unpack", unit)
    take_apart(worker, unit)

    assert ends == [f"{step} -9" for step in UNPACKING]
    assert len(documents(world.client, world.journalpost)) == 2
    worker.do(delete_strays)
    worker.later(8).do(delete_strays)
    assert stored_keys(service) - named_keys(service) <= of_others


def test_what_the_sender_has_registered_too_is_there_once(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    content = letter("Plan")
    unit = came(mail({"plan.pdf": content}))
    own = world.client.make(
        world.journalpost, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Planen"}
    )
    file = send(world.client, own, content, PDF)

    take_apart(worker, unit)

    assert [one["tittel"] for one in documents(world.client, world.journalpost)] == ["Planen"]
    (held,) = read_mail(world.client, unit)["vedlegg"]
    assert held["referanseDokumentobjekt"] == file["systemID"]


def test_the_attachments_are_in_every_registrering_of_the_mail(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    client = world.client
    unit = came(mail({"plan.pdf": letter()}))
    document = client.get(client.link(unit, "arkivstruktur/dokumentbeskrivelse/")).json()
    tie = f"{client.link(document, 'arkivstruktur/registrering/')}$ref"
    second = client.link(world.registrering, "self")
    assert client.request("POST", tie, params={"$id": second}).status_code == 204

    take_apart(worker, unit)

    found = [documents(client, entry) for entry in (world.journalpost, world.registrering)]
    assert [[one["tittel"] for one in some] for some in found] == [["plan.pdf"], ["plan.pdf"]]


@pytest.mark.krav("6.6.26", "M503")
def test_attachments_are_screened_as_the_mail_is(
    world: World, worker: Worker, came: Callable[..., Any], log_in: LogIn
) -> None:
    unit = came(mail({"plan.pdf": letter()}), **screened("TD", skjermingDokument={"kode": "H"}))

    take_apart(worker, unit)

    leser = log_in("leser@molde")
    (seen,) = documents(leser, world.journalpost)
    (file,) = files(leser, seen)
    read = read_mail(leser, unit)
    assert seen["tittel"] == "*****"
    assert leser.get(f"{leser.link(file, 'self')}fil/").status_code == 404
    assert set(read) == {"systemID", "_links"}


@pytest.mark.krav("C4.5.22")
def test_attachments_are_graded_as_the_mail_is(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    unit = came(mail({"plan.pdf": letter()}), gradering={"graderingskode": {"kode": "B"}})

    take_apart(worker, unit)

    graded = as_owner(
        service,
        "select gradering->'graderingskode'->>'kode' from dokumentbeskrivelse d"
        " join registrering_dokumentbeskrivelse r on r.dokumentbeskrivelse_ref = d.system_id"
        " where r.registrering_ref = $1",
        world.journalpost["systemID"],
    )
    assert [row[0] for row in graded] == ["B", "B"]


@pytest.mark.krav("5.4.7", "5.11.6")
def test_what_is_closed_meanwhile_gets_no_documents_and_is_a_task(
    world: World, worker: Worker, service: Service
) -> None:
    client = world.client
    document = client.make(
        world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Sent"}
    )
    unit = send(client, document, mail({"plan.pdf": letter()}), EML, "post.eml")
    close = {"avsluttetDato": "2026-11-27T10:00:00+01:00"}
    mappe = client.link(world.mappe, "self")
    closed = client.patch(mappe, close, headers={"If-Match": client.etag(world.mappe)})
    assert closed.status_code == 200, closed.text
    before = stored_keys(service)

    take_apart(worker, unit)

    (told,) = controls(client, unit, "vedlegg")
    assert (told["resultat"], told["kreverHandling"]) == ("avvist", True)
    assert documents(client, world.registrering) == []
    assert read_mail(client, unit)["emne"] == "Søknad om carport"
    assert stored_keys(service) == before


def test_an_archived_registrering_gets_no_documents_and_is_a_task(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    client = world.client
    unit = came(mail({"plan.pdf": letter()}), entry="registrering")
    archived = client.patch(
        client.link(world.registrering, "self"),
        {"arkivertDato": "2026-11-27T10:00:00+01:00"},
        headers={"If-Match": client.etag(world.registrering)},
    )
    assert archived.status_code == 200, archived.text

    take_apart(worker, unit)

    (told,) = controls(client, unit, "vedlegg")
    assert (told["resultat"], told["kreverHandling"]) == ("avvist", True)
    assert documents(client, world.registrering) == []


def take_all_apart(world: World, worker: Worker, unit: Any) -> list[Any]:
    """Take an e-mail apart, and each e-mail that comes out; give what is told of the last."""
    take_apart(worker, unit)
    inner = [
        file
        for held in read_mail(world.client, unit).get("vedlegg", [])
        for file in [world.client.get(own_address(world, held["referanseDokumentobjekt"])).json()]
        if file["filnavn"].endswith(".eml")
    ]
    return (
        take_all_apart(world, worker, inner[0])
        if inner
        else controls(world.client, unit, "vedlegg")
    )


def own_address(world: World, system_id: str) -> str:
    return f"{world.client.root}arkivstruktur/dokumentobjekt/{system_id}/"


def test_mails_inside_each_other_are_taken_apart_so_far_as_people_send_them(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    (told,) = take_all_apart(world, worker, came(nested(2)))

    assert told["resultat"] == "tatt_ut"
    titles = [one["tittel"] for one in documents(world.client, world.journalpost)]
    assert titles == ["post0.eml", "post0.eml", "innerst.pdf"]


def test_mails_too_deep_inside_each_other_are_a_bomb(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    (told,) = take_all_apart(world, worker, came(nested(8)))

    assert (told["resultat"], told["kreverHandling"]) == ("bombe", True)
    assert len(documents(world.client, world.journalpost)) == 5


def test_an_empty_attachment_is_told_of_and_left_out(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    unit = came(mail({"plan.pdf": letter(), "tom.pdf": b""}))

    take_apart(worker, unit)

    (told,) = controls(world.client, unit, "vedlegg")
    assert told["funn"] == ["Vedlegget tom.pdf er tomt, og er ikke tatt med."]
    assert len(documents(world.client, world.journalpost)) == 1


def test_a_message_of_outlook_is_taken_apart_too(
    world: World, worker: Worker, came: Callable[..., Any], tmp_path: Path
) -> None:
    content = made.msg(tmp_path / "post.msg").read_bytes()
    unit = came(content, "application/vnd.ms-outlook", "post.msg")

    take_apart(worker, unit)

    assert [one["tittel"] for one in documents(world.client, world.journalpost)] == ["plan.pdf"]
    assert read_mail(world.client, unit)["fra"] == "Kari Nordmann <kari@example.no>"


def test_a_name_with_folders_in_it_and_broken_heads_do_no_harm(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    content = mail({"../../etc/passwd": letter()}).replace(
        b"Subject: ", b"X-Odd: \xff\xfe\x00\r\nDate: 99 Feb 0000\r\nSubject: \x01"
    )
    unit = came(content)

    take_apart(worker, unit)

    assert [one["tittel"] for one in documents(world.client, world.journalpost)] == ["passwd"]


def test_a_mail_that_was_deleted_meanwhile_is_nothing_to_do(
    world: World, worker: Worker, came: Callable[..., Any]
) -> None:
    unit = came(mail({"plan.pdf": letter()}), entry="registrering")
    assert world.client.delete(world.client.link(unit, "self")).status_code == 204

    take_apart(worker, unit)

    assert documents(world.client, world.registrering) == []


def test_a_mail_whose_bytes_were_changed_is_left_alone(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    unit = came(mail({"plan.pdf": letter()}))
    path_of(service, key_of(service, unit)).write_bytes(b"From: noe annet\n\n")

    take_apart(worker, unit)

    assert documents(world.client, world.journalpost) == []


def test_what_is_read_of_a_mail_goes_with_its_file(
    world: World, worker: Worker, came: Callable[..., Any], service: Service
) -> None:
    unit = came(mail({}), entry="registrering")
    take_apart(worker, unit)

    gone = world.client.delete(world.client.link(unit, "self"))

    assert gone.status_code == 204
    left = "select * from epost where dokumentobjekt_ref = $1"
    assert as_owner(service, left, unit["systemID"]) == []
