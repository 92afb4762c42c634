"""What stands in the way of a deposit is told of the living archive, and gone when it is mended."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.orm import Session
from tests.api.test_access import grant, without_rights
from tests.conftest import Client, LogIn, Service, World, changing, in_kommune
from tests.deponering.conftest import HIDDEN, KOMMUNE, PDF, SECRET, Arkiv, Export
from tests.deponering.funn import faulty
from tests.jobs.conftest import Worker
from tests.noark.conftest import part
from tests.noark.stage import SOME, status
from tests.tenancy.processes import environment

from sakark_api.db.reader import Statement
from sakark_api.deponering.kontroll import check
from sakark_api.deponering.sjekker.katalog import SJEKKER
from sakark_api.deponering.sjekker.opptelling import readings
from sakark_api.deponering.utvalg import Utvalg
from sakark_api.formats import Verdict
from sakark_api.jobs.readiness import count_readiness, send_arkivdeler_to_counting
from sakark_api.jobs.tools import Tools
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.bevaring.dokumentkontroll import (
    Found,
    Kontrolltype,
    record,
    record_checksum,
)
from sakark_api.noark.resource import Change

READINESS = "https://rel.sakark.no/v1/beredskap/"


@dataclass
class Fault:
    """A unit that something is in the way of, and how that is put right."""

    unit: Any
    mend: Callable[[], object]
    arkivdel: Any = None


@pytest.fixture(scope="module")
def made(http: httpx.Client, service: Service) -> Arkiv:
    """An archive that the faults share: its arkivdel is ordered by klasser, and open."""
    arkiv = Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))
    assert arkiv.klasse
    return arkiv


def another(arkiv: Arkiv) -> Arkiv:
    """Give an archive of its own, for faults of an arkivdel."""
    return Arkiv(arkiv.client)


def case(arkiv: Arkiv, **given: Any) -> Any:
    return arkiv.case(**{"administrativEnhet": "Plan", **given})


def document(arkiv: Arkiv, state: str = "F") -> Any:
    return arkiv.paper(arkiv.entry("X", owner=case(arkiv)), state)


def delete(arkiv: Arkiv, unit: Any) -> None:
    tag = {"If-Match": arkiv.client.etag(unit)}
    answer = arkiv.client.delete(arkiv.client.link(unit, "self"), headers=tag)
    assert answer.is_success, answer.text


def gone(arkiv: Arkiv, unit: Any) -> Fault:
    return Fault(unit, lambda: delete(arkiv, unit))


def changed(arkiv: Arkiv, unit: Any, **members: Any) -> Fault:
    return Fault(unit, lambda: arkiv.change(arkiv.client.refreshed(unit), **members))


def noting(arkiv: Arkiv, file: Any, note: Callable[[Change, Dokumentobjekt], None]) -> None:
    """Let the worker have found something of a file."""

    def act(session: Session) -> None:
        note(*changing(session, UUID(file["systemID"])))

    in_kommune(arkiv.client.service.settings, KOMMUNE, act)


def open_case(arkiv: Arkiv) -> Fault:
    unit = case(arkiv)
    return Fault(unit, lambda: arkiv.close(unit))


def without_enhet(arkiv: Arkiv) -> Fault:
    unit = arkiv.change(case(arkiv), administrativEnhet=None)
    return changed(arkiv, unit, administrativEnhet="Plan")


def without_klasse(arkiv: Arkiv) -> Fault:
    return gone(arkiv, arkiv.new_mappe())


def without_bevaringstid(arkiv: Arkiv) -> Fault:
    decided = {"kassasjonsvedtak": {"kode": "K"}, "kassasjonsdato": SOME}
    whole = {**decided, "kassasjonshjemmel": "Arkivlova § 12", "bevaringstid": 10}
    return changed(arkiv, case(arkiv, kassasjon=decided), kassasjon=whole)


def mixed(arkiv: Arkiv) -> Fault:
    mappe = arkiv.new_mappe(arkiv.klasse)
    arkiv.new_mappe(mappe)
    entry = arkiv.made(mappe, "registrering")
    return Fault(mappe, lambda: delete(arkiv, entry))


def empty(arkiv: Arkiv) -> Fault:
    mappe = arkiv.new_mappe(arkiv.klasse)
    return Fault(mappe, lambda: arkiv.made(mappe, "registrering"))


def classified_outside(arkiv: Arkiv) -> Fault:
    unit, client = case(arkiv), arkiv.client
    here = f"{client.link(unit, 'self')}sekundaerklassifikasjon/$ref/"
    target = {"$id": client.link(arkiv.new_klasse(), "self")}
    assert client.request("POST", here, params=target).is_success
    return Fault(unit, lambda: client.request("DELETE", here, params=target))


def order_by(arkiv: Arkiv, system: Any) -> None:
    """Let another klassifikasjonssystem order the arkivdel."""
    client = arkiv.client
    here = f"{client.link(arkiv.arkivdel, 'self')}klassifikasjonssystem/$ref"
    plain = {"Content-Type": "text/plain"}
    answer = client.request("PUT", here, content=client.link(system, "self"), headers=plain)
    assert answer.is_success, answer.text


def outside(shared: Arkiv, make: Callable[[Arkiv], Any]) -> Fault:
    arkiv = another(shared)
    unit = make(arkiv)
    order_by(arkiv, arkiv.system())
    mend = partial(order_by, arkiv, arkiv.klassifikasjonssystem)
    return Fault(unit, mend, arkiv.arkivdel)


def of_two(shared: Arkiv, make: Callable[[Arkiv], Any]) -> Fault:
    """Make something on a klasse of two arkivdeler, and have the other closed at last."""
    arkiv = another(shared)
    assert arkiv.klasse
    arkiv.orders(arkiv.new_arkivdel())
    unit = make(arkiv)
    return Fault(unit, lambda: delete(arkiv, unit), arkiv.arkivdel)


def unfinished_entry(arkiv: Arkiv) -> Fault:
    post = arkiv.entry("X", owner=case(arkiv))
    return Fault(post, lambda: arkiv.archived(arkiv.client.refreshed(post)))


def unarchived(arkiv: Arkiv) -> Fault:
    entry = arkiv.made(arkiv.new_mappe(arkiv.klasse), "registrering")
    return Fault(entry, lambda: arkiv.close(entry))


def unaddressed(arkiv: Arkiv) -> Fault:
    post = arkiv.entry("X", owner=case(arkiv), korrespondansepartperson=[])
    rel = "arkivstruktur/ny-korrespondansepartperson/"
    return Fault(post, lambda: arkiv.client.make(post, rel, part("Ola", "IA")))


def without_document(arkiv: Arkiv) -> Fault:
    post = arkiv.entry("X", owner=case(arkiv))
    return Fault(post, lambda: arkiv.paper(post))


def without_archive_format(arkiv: Arkiv) -> Fault:
    paper = document(arkiv, "B")
    arkiv.filed(paper, "P", b"a", "fmt/18")
    return Fault(paper, lambda: arkiv.filed(paper, "A", PDF))


def without_file(arkiv: Arkiv) -> Fault:
    paper = document(arkiv, "B")
    return Fault(paper, lambda: arkiv.filed(paper, "A", PDF))


def of_wrong_format(arkiv: Arkiv) -> Fault:
    return gone(arkiv, arkiv.filed(document(arkiv, "B"), "A", b"%PDF-1.4", "fmt/18"))


def with_virus(arkiv: Arkiv) -> Fault:
    file = arkiv.filed(document(arkiv, "B"), "A", PDF)
    bad, good = (
        Found(Kontrolltype.FORMAT, str(one), one.text, krever_handling=one is Verdict.VIRUS)
        for one in (Verdict.VIRUS, Verdict.ARKIVFORMAT)
    )
    noting(arkiv, file, lambda change, unit: record(change, unit, bad))
    return Fault(file, lambda: noting(arkiv, file, lambda change, unit: record(change, unit, good)))


def damaged(arkiv: Arkiv) -> Fault:
    file = arkiv.filed(document(arkiv, "B"), "A", PDF)
    noting(arkiv, file, lambda change, unit: record_checksum(change, unit, "feil sjekksum"))
    return Fault(
        file, lambda: noting(arkiv, file, lambda change, unit: record_checksum(change, unit, None))
    )


def open_arkivdel(shared: Arkiv) -> Fault:
    arkiv = another(shared)
    return Fault(arkiv.arkivdel, lambda: arkiv.close(arkiv.arkivdel), arkiv.arkivdel)


def ordered_by_nothing(shared: Arkiv) -> Fault:
    arkiv = another(shared)
    assert arkiv.klassifikasjonssystem
    return Fault(arkiv.arkivdel, lambda: arkiv.klasse, arkiv.arkivdel)


def never_changed(shared: Arkiv) -> Fault:
    part = another(shared).new_arkivdel("P")
    return Fault(part, lambda: shared.change(part, beskrivelse="Avlevert"), part)


def without_arkivskaper(shared: Arkiv) -> Fault:
    arkiv = another(shared)
    under = arkiv.made(arkiv.arkiv, "arkiv")
    part = arkiv.made(under, "arkivdel")
    here = f"{arkiv.client.link(under, 'self')}arkivskaper/$ref/"
    target = {"$id": arkiv.client.link(arkiv.arkivskaper, "self")}
    return Fault(under, lambda: arkiv.client.request("POST", here, params=target), part)


FAULTS: dict[str, Callable[[Arkiv], Fault]] = {
    "arkiv-uten-arkivskaper": without_arkivskaper,
    "arkivdel-uten-avsluttetdato": open_arkivdel,
    "arkivdel-uten-klasser": ordered_by_nothing,
    "arkivdel-uten-endringer": never_changed,
    "sak-ikke-avsluttet": open_case,
    "mappe-uten-avsluttetav": open_case,
    "saksmappe-uten-administrativenhet": without_enhet,
    "mappe-uten-kassasjon-bevaringstid": without_bevaringstid,
    "mappe-uten-klasse": without_klasse,
    "mappe-utenfor-systemet": partial(outside, make=lambda one: one.new_mappe(one.klasse)),
    "mappe-uten-arkivdel": partial(of_two, make=lambda one: one.new_mappe(one.klasse)),
    "mappe-med-mapper-og-registreringer": mixed,
    "mappe-med-fremmed-sekundaer-klasse": classified_outside,
    "mappe-uten-innhold": empty,
    "journalpost-ikke-arkivert": unfinished_entry,
    "registrering-uten-arkivertdato": unarchived,
    "registrering-uten-klasse": lambda one: gone(one, one.made(one.arkivdel, "registrering")),
    "registrering-uten-arkivdel": partial(
        of_two, make=lambda one: one.made(one.klasse, "registrering")
    ),
    "journalpost-uten-korrespondansepart": unaddressed,
    "registrering-uten-dokument": without_document,
    "dokument-ikke-ferdigstilt": lambda one: changed(
        one, document(one, "B"), **status("dokumentstatus", "F")
    ),
    "dokument-uten-arkivformat": without_archive_format,
    "dokument-uten-fil": without_file,
    "fil-i-annet-format": of_wrong_format,
    "fil-ikke-som-den-sier": with_virus,
    "fil-skadet": damaged,
}
"""Every check of a fault that can be made, and one of each way in which an element is missing."""


def ask(client: Client, sjekk: str, arkivdel: Any, **more: Any) -> httpx.Response:
    asked = {"arkivdel": arkivdel["systemID"], "$top": "1000", **more}
    return client.get(f"{client.root}beredskap/sjekk/{sjekk}/", params=asked)


def listed(client: Client, sjekk: str, arkivdel: Any) -> dict[str, Any]:
    """Give the units that a check holds for now, by systemID."""
    answer = ask(client, sjekk, arkivdel)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["count"] == len(found["results"])
    return {one["systemID"]: one for one in found["results"]}


@pytest.mark.parametrize("sjekk", FAULTS)
def test_a_fault_is_on_the_list_until_it_is_mended(made: Arkiv, sjekk: str) -> None:
    fault = FAULTS[sjekk](made)
    arkivdel, unit = fault.arkivdel or made.arkivdel, fault.unit["systemID"]
    before = listed(made.client, sjekk, arkivdel)

    fault.mend()

    assert unit in before
    assert unit not in listed(made.client, sjekk, arkivdel)
    assert made.client.link(before[unit], "self") == made.client.link(fault.unit, "self")


def test_a_list_comes_page_by_page_and_tells_how_long_it_is(made: Arkiv) -> None:
    arkivdel = made.new_arkivdel()
    mapper = [made.new_mappe(arkivdel) for _ in range(3)]
    first = ask(made.client, "mappe-uten-innhold", arkivdel, **{"$top": "2"}).json()

    second = made.client.get(made.client.link(first, "next")).json()
    beyond = ask(made.client, "mappe-uten-innhold", arkivdel, **{"$skip": "9"}).json()

    found = [one["systemID"] for one in (*first["results"], *second["results"])]
    assert found == [one["systemID"] for one in mapper]
    assert [one["count"] for one in (first, second, beyond)] == [3, 3, 3]
    assert "next" not in second["_links"]


def counted(service: Service, arkivdel: Any, kommune: str = KOMMUNE) -> None:
    """Have the worker count an arkivdel."""

    async def count(tools: Tools) -> None:
        there = (await tools.registry.current())[kommune]
        await count_readiness(tools, there.id, UUID(arkivdel["systemID"]))

    Worker(service.settings).do(count)


def summary(client: Client, arkivdel: Any) -> Any:
    """Give what was counted of an arkivdel."""
    answer = client.get(client.link(client.get(client.root).json(), READINESS))
    assert answer.status_code == 200, answer.text
    parts = answer.json()["arkivdeler"]
    return next(one for one in parts if one["systemID"] == arkivdel["systemID"])


def test_what_is_not_done_is_no_fault_while_the_arkivdel_is_open(
    made: Arkiv, service: Service
) -> None:
    arkiv = another(made)
    case(arkiv)
    without_enhet(arkiv)

    counted(service, arkiv.arkivdel)

    found = summary(arkiv.client, arkiv.arkivdel)
    tallies = {one["sjekk"]: (one["antall"], one["ikkeFerdig"]) for one in found["sjekker"]}
    # The arkiv, the arkivdel, the klasse and two cases, of which one lacks its enhet.
    assert (found["enheter"], found["medFeil"], found["ikkeFerdig"]) == (5, 1, 3)
    assert found["score"] == 0.8
    assert tallies["sak-ikke-avsluttet"] == (0, 2)
    assert tallies["saksmappe-uten-administrativenhet"] == (1, 0)
    assert found["sjekker"][0]["beskrivelse"] == "Saksmappe manglar administrativEnhet"


def test_each_check_leads_to_its_units(made: Arkiv, service: Service) -> None:
    arkiv = another(made)
    unit = without_enhet(arkiv).unit
    counted(service, arkiv.arkivdel)

    (first, *_) = summary(arkiv.client, arkiv.arkivdel)["sjekker"]
    found = arkiv.client.get(first["_links"]["self"]["href"]).json()

    assert [one["systemID"] for one in found["results"]] == [unit["systemID"]]
    assert found["results"][0]["identifikator"] == unit["mappeID"]


def test_the_command_counts_and_tells_what_is_in_the_way(made: Arkiv, service: Service) -> None:
    without_enhet(another(made))

    said = subprocess.run(
        [
            str(Path(sys.executable).with_name("sakark")),
            "deposit",
            "readiness",
            "--kommune",
            KOMMUNE,
        ],
        env=environment(service),
        capture_output=True,
        check=False,
        text=True,
    )

    assert said.returncode == 1, said.stderr
    assert "enheter er uten feil" in said.stdout
    assert "Saksmappe mangler administrativEnhet" in said.stdout


def test_what_is_not_counted_has_no_score(made: Arkiv) -> None:
    found = summary(made.client, made.new_arkivdel())

    assert found["aktiv"] is True
    assert found["enheter"] == 0
    assert not {"score", "taltDato"} & set(found)


def test_an_arkivdel_without_faults_is_deposited_and_passes_every_control(
    arkiv: Arkiv, service: Service, deposit: Path
) -> None:
    counted(service, arkiv.arkivdel)

    found = summary(arkiv.client, arkiv.arkivdel)
    report = check(deposit, None)

    assert (found["score"], found["medFeil"], found["ikkeFerdig"]) == (1, 0, 0)
    assert found["aktiv"] is False
    assert not report.faulty


def test_a_remark_stops_no_deposit(
    made: Arkiv, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = another(made)
    sak = case(arkiv)
    arkiv.archived(arkiv.client.refreshed(arkiv.letter(sak, "U")))
    arkiv.close(sak)
    arkiv.change(arkiv.new_mappe(arkiv.klasse), avsluttetDato=SOME)
    arkiv.close(arkiv.arkivdel)
    counted(service, arkiv.arkivdel)

    found = summary(arkiv.client, arkiv.arkivdel)
    export(tmp_path / "ut", arkiv.arkivdel)

    assert (found["score"], found["ikkeFerdig"]) == (1, 0)
    assert [one["sjekk"] for one in found["sjekker"]] == ["mappe-uten-innhold"]


def test_an_arkivdel_without_files_is_deposited_and_at_fault_in_both_places(
    made: Arkiv, service: Service, export: Export, tmp_path: Path
) -> None:
    arkiv = another(made)
    sak = case(arkiv)
    void = arkiv.entry("X", "R", sak, tittel="Feilført")
    arkiv.change(void, **status("journalstatus", "U"))
    arkiv.close(sak, arkiv.arkivdel)
    counted(service, arkiv.arkivdel)

    found = summary(arkiv.client, arkiv.arkivdel)
    export(tmp_path / "ut", arkiv.arkivdel)
    report = check(tmp_path / "ut", None)

    assert found["score"] < 1
    assert found["medFeil"] == 1
    assert "arkivdel-uten-dokumentfiler" in [one["sjekk"] for one in found["sjekker"]]
    assert faulty(report) == {28}


def test_a_new_count_is_asked_for_and_done_by_the_worker(made: Arkiv, service: Service) -> None:
    arkivdel = made.new_arkivdel()

    answer = made.client.request("POST", f"{made.client.root}beredskap/")

    assert answer.status_code == 202, answer.text
    assert waits(service, arkivdel) == 1


def test_every_arkivdel_is_put_in_the_queue_at_night(made: Arkiv, service: Service) -> None:
    arkivdel = made.new_arkivdel()

    Worker(service.settings).do(send_arkivdeler_to_counting)

    assert waits(service, arkivdel) == 1


def waits(service: Service, unit: Any) -> int:
    """Count the jobs that wait for an arkivdel to be counted."""

    async def fetch() -> int:
        connection = await asyncpg.connect(service.settings.database_owner_url)
        try:
            return int(
                await connection.fetchval(
                    "select count(*) from jobs.procrastinate_jobs where status = 'todo'"
                    " and task_name = 'tell_beredskap' and args->>'enhet' = $1",
                    unit["systemID"],
                )
            )
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_an_arkivdel_that_is_gone_is_nothing_to_count(service: Service) -> None:
    counted(service, {"systemID": str(uuid4())})


def test_a_count_reads_the_rows_of_its_own_kommune_alone(made: Arkiv, service: Service) -> None:
    utvalg = Utvalg([UUID(made.arkivdel["systemID"])])
    statements = [one for _, one in readings(SJEKKER.values(), utvalg, is_open=True)]

    own, read = asyncio.run(plans(service, statements))

    partitions = {name for name in read if re.search(r"_k\d+$", name)}
    assert {name.rpartition("_k")[2] for name in partitions} == {own}
    assert {name.rpartition("_k")[0] for name in partitions} >= {"mappe", "registrering"}


async def plans(service: Service, statements: list[Any]) -> tuple[str, set[str]]:
    """Give the number of the kommune, and the tables that statements would read for it."""
    connection = await asyncpg.connect(service.settings.database_url)
    try:
        own = await connection.fetchval("select id from kommune where slug = $1", KOMMUNE)
        await connection.execute(f"set app.tenant_id = '{own}'")
        found = ""
        for statement in map(Statement.compile, statements):
            values = statement.arguments({"tenant": own})
            found += await connection.fetchval(f"explain (format json) {statement.sql}", *values)
        return str(own), set(re.findall(r'"Relation Name": "(\w+)"', found))
    finally:
        await connection.close()


# Who sees what.


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (None, 401),
        ("leser@vestnes", 403),
        ("saksbehandler@vestnes", 403),
        ("leder@vestnes", 403),
        ("arkivar@vestnes", 200),
        ("arkivar@molde", 404),
    ],
)
def test_readiness_is_for_those_who_keep_the_archive(
    made: Arkiv, log_in: LogIn, user: str | None, status: int
) -> None:
    client = log_in(user, KOMMUNE)

    read = client.get(f"{client.root}beredskap/")
    units = ask(client, "mappe-uten-klasse", made.arkivdel)
    asked = client.request("POST", f"{client.root}beredskap/")

    assert [read.status_code, units.status_code] == [status, status]
    assert asked.status_code == (202 if status == 200 else status)


def test_the_root_leads_there_those_who_may_read_it(log_in: LogIn) -> None:
    keeper, other = log_in("arkivar@vestnes"), log_in("leder@vestnes")

    assert READINESS in keeper.get(keeper.root).json()["_links"]
    assert READINESS not in other.get(other.root).json()["_links"]


@pytest.mark.parametrize(
    ("sjekk", "asked", "status"),
    [
        ("mappe-uten-klasse", {}, 400),
        ("mappe-uten-klasse", {"arkivdel": "x"}, 404),
        ("mappe-uten-klasse", {"arkivdel": str(uuid4())}, 404),
        ("mappe-uten-klasse", {"arkivdel": str(uuid4()), "annet": "1"}, 400),
        ("finnes-ikke", {"arkivdel": str(uuid4())}, 404),
    ],
)
def test_a_list_is_of_a_check_and_an_arkivdel_that_there_are(
    log_in: LogIn, sjekk: str, asked: dict[str, str], status: int
) -> None:
    client = log_in("arkivar@vestnes")

    answer = client.get(f"{client.root}beredskap/sjekk/{sjekk}/", params=asked)

    assert answer.status_code == status


def test_an_arkivdel_of_another_kommune_is_not_there(world: World, log_in: LogIn) -> None:
    client = log_in("arkivar@vestnes")

    assert ask(client, "mappe-uten-klasse", world.arkivdel).status_code == 404


def test_lists_and_scores_are_trimmed_to_what_the_caller_reaches(
    made: Arkiv, log_in: LogIn
) -> None:
    client, admin = log_in("arkivar@vestnes"), made.client
    seen, hidden = made.new_arkivdel(), made.new_arkivdel()
    mapper = [made.new_mappe(seen), made.new_mappe(seen)]

    with without_rights(admin, "arkivar"):
        for unit, kategori in ((seen, "A"), (mapper[0], "M")):
            grant(
                admin,
                rolle="arkivar",
                kategori=kategori,
                referanseArkivenhet=unit["systemID"],
                les=True,
            )
        parts = client.get(f"{client.root}beredskap/").json()["arkivdeler"]
        answers = [ask(client, "mappe-uten-innhold", one) for one in (seen, hidden)]

    assert [one["systemID"] for one in parts] == [seen["systemID"]]
    assert [one.status_code for one in answers] == [200, 404]


def test_a_title_that_is_screened_is_masked_in_the_list(made: Arkiv, log_in: LogIn) -> None:
    client = log_in("arkivar@vestnes")
    arkivdel = made.new_arkivdel()
    mappe = made.new_mappe(arkivdel)
    entry = made.made(mappe, "registrering", tittel=SECRET, skjerming=HIDDEN)

    right = grant(
        made.client,
        rolle="leder",
        kategori="R",
        les=True,
        tilgangsrestriksjon=HIDDEN["tilgangsrestriksjon"],
    )
    masked = ask(client, "registrering-uten-dokument", arkivdel)
    delete(made, right)
    plain = listed(client, "registrering-uten-dokument", arkivdel)[entry["systemID"]]

    assert "Hemmeligsen" not in masked.text
    assert [one["systemID"] for one in masked.json()["results"]] == [entry["systemID"]]
    assert plain["tittel"] == SECRET
