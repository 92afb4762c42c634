"""A kommune leaves one installation and is whole in another: rows, files, log and proof."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Client, World
from tests.flytting.conftest import KILLED, PDF, SLUG, House, kill
from tests.operations.archiving import as_superuser

from sakark_api.db.schema import WANTED
from sakark_api.errors import SakarkError
from sakark_api.flytting.pakke import opened
from sakark_api.flytting.tabeller import UTELATT, taken
from sakark_api.settings import Settings
from sakark_api.tenancy.partitions import tenant_tables


def everything(client: Client) -> dict[str, Any]:
    """Read every list that is offered from the root, as if it were one place.

    Not the log, which has a line more, and not ordered deposits, which stay behind (`UTELATT`).
    """
    found: dict[str, Any] = {}
    for package in client.get(client.root).json()["_links"].values():
        offered = client.get(package["href"].split("{?")[0])
        another = any(name in package["href"] for name in ("/loggingogsporing/", "/uttrekk/"))
        if offered.status_code != 200 or another:
            continue
        for link in offered.json().get("_links", {}).values():
            address = link["href"].split("{?")[0]
            if "/ny-" not in address:
                body = client.get(address, params={"$top": "1000"}).text
                found[address.removeprefix(client.root)] = json.loads(
                    body.replace(client.service.url, "http://her")
                )
    return found


def test_every_table_of_a_kommune_goes_along_or_is_left_with_a_reason() -> None:
    assert {one.name for one in taken()} | set(UTELATT) == {one.name for one in tenant_tables()}
    assert not {one.name for one in taken()} & set(UTELATT)
    assert all(str(why) for why in UTELATT.values())


@dataclass(frozen=True)
class Answers:
    """What is answered of a kommune: every list, and a file."""

    lists: dict[str, Any]
    file: bytes


@pytest.fixture(scope="module")
def before(source: House, filled: World) -> Answers:
    client = source.client()
    address = client.link(filled.dokumentobjekt, "arkivstruktur/fil/")
    return Answers(everything(client), client.get(address).content)


@pytest.fixture(scope="module")
def after(source: House, arrived: House, filled: World) -> Answers:
    """What is answered where it is now, before anybody has written there."""
    client = arrived.client()
    address = source.client().link(filled.dokumentobjekt, "arkivstruktur/fil/")
    moved = address.replace(source.service.url, arrived.service.url)
    return Answers(everything(client), client.get(moved).content)


def test_a_kommune_that_moves_answers_as_before(before: Answers, after: Answers) -> None:
    assert len(before.lists) > 20
    assert before.file == PDF
    assert after == before


def test_the_log_is_proven_and_goes_on_in_the_same_chain(
    arrived: House, exported: Path, after: Answers
) -> None:
    there = arrived.client()
    there.make(there.follow("arkivstruktur/"), "arkivstruktur/ny-arkiv/", {"tittel": "Nytt"})

    sealed = arrived.sakark("checkpoint", "--kommune", SLUG)
    proven = arrived.sakark("verify", "--kommune", SLUG)

    last = json.loads((exported / "manifest.json").read_text(encoding="utf-8"))["segl"]["segl"]
    assert after.lists
    assert json.loads(sealed.stdout)["kommuner"][SLUG]["segl"] > last
    assert proven.returncode == 0, proven.stdout
    assert "Ingen funn." in proven.stdout


def test_the_log_tells_of_the_move_in_the_language_of_the_kommune(arrived: House) -> None:
    there = arrived.client()

    found = there.get(
        f"{there.root}loggingogsporing/hendelseslogg/",
        params={"$filter": "contains(beskrivelse,'Kommunen er flytta hit. Han heitte')"},
    )

    assert found.json()["count"] > 0, found.text


def test_a_kommune_with_another_name_has_its_files_there(
    target: House, another: Path, name: str
) -> None:
    done = target.sakark("kommune", "import", another, "--som", name)

    sealed = target.sakark("checkpoint", "--kommune", name)
    proven = target.sakark("verify", "--kommune", name)

    assert done.returncode == 0, done.stderr
    assert sealed.returncode == 0
    assert "Ingen funn." in proven.stdout


def test_a_kommune_may_move_twice(target: House, another: Path, name: str, tmp_path: Path) -> None:
    target.sakark("kommune", "import", another, "--som", name)
    left = target.sakark("kommune", "export", name, tmp_path / "videre")
    file = tmp_path / "videre" / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["kommune"]["kommunenummer"] = str(int(manifest["kommune"]["kommunenummer"]) + 1)
    file.write_text(json.dumps(manifest), encoding="utf-8")

    again = target.sakark("kommune", "import", tmp_path / "videre", "--som", f"{name}-2")
    proven = target.sakark("verify", "--kommune", f"{name}-2")

    assert (left.returncode, again.returncode) == (0, 0), again.stderr
    assert len(manifest["seglopphav"]) == 2
    assert "Ingen funn." in proven.stdout


@pytest.mark.parametrize(
    ("step", "times"),
    [("_take_in", 12), ("_refuse_unlike", 1), ("_open", 1)],
)
def test_an_import_that_is_killed_goes_on(
    target: House, another: Path, name: str, step: str, times: int
) -> None:
    words = ("kommune", "import", another, "--som", name)

    killed = kill(target, step, times, *words)
    unseen = target.http.get(f"{target.service.url}/{name}/api/").status_code
    done = target.sakark(*words)
    proven = target.sakark("verify", "--kommune", name)

    assert (killed, unseen, done.returncode) == (KILLED, 404, 0), done.stderr
    assert "Ingen funn." in proven.stdout


@pytest.mark.parametrize(("step", "times"), [("_fetch_files", 1)])
def test_an_export_that_is_killed_goes_on(
    source: House, exported: Path, tmp_path: Path, step: str, times: int
) -> None:
    words = ("kommune", "export", SLUG, tmp_path / "ut")

    killed = kill(source, step, times, *words)
    begun = (tmp_path / "ut" / "manifest.json").exists()
    done = source.sakark(*words)

    assert (killed, begun, done.returncode) == (KILLED, False, 0), done.stderr
    assert sums(tmp_path / "ut") == sums(exported)


def sums(folder: Path) -> dict[str, str]:
    """Give the checksum of each table; the log goes on while others look at what is screened."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    grow = ("endringslogg", "segl", "seglrad")
    return {one["navn"]: one["sha256"] for one in manifest["tabeller"] if one["navn"] not in grow}


