"""Tampering with rows, with the log, with the chain and with files is found, and named."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from tests.conftest import Client, Service, World
from tests.operations.archiving import as_superuser
from tests.proof.conftest import Archive

from sakark_api.tenancy.chain import Figures
from sakark_api.tenancy.segl import kinds

CHANGED = "Raden er endret utenom loggen."
INSERTED = "Raden er satt inn utenom loggen."
DELETED = "Raden er slettet utenom loggen."
LINE_CHANGED = "Logglinjen er endret."
LINE_INSERTED = "Logglinjen er satt inn utenom arkivet."
LINE_DELETED = "Logglinjen er slettet."
UNLOGGED = "uten at loggen sier av hvem."


@dataclass(frozen=True)
class Tampering:
    """Something done behind the archive's back to what is about a unit, and what is to be found.

    Told, the triggers are on; the statement gives the identity that is to be named.
    """

    unit: str
    table: str
    statement: str
    what: str
    told: bool = False


TAMPERINGS = {
    "a title": Tampering(
        "klasse",
        "klasse",
        "update klasse set tittel = 'X' where system_id = $1 returning system_id",
        CHANGED,
    ),
    "who made it": Tampering(
        "saksmappe",
        "mappe",
        "update mappe set opprettet_av = 'X' where system_id = $1 returning system_id",
        CHANGED,
    ),
    "a screening": Tampering(
        "journalpost",
        "registrering",
        "update registrering set skjerming = '{}' where system_id = $1 returning system_id",
        CHANGED,
    ),
    "a correspondent": Tampering(
        "korrespondansepartperson",
        "korrespondansepart",
        "update korrespondansepart set navn = 'X' where system_id = $1 returning system_id",
        CHANGED,
    ),
    "a checksum": Tampering(
        "dokumentobjekt",
        "dokumentobjekt",
        "update dokumentobjekt set sjekksum = 'X' where system_id = $1 returning system_id",
        CHANGED,
    ),
    "a deletion": Tampering(
        "merknad",
        "merknad",
        "delete from merknad where system_id = $1 returning system_id",
        DELETED,
    ),
    "a loosened tie": Tampering(
        "journalpost",
        "registrering_dokumentbeskrivelse",
        "delete from registrering_dokumentbeskrivelse where registrering_ref = $1"
        " returning registrering_ref",
        DELETED,
    ),
    "a tie put in": Tampering(
        "klasse",
        "klasse_mappe",
        "insert into klasse_mappe (tenant_id, klasse_ref, mappe_ref) select tenant_id, $1,"
        " system_id from mappe where klasse_ref = $1 returning klasse_ref",
        INSERTED,
    ),
    "a unit put in": Tampering(
        "arkivskaper",
        "arkivskaper",
        "insert into arkivskaper (tenant_id, system_id, version, arkivskaper_id, arkivskaper_navn,"
        " opprettet_dato, opprettet_av, referanse_opprettet_av) select tenant_id,"
        " gen_random_uuid(), 1, 'X', 'X', opprettet_dato, opprettet_av, referanse_opprettet_av"
        " from arkivskaper where system_id = $1 returning system_id",
        INSERTED,
    ),
    "a line": Tampering(
        "klasse",
        "endringslogg",
        "update endringslogg set endret_av = 'X' where referanse_arkivenhet = $1"
        " returning system_id",
        LINE_CHANGED,
    ),
    "a line deleted": Tampering(
        "saksmappe",
        "endringslogg",
        "delete from endringslogg where referanse_arkivenhet = $1 returning system_id",
        LINE_DELETED,
    ),
    "a line put in": Tampering(
        "arkivdel",
        "endringslogg",
        "insert into endringslogg select (jsonb_populate_record(l, jsonb_build_object("
        "'system_id', gen_random_uuid()))).* from endringslogg l where referanse_arkivenhet = $1"
        " returning system_id",
        LINE_INSERTED,
    ),
    "a title, told": Tampering(
        "arkivdel",
        "arkivdel",
        "update arkivdel set tittel = 'X' where system_id = $1 returning system_id",
        UNLOGGED,
        told=True,
    ),
    "a title, as the service": Tampering(
        "arkiv",
        "arkiv",
        "with role as (select set_config('role', 'sakark_app', true),"
        " set_config('app.tenant_id', (select tenant_id::text from arkiv where system_id = $1),"
        " true)) update arkiv set tittel = 'X' from role where system_id = $1 returning system_id",
        UNLOGGED,
        told=True,
    ),
    "a note put in": Tampering(
        "dokumentbeskrivelse",
        "dokumentbeskrivelse",
        "insert into radendring (tenant_id, tabell, enhet, transaksjon) select tenant_id,"
        " 'dokumentbeskrivelse', system_id, -1 from dokumentbeskrivelse where system_id = $1"
        " returning enhet",
        UNLOGGED,
    ),
    "a line changed and sealed again": Tampering(
        "journalpost",
        "endringslogg",
        "update endringslogg set endret_av = 'X' where referanse_arkivenhet = $1"
        " returning system_id",
        LINE_CHANGED,
        told=True,
    ),
}


@pytest.fixture(scope="module")
def found(archive: Archive, http: httpx.Client, service: Service) -> dict[str, bool]:
    """Tell of each tampering whether it was found; all are done to one archive."""
    world = World(Client(http, service, "administrator@aukra", "aukra"))
    for made in (world.dokumentobjekt, world.korrespondansepartperson, world.merknad):
        assert made["systemID"]
    archive.seal()
    named = {}
    archive.tamper("alter table endringslogg disable trigger only_added_to")
    for name, one in TAMPERINGS.items():
        unit = getattr(world, one.unit)["systemID"]
        rows = archive.tamper(one.statement, unit, untold=not one.told)
        named[name] = str(rows[0][0])
    archive.tamper("alter table endringslogg enable trigger only_added_to")
    archive.seal()
    proven = archive.prove()
    return {
        name: any(
            one[:2] == (named[name], wanted.table) and wanted.what in one[2] for one in proven
        )
        for name, wanted in TAMPERINGS.items()
    }


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named(found: dict[str, bool], name: str) -> None:
    assert found[name]


def test_an_archive_that_is_only_used_holds(
    whole: Archive, http: httpx.Client, service: Service
) -> None:
    """Made, changed, moved, pointed elsewhere and deleted, with seals made in between."""
    client = Client(http, service, "administrator@midsund", "midsund")
    used = World(client)
    for made in (used.dokumentobjekt, used.kryssreferanse, used.presedens, used.partperson):
        assert made["systemID"]
    whole.seal()
    client.patch(client.link(used.mappe, "self"), {"tittel": "B"}, headers={"If-Match": "*"})
    inside = f"{client.link(used.mappe, 'self')}klasse/$ref"
    client.request("PUT", inside, content=client.link(used.klasse, "self"))
    pointed = f"{client.link(used.kryssreferanse, 'self')}$ref"
    client.request("PUT", pointed, content=client.link(used.klasse, "self"))
    assert client.delete(client.link(used.partperson, "self")).status_code == 204
    place, figures = whole.seal(), Figures()

    found = whole.prove(place, figures)

    assert found == set()
    assert figures.segl >= 2
    assert figures.rader > 100
    assert figures.venter == 0


def test_what_is_not_sealed_yet_waits(archive: Archive, world: World) -> None:
    archive.seal()
    assert world.arkiv["systemID"]
    figures = Figures()

    found = archive.prove(figures=figures)

    assert not {one for one in found if one[0] == world.arkiv["systemID"]}
    assert figures.venter >= 2


@pytest.mark.parametrize(
    "statement",
    [
        "update endringslogg set endret_av = 'X'",
        "delete from endringslogg",
        "truncate endringslogg",
        "update segl set antall = 0",
        "delete from segl",
        "truncate segl",
        "update seglrad set grunn = 'L'",
        "delete from seglrad",
        "update seglform set tabell = 'X'",
        "delete from seglform",
    ],
)
def test_nobody_may_change_what_is_said_or_sealed(archive: Archive, statement: str) -> None:
    archive.seal()

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
        archive.tamper(statement)


def test_the_service_has_no_right_to_change_it(archive: Archive) -> None:
    rights = archive.tamper(
        "select kept, way from unnest(array['endringslogg', 'segl', 'seglrad', 'seglform']) kept,"
        " unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) way"
        " where has_table_privilege('sakark_app', kept, way)"
    )

    assert rights == []


def test_every_table_that_is_sealed_is_noted(archive: Archive) -> None:
    noted = archive.tamper(
        "select tgrelid::regclass::text from pg_trigger join pg_class on pg_class.oid = tgrelid"
        " where tgname = 'noted' and tgenabled = 'O' and not relispartition"
    )

    assert {one[0] for one in noted} == set(kinds())


def test_a_changed_seal_is_named(archive: Archive, world: World) -> None:
    assert world.arkiv["systemID"]
    number = archive.seal().segl
    archive.tamper(
        "update segl set tidspunkt = tidspunkt - interval '1 h'"
        " where tenant_id = $1 and nummer = $2",
        archive.tenant,
        number,
        untold=True,
    )

    assert (str(number), "segl") in {one[:2] for one in archive.prove()}


def test_a_changed_reason_is_named(archive: Archive, world: World) -> None:
    mappe = world.mappe["systemID"]
    archive.tamper("update mappe set tittel = 'X' where system_id = $1", mappe)
    number = archive.seal().segl
    archive.tamper("update seglrad set grunn = 'L' where enhet = $1", mappe, untold=True)

    assert (str(number), "segl") in {one[:2] for one in archive.prove()}


def test_a_missing_seal_is_named(archive: Archive, world: World) -> None:
    assert world.arkiv["systemID"]
    number = archive.seal().segl
    assert world.arkivdel["systemID"]
    archive.seal()
    archive.tamper(
        "delete from segl where tenant_id = $1 and nummer = $2",
        archive.tenant,
        number,
        untold=True,
    )

    found = archive.prove()

    assert (str(number), "segl", f"Segl mangler, fra dette til {number + 1}.") in found
    assert (str(number), "segl", "Seglet mangler, men det er rader etter det.") in found


def test_a_chain_made_anew_is_another_than_the_checkpoints(archive: Archive, world: World) -> None:
    """Whoever owns the database can make a chain that holds; not one that was written down."""
    assert world.mappe["systemID"]
    place = archive.seal()
    for table in ("segl", "seglrad", "radendring"):
        archive.tamper(f"delete from {table} where tenant_id = $1", archive.tenant, untold=True)
    archive.seal()

    alone, compared = archive.prove(), archive.prove(place)

    assert alone == set()
    assert {(table, "kontrollpunktet" in what) for _, table, what in compared} == {("segl", True)}


def test_a_chain_cut_short_is_not_that_of_the_checkpoint(archive: Archive, world: World) -> None:
    kept = archive.seal()
    assert world.mappe["systemID"]
    place = archive.seal()
    for table, column in (("segl", "nummer"), ("seglrad", "segl")):
        archive.tamper(
            f"delete from {table} where tenant_id = $1 and {column} > $2",
            archive.tenant,
            kept.segl,
            untold=True,
        )

    found = archive.prove(place)

    assert (str(place.segl), "segl") in {one[:2] for one in found}
    assert (world.mappe["systemID"], "mappe", INSERTED) in found


def test_many_sealers_make_one_chain(whole: Archive, http: httpx.Client, service: Service) -> None:
    assert World(Client(http, service, "administrator@midsund", "midsund")).mappe["systemID"]

    whole.seal(sealers=4)

    assert whole.prove() == set()


MAKE_BRUKER = (
    "insert into bruker (tenant_id, system_id, version, issuer, subject, bruker_navn,"
    " opprettet_dato, opprettet_av) values ($1, gen_random_uuid(), 1, $2, $2, 'X', now(), 'X')"
    " returning system_id"
)


def test_a_first_login_at_the_former_release_is_no_tampering(archive: Archive) -> None:
    """It makes brukere without a line of the log, and serves for a while beside this one."""
    archive.seal()
    made = str(archive.tamper(MAKE_BRUKER, archive.tenant, str(uuid4()))[0][0])
    archive.seal()

    before = archive.prove()
    archive.tamper("update bruker set bruker_navn = 'Y' where system_id = $1", UUID(made))
    archive.seal()

    assert made not in {one[0] for one in before}
    assert (made, "bruker") in {one[:2] for one in archive.prove()}


def test_what_an_upgrade_fills_in_is_logged_when_it_says_so(
    whole: Archive, http: httpx.Client, service: Service
) -> None:
    mappe = World(Client(http, service, "administrator@midsund", "midsund")).mappe["systemID"]
    whole.seal()

    async def upgrade(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute(f"set local app.tenant_id = '{whole.tenant}'")
            await connection.execute("update mappe set tittel = 'X' where system_id = $1", mappe)
            await connection.execute("select sakark_tell_upgrade('Titler')")

    as_superuser(whole.postgres, upgrade)
    whole.seal()

    assert whole.prove() == set()


def test_no_writer_is_passed_over(archive: Archive, world: World) -> None:
    """A transaction that began before a seal and ends after it is in the next one."""
    mappe, tenant = world.mappe["systemID"], archive.tenant

    async def write(connection: asyncpg.Connection) -> int:
        async with connection.transaction():
            await connection.execute("update mappe set tittel = 'X' where system_id = $1", mappe)
            return (await asyncio.to_thread(archive.seal)).segl

    missed = as_superuser(archive.postgres, write)
    archive.seal()

    rows = archive.tamper(
        "select segl from seglrad where tenant_id = $1 and enhet = $2 and grunn = 'U'",
        tenant,
        mappe,
    )
    assert [row[0] for row in rows] == [missed + 1]


def test_what_is_written_as_it_was_is_no_change(world: World, archive: Archive) -> None:
    """The core completes what clients send: what comes of it may be what there was."""
    client, graded = world.client, {"gradering": {"graderingskode": {"kode": "B"}}}
    address, match = client.link(world.mappe, "self"), {"If-Match": "*"}
    client.patch(address, graded, headers=match)
    archive.seal()

    again = client.patch(address, graded, headers=match)
    archive.seal()

    assert again.status_code == 200
    assert not {one for one in archive.prove() if one[0] == world.mappe["systemID"]}
