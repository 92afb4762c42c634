"""A file that comes in is examined, and gets its archive format: once, whatever happens."""

import os

import pytest
from tests.conftest import BEVARING, LogIn, Service, World
from tests.jobs.conftest import (
    Worker,
    controls,
    damage,
    files_of,
    killed_at_each_step,
    letter,
    named_keys,
    send,
    stored_keys,
)
from tests.jobs.killed import EXAMINING

from sakark_api.formats import Verdict
from sakark_api.jobs.sweeping import delete_strays

PDF = "application/pdf"


def variants(world: World) -> list[tuple[str, int, str]]:
    return sorted(
        (one["variantformat"]["kode"], one["versjonsnummer"], one["format"]["kode"])
        for one in files_of(world)
    )


@pytest.mark.krav("M615", "M712", "M713")
def test_an_original_gets_its_archive_format_beside_it(world: World, worker: Worker) -> None:
    original = send(world.client, world.dokumentobjekt, letter(), PDF, "brev.pdf")

    worker.examine(original)

    first, second = sorted(files_of(world), key=lambda one: one["variantformat"]["kode"])
    assert variants(world) == [("A", 0, "fmt/477"), ("P", 0, second["format"]["kode"])]
    assert second["sjekksum"] == original["sjekksum"]
    assert first["filnavn"] == "brev.pdf"
    made_from = world.client.get(world.client.link(first, "arkivstruktur/konvertering/")).json()
    (told,) = made_from["results"]
    assert told["konvertertFraFormat"]["kode"] == second["format"]["kode"]
    assert told["konvertertTilFormat"]["kode"] == "fmt/477"
    assert told["konvertertAv"] == "Sakark dokumentkontroll"
    (found,) = controls(world.client, original)
    assert (found["resultat"], found["kreverHandling"]) == ("konvertert", False)
    assert found["referanseArkivformat"] == first["systemID"]


def test_an_older_version_gets_the_archive_format_of_its_own(world: World, worker: Worker) -> None:
    first = send(world.client, world.dokumentbeskrivelse, letter("Den første"), PDF)
    send(world.client, world.dokumentbeskrivelse, letter("Den andre"), PDF)

    worker.examine(first)

    assert [one[:2] for one in variants(world)] == [("A", 0), ("P", 0), ("P", 1)]


def test_what_was_made_is_in_the_log_under_the_workers_name(world: World, worker: Worker) -> None:
    original = send(world.client, world.dokumentobjekt, letter(), PDF)

    worker.examine(original)

    log = world.client.get(world.client.link(original, "loggingogsporing/endringslogg/")).json()
    filled = [one for one in log["results"] if one["endretAv"] == "Sakark dokumentkontroll"]
    assert {one["referanseMetadata"] for one in filled} >= {"format", "formatDetaljer"}


def test_to_examine_twice_makes_one_archive_format_and_tells_once(
    world: World, worker: Worker
) -> None:
    original = send(world.client, world.dokumentobjekt, letter(), PDF)

    worker.examine(original)
    worker.examine(original)

    assert [one[0] for one in variants(world)] == ["A", "P"]
    assert [one["resultat"] for one in controls(world.client, original)] == ["konvertert"]


def test_the_archive_format_is_examined_too_and_is_one(world: World, worker: Worker) -> None:
    worker.examine(send(world.client, world.dokumentobjekt, letter(), PDF))
    (copy,) = [one for one in files_of(world) if one["variantformat"]["kode"] == "A"]

    worker.examine(copy)

    (found,) = controls(world.client, copy)
    assert found["resultat"] in ("arkivformat", "falsk_pdfa")
    assert len(files_of(world)) == 2


def test_a_job_killed_at_any_step_leaves_one_archive_format(
    world: World, worker: Worker, service: Service
) -> None:
    original = send(world.client, world.dokumentobjekt, letter(), PDF)
    of_others = stored_keys(service) - named_keys(service)

    ends = killed_at_each_step(service, "examine", original)
    worker.examine(original)

    assert ends == [f"{step} -9" for step in EXAMINING]
    assert [one[0] for one in variants(world)] == ["A", "P"]
    assert [one["resultat"] for one in controls(world.client, original)] == ["konvertert"]
    worker.do(delete_strays)
    worker.later(8).do(delete_strays)
    assert stored_keys(service) - named_keys(service) <= of_others