def a_bit_of(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def another_schema(package: Path) -> None:
    file = package / "manifest.json"
    file.write_text(file.read_text(encoding="utf-8").replace(WANTED, "2027_01_01"), "utf-8")


def a_document(package: Path) -> Path:
    return next(one for one in (package / "filer" / SLUG).rglob("*") if one.is_file())


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit of a table": (
        lambda package: a_bit_of(package / "rader" / "mappe.csv"),
        "rader/mappe.csv er endret eller skadet. Hent pakken på nytt.",
    ),
    "a table that is gone": (
        lambda package: (package / "rader" / "klasse.csv").unlink(),
        "rader/klasse.csv mangler i pakken. Hent pakken på nytt.",
    ),
    "a bit of the list of files": (
        lambda package: a_bit_of(package / "filer.csv"),
        "filer.csv er endret eller skadet.",
    ),
    "another schema": (another_schema, "Pakken er laget med skjemaet 2027_01_01"),
    "no manifest": (
        lambda package: (package / "manifest.json").unlink(),
        "er ikke en hel pakke: manifest.json mangler",
    ),
    "half a manifest": (
        lambda package: (package / "manifest.json").write_text("{"),
        "manifest.json er skadet",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_not_opened(package: Path, damage: str) -> None:
    do, said = DAMAGES[damage]
    do(package)

    with pytest.raises(SakarkError) as refused:
        opened(package)

    assert said in str(refused.value)


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("do", "said"), [(a_bit_of, "feil sjekksum"), (Path.unlink, "mangler")], ids=["bit", "gone"]
)
def test_a_damaged_document_keeps_a_kommune_from_being_seen(
    target: House,
    another: Path,
    name: str,
    do: Callable[[Path], None],
    said: str,
    dry_run: tuple[str, ...],
) -> None:
    do(a_document(another))

    done = target.sakark("kommune", "import", another, "--som", name, *dry_run)

    assert (done.returncode, done.stderr.count(said)) == (1, 1), done.stderr
    assert target.http.get(f"{target.service.url}/{name}/api/").status_code == 404


def test_a_package_has_rows_of_its_own_kommune_only(exported: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text(encoding="utf-8"))
    numbers: set[str] = set()

    for one in manifest["tabeller"]:
        with (exported / "rader" / f"{one['navn']}.csv").open(encoding="utf-8", newline="") as rows:
            numbers |= {row["tenant_id"] for row in csv.DictReader(rows)}

    assert sum(one["rader"] for one in manifest["tabeller"]) > 500
    assert numbers == {str(manifest["kommune"]["nummer"])}


STRETCH = "seglopphav = jsonb_set(seglopphav, "
TAMPERINGS: Mapping[str, Sequence[str]] = {
    "a row that was sealed elsewhere": (
        "update mappe set tittel = 'X' where tenant_id = $1",
        "Raden er endret utenom loggen.",
    ),
    "a line that was sealed elsewhere": (
        "update endringslogg set endret_av = 'X' where tenant_id = $1",
        "Logglinjen er endret.",
    ),
    "where it was sealed": (
        f"update kommune set {STRETCH}'{{0,forseglet_som}}', '99') where id = $1",
        "Seglet fra",
    ),
    "how far it was sealed there": (
        f"update kommune set {STRETCH}'{{0,til_og_med}}', '0') where id = $1",
        # The sums are the same where its number happens to be; what the rows refer to is not.
        "Seglet fra",
        "Raden er satt inn utenom loggen.",
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_with_what_was_sealed_elsewhere_is_found(
    target: House, elsewhere: Settings, another: Path, name: str, tampering: str
) -> None:
    statement, *sayings = TAMPERINGS[tampering]
    target.sakark("kommune", "import", another, "--som", name)

    async def tamper(connection: asyncpg.Connection) -> None:
        await connection.execute("set session_replication_role = replica")
        number = await connection.fetchval("select id from kommune where slug = $1", name)
        await connection.execute(statement, number)

    as_superuser(elsewhere.data_dir.parent / "postgres", tamper)
    proven = target.sakark("verify", "--kommune", name, "--bare-stoerrelse")

    assert proven.returncode == 1
    assert any(one in proven.stdout for one in sayings)


def test_a_dry_run_writes_nothing(
    source: House, target: House, another: Path, name: str, tmp_path: Path
) -> None:
    out = source.sakark("kommune", "export", SLUG, tmp_path / "ut", "--dry-run")
    inn = target.sakark("kommune", "import", another, "--som", name, "--dry-run")

    assert (out.returncode, inn.returncode) == (0, 0), inn.stderr
    assert "journalpost" not in out.stdout
    assert "registrering\t" in out.stdout
    assert not (tmp_path / "ut").exists()
    assert name not in target.sakark("kommune", "list").stdout


def test_a_name_that_is_taken_is_refused(arrived: House, package: Path) -> None:
    done = arrived.sakark("kommune", "import", package)

    assert done.returncode == 1
    assert "er her fra før. Velg et annet navn med --som." in done.stderr


def test_a_folder_with_something_else_is_left_alone(source: House, tmp_path: Path) -> None:
    (tmp_path / "regnskap.txt").write_text("1")

    done = source.sakark("kommune", "export", SLUG, tmp_path)

    assert done.returncode == 1
    assert "har noe annet i seg" in done.stderr