@pytest.mark.krav("5.13.16")
def test_what_nobody_knows_is_a_task_in_the_list(
    world: World, worker: Worker, log_in: LogIn
) -> None:
    unit = send(world.client, world.dokumentobjekt, os.urandom(200), "application/x-odd", "a.odd")

    worker.examine(unit)

    (found,) = controls(world.client, unit)
    assert (found["resultat"], found["kreverHandling"]) == ("ukjent", True)
    archivist = log_in("arkivar@molde")
    package = archivist.get(archivist.link(archivist.get(archivist.root).json(), BEVARING)).json()
    query = {
        "$filter": "kreverHandling eq true and gjeldende eq true and resultat eq 'ukjent'"
        f" and systemID eq '{found['systemID']}'"
    }
    tasks = archivist.get(archivist.link(package, f"{BEVARING}dokumentkontroll/"), params=query)
    assert [one["systemID"] for one in tasks.json()["results"]] == [found["systemID"]]


def test_what_was_said_of_a_file_stays_and_the_contradiction_is_told(
    world: World, worker: Worker
) -> None:
    said = world.client.make(
        world.dokumentbeskrivelse,
        "arkivstruktur/ny-dokumentobjekt/",
        {"format": {"kode": "fmt/11"}},
    )
    unit = send(world.client, said, letter(), PDF, "brev.pdf")

    worker.examine(unit)

    now = world.client.refreshed(unit)
    assert (now["format"]["kode"], now["mimeType"]) == ("fmt/11", PDF)
    (found,) = controls(world.client, unit)
    assert "Formatet er oppgitt som fmt/11" in found["funn"][-1]


def test_a_kommune_is_told_in_its_own_language(worker: Worker, log_in: LogIn) -> None:
    aukra = World(log_in("administrator@aukra"))
    unit = send(aukra.client, aukra.dokumentobjekt, letter(), "application/msword", "brev.doc")

    worker.examine(unit, "aukra")

    (found,) = controls(aukra.client, unit)
    assert found["resultat"] == "feilmerket"
    assert found["melding"] == Verdict.FEILMERKET.text.to("nn") != str(Verdict.FEILMERKET.text)
    assert "men innhaldet er" in found["funn"][0]


@pytest.mark.krav("5.11.6")
def test_what_is_closed_meanwhile_gets_no_archive_format_and_is_a_task(
    world: World, worker: Worker
) -> None:
    client = world.client
    document = client.make(
        world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Sent"}
    )
    unit = send(client, document, letter(), PDF)
    close = {"avsluttetDato": "2026-11-27T10:00:00+01:00"}
    mappe = client.patch(
        client.link(world.mappe, "self"), close, headers={"If-Match": client.etag(world.mappe)}
    )
    assert mappe.status_code == 200, mappe.text

    worker.examine(unit)

    (found,) = controls(client, unit)
    assert (found["resultat"], found["kreverHandling"]) == ("avvist", True)
    listed = client.get(client.link(client.refreshed(document), "arkivstruktur/dokumentobjekt/"))
    assert listed.json()["count"] == 1


def test_a_file_that_was_deleted_meanwhile_is_nothing_to_do(world: World, worker: Worker) -> None:
    client = world.client
    document = client.make(
        world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Feil"}
    )
    unit = send(client, document, letter(), PDF)
    assert client.delete(client.link(unit, "self")).status_code == 204

    worker.examine(unit)

    left = client.get(client.link(client.refreshed(document), "arkivstruktur/dokumentobjekt/"))
    assert left.json()["count"] == 0


def test_bytes_that_were_changed_are_a_task_and_are_not_converted(
    world: World, worker: Worker, service: Service
) -> None:
    unit = send(world.client, world.dokumentobjekt, letter("Uskadd"), PDF)
    damage(service, unit)

    worker.examine(unit)

    (found,) = controls(world.client, unit, "sjekksum")
    assert (found["resultat"], found["funn"]) == ("skadet", ["feil sjekksum"])
    assert controls(world.client, unit) == []
