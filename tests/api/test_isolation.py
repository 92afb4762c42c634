"""Nobody sees another kommune: at every address, and beneath them in SQL."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.orm import Session
from tests.api.test_search import say
from tests.conftest import Client, LogIn, Service, World, build_world, described, in_kommune
from tests.proof.conftest import Archive
from tests.tenancy.operations import LONG, Sent, operations, sent

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.tenancy.beredskap import Telt, keep_counts
from sakark_api.tenancy.innlesing import Innlesing, begin, keep_faults
from sakark_api.tenancy.loesfil import note_strays
from sakark_api.tenancy.partitions import partitioned_tables, tenant_tables
from sakark_api.tenancy.utflyttet import Utflyttet
from sakark_api.tenancy.uttrekk import Tilstand, add_order, move

DESCRIPTION = described()
OPERATIONS = tuple(operations(DESCRIPTION))
CLOSED = tuple(one for one in OPERATIONS if not one.open and one.of_kommune)
NOT_OF_A_TENANT = {"kommune", "kommune_issuer", "driftslogg", "alembic_version", "seglform"}
NEVER_CHANGED = ("endringslogg", "bruk", "segl", "seglrad")
NEVER_UPDATED = (*NEVER_CHANGED, "radendring")


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    """Units of every kind in Molde, which nobody else may see."""
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture(scope="module")
def uploads(ours: World) -> Mapping[str, str]:
    """Uploads under way in Molde, by the kind of unit they are sent to."""
    return {
        name: begin_upload(ours.client, getattr(ours, name))
        for name in ("dokumentbeskrivelse", "dokumentobjekt")
    }


def begin_upload(client: Client, unit: Mapping[str, Any]) -> str:
    answer = client.request(
        "POST",
        client.link(unit, "arkivstruktur/fil/"),
        headers={
            "X-Upload-Content-Type": "application/pdf",
            "X-Upload-Content-Length": str(LONG),
            "Content-Length": "0",
        },
    )
    assert answer.status_code == 200, answer.text
    return answer.headers["location"].rstrip("/").rpartition("/")[2]


def send(client: Client, one: Sent) -> httpx.Response:
    return client.request(
        one.operation.method,
        client.service.url + one.address,
        content=one.body,
        headers=dict(one.headers),
    )


def surprises(
    client: Client, calls: Sequence[Sent], expected: int
) -> list[tuple[str, str, int, str]]:
    """List the operations that gave another status than expected, or not the standard's error."""
    found = []
    for one in calls:
        answer = send(client, one)
        fault = answer.json().get("feil", {}) if answer.content.startswith(b"{") else {}
        if answer.status_code != expected or fault.get("kode") != expected:
            path = one.operation.path
            found.append((one.operation.method, path, answer.status_code, answer.text[:200]))
    return found


@pytest.mark.krav("TG0-25")
@pytest.mark.parametrize("user", ["administrator@rauma", "leser@vestnes"])
def test_every_address_is_404_to_a_token_of_another_kommune(
    log_in: LogIn, ours: World, uploads: Mapping[str, str], user: str
) -> None:
    foreigner = log_in(user, "molde")
    calls = [sent(one, DESCRIPTION, ours, uploads, "molde") for one in CLOSED]

    found = surprises(foreigner, calls, 404)

    assert found == []
    assert len(calls) > 400


def test_the_root_is_404_to_a_token_of_another_kommune(log_in: LogIn) -> None:
    foreigner = log_in("administrator@rauma", "molde")

    answer = foreigner.get(foreigner.root)

    assert answer.status_code == 404


def test_nothing_has_happened_to_what_foreigners_wrote_to(
    log_in: LogIn, ours: World, uploads: Mapping[str, str]
) -> None:
    foreigner = log_in("administrator@rauma", "molde")
    before = {name: ours.client.refreshed(unit) for name, unit in units(ours)}

    for one in CLOSED:
        send(foreigner, sent(one, DESCRIPTION, ours, uploads, "molde"))

    assert {name: ours.client.refreshed(unit) for name, unit in units(ours)} == before


def units(world: World) -> Iterator[tuple[str, Any]]:
    return ((name, unit) for name, unit in vars(world).items() if isinstance(unit, dict))


@pytest.mark.parametrize(
    ("kommune", "user"),
    [("rauma", "administrator@rauma"), ("vestnes", "administrator@vestnes")],
)
def test_ids_of_another_kommune_do_not_exist_under_ones_own(
    log_in: LogIn, ours: World, uploads: Mapping[str, str], kommune: str, user: str
) -> None:
    calls = [
        sent(one, DESCRIPTION, ours, uploads, kommune)
        for one in CLOSED
        if one.has_id and hasattr(ours, one.entity)
    ]

    found = surprises(log_in(user), calls, 404)

    assert found == []
    assert len(calls) > 100


def test_a_code_of_another_kommune_does_not_exist_under_ones_own(log_in: LogIn) -> None:
    ours, theirs = log_in("arkivar@molde"), log_in("arkivar@rauma")
    kode = f"M{uuid4().hex}"
    made = ours.post(
        f"{ours.root}metadata/ny-dokumenttype/", {"kode": kode, "kodenavn": f"Navn {kode}"}
    )

    answer = theirs.get(f"{theirs.root}metadata/dokumenttype/{kode}/")

    assert made.status_code == 201
    assert answer.status_code == 404
    assert kode not in theirs.get(f"{theirs.root}metadata/dokumenttype/").text


def test_an_invented_id_looks_the_same_as_another_kommunes(log_in: LogIn, ours: World) -> None:
    theirs = log_in("administrator@rauma")
    base = f"{theirs.root}arkivstruktur/mappe/"

    there, nowhere = theirs.get(f"{base}{ours.mappe['systemID']}/"), theirs.get(f"{base}{uuid4()}/")

    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text)


@pytest.mark.krav("TG0-05")
def test_without_a_token_every_address_asks_for_one(
    log_in: LogIn, ours: World, uploads: Mapping[str, str]
) -> None:
    nobody = log_in(None)
    calls = [sent(one, DESCRIPTION, ours, uploads, "molde") for one in CLOSED]

    answers = [(one.operation.id, send(nobody, one)) for one in calls]

    assert {answer.status_code for _, answer in answers} == {401}
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for _, answer in answers)
    assert all(answer.json()["feil"]["kode"] == 401 for _, answer in answers)


@pytest.mark.parametrize(
    "path",
    [
        "/molde/api/",
        "/molde/api",
        "/molde/api/.well-known/openid-configuration",
        "/kommuner/",
        "/health/live",
        "/health/ready",
        "/docs",
        "/openapi.json",
    ],
)
def test_open_addresses_ask_for_no_token(http: httpx.Client, service: Service, path: str) -> None:
    answer = http.get(service.url + path)

    assert answer.status_code == 200


def test_only_the_roots_the_login_address_and_the_list_of_kommuner_are_open() -> None:
    assert {one.path for one in OPERATIONS if one.open} == {
        "/health/live",
        "/health/ready",
        "/kommuner/",
        "/{kommune}/api/",
        "/{kommune}/api/.well-known/openid-configuration/",
        "/{kommune}/api/offentlig/journal/",
        "/{kommune}/api/offentlig/journal/{dato}/",
    }


def test_the_open_root_tells_nothing_but_where_things_are(log_in: LogIn) -> None:
    answer = log_in(None).get(log_in(None).root)

    assert set(answer.json()) == {"_links"}


def test_a_reader_may_write_nothing(log_in: LogIn, ours: World, uploads: Mapping[str, str]) -> None:
    calls = [sent(one, DESCRIPTION, ours, uploads, "molde") for one in CLOSED if one.writes]

    found = surprises(log_in("leser@molde"), calls, 403)

    assert found == []
    assert len(calls) > 180


def test_another_users_upload_does_not_exist(
    log_in: LogIn, ours: World, uploads: Mapping[str, str]
) -> None:
    calls = [
        sent(one, DESCRIPTION, ours, uploads, "molde") for one in CLOSED if "{rest}" in one.path
    ]

    found = surprises(log_in("saksbehandler@molde"), calls, 404)

    assert found == []
    assert len(calls) == 6


def referring() -> list[tuple[str, str, str]]:
    """List what a client may refer to by systemID: who offers the unit, which, and the field."""
    schemas = DESCRIPTION["components"]["schemas"]
    found = {
        (one.schema, name): (one.entity, one.path.rstrip("/").rpartition("ny-")[2], name)
        for one in OPERATIONS
        if one.method == "POST" and one.has_id and one.schema and "/ny-" in one.path
        for name, field in schemas[one.schema]["properties"].items()
        if "uuid" in json.dumps(field.get("anyOf", field)) and not field.get("readOnly")
    }
    return list(found.values())


@pytest.mark.parametrize(("owner", "made", "field"), referring())
def test_a_unit_cannot_refer_to_one_of_another_kommune(
    log_in: LogIn, ours: World, owner: str, made: str, field: str
) -> None:
    theirs = log_in("administrator@rauma")
    world = build_world(theirs)
    operation = next(
        one
        for one in OPERATIONS
        if one.method == "POST" and one.entity == owner and one.path.endswith(f"/ny-{made}/")
    )
    plain = sent(operation, DESCRIPTION, world, {}, "rauma")
    foreign = target(field, ours)["systemID"]
    body = {**json.loads(plain.body or b"{}"), field: foreign}

    answer = theirs.post(theirs.service.url + plain.address, body)

    assert foreign not in answer.text
    assert answer.status_code in (400, 404, 409), answer.text


def target(field: str, world: World) -> Any:
    """Find a unit of the kind that a reference is named after."""
    return next(
        (unit for name, unit in units(world) if name in field.lower()), world.administrativenhet
    )


def test_interleaved_requests_of_two_kommuner_never_mix(
    http: httpx.Client, service: Service
) -> None:
    clients = {
        kommune: Client(http, service, f"leser@{kommune}", kommune)
        for kommune in ("molde", "rauma", "vestnes")
    }
    known = {kommune: every_id(client) for kommune, client in clients.items()}
    kommuner = list(clients) * 100

    with ThreadPoolExecutor(12) as pool:
        lists = list(pool.map(lambda kommune: (kommune, some_page(clients[kommune])), kommuner))

    strays = [
        (kommune, unit["systemID"])
        for kommune, page in lists
        for unit in page
        if unit["systemID"] not in known[kommune] or f"/{kommune}/api/" not in str(unit["_links"])
    ]
    assert strays == []
    assert all(page for _, page in lists)
    assert not known["molde"] & known["rauma"]


def every_id(client: Client) -> set[str]:
    found: set[str] = set()
    address: str | None = f"{client.root}sakarkiv/saksmappe/?$top=1000"
    while address:
        page = client.http.get(address, headers=client.headers).json()
        found |= {unit["systemID"] for unit in page.get("results", ())}
        address = page["_links"].get("next", {}).get("href")
    return found


def some_page(client: Client) -> list[Any]:
    answer = client.get(f"{client.root}sakarkiv/saksmappe/", params={"$top": "5"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def test_interleaved_writes_of_two_kommuner_stay_at_home(
    http: httpx.Client, service: Service
) -> None:
    clients = [
        Client(http, service, f"administrator@{kommune}", kommune)
        for kommune in ("molde", "rauma") * 20
    ]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make_skaper, clients))

    seen = [
        (client.get(client.link(unit, "self")).status_code, "/molde/" in str(unit["_links"]))
        for client, unit in zip(clients, made, strict=True)
    ]
    assert seen == [(200, "/molde/" in client.root) for client in clients]


def make_skaper(client: Client) -> Any:
    answer = client.post(
        f"{client.root}arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": "1", "arkivskaperNavn": client.root},
    )
    assert answer.status_code == 201, answer.text
    unit = answer.json()
    assert unit["arkivskaperNavn"] == client.root
    return unit


# Beneath the API: SQL as the application role.


class Sql:
    """Statements as a role of the database, for one kommune, another or none."""

    def __init__(self, url: str) -> None:
        self._url = url

    def run(self, statement: str, *values: Any, tenant: int | None = None) -> list[asyncpg.Record]:
        return asyncio.run(self._run(statement, values, tenant, fetch=True))

    def execute(self, statement: str, *values: Any, tenant: int | None = None) -> str:
        """Run a statement in a transaction that is rolled back; give the command's tag."""
        return str(asyncio.run(self._run(statement, values, tenant, fetch=False)))

    async def _run(
        self, statement: str, values: Sequence[Any], tenant: int | None, *, fetch: bool
    ) -> Any:
        connection = await asyncpg.connect(self._url)
        try:
            transaction = connection.transaction()
            await transaction.start()
            if tenant is not None:
                await connection.execute(
                    "select set_config('app.tenant_id', $1, false)", str(tenant)
                )
            work = connection.fetch if fetch else connection.execute
            answer = await work(statement, *values)
            await transaction.rollback()
            return answer
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def app_role(database: EmbeddedServer) -> Sql:
    return Sql(database.app_url)


@pytest.fixture(scope="module")
def owner_role(database: EmbeddedServer) -> Sql:
    return Sql(database.owner_url)


def note_a_stray(session: Session) -> None:
    now = datetime.now(UTC)
    note_strays(session, ["molde/2026/00/that-no-row-names"], now, before=now)


def note_a_count(arkivdel: Any, session: Session) -> None:
    counts = [Telt("mappe", 1, 0, 0, {})]
    keep_counts(session, UUID(arkivdel["systemID"]), counts, datetime.now(UTC))


def note_an_import(session: Session) -> None:
    now, own = datetime.now(UTC), uuid4()
    made = Innlesing(
        id=own, fingeravtrykk=own.hex, mappe="pakke", versjon="5.0", startet=now, tall={}
    )
    begin(session, made)
    fault = {"nummer": 0, "kode": "I04", "fil": "arkivuttrekk.xml", "linje": 1, "sted": "version"}
    keep_faults(session, own, [{**fault, "verdi": None, "enhet": None}])


def note_an_order(session: Session) -> None:
    who = {"bestilt_av": "Kari", "referanse_bestilt_av": uuid4()}
    facts = {"arkivdeler": [uuid4()], "produksjonsformat": False, "bestilt_dato": datetime.now(UTC)}
    assert move(session, add_order(session, {**facts, **who}), Tilstand.AVBRUTT, {})


def note_who_left(session: Session) -> None:
    tenant_id = session.info["tenant_id"]
    session.add(Utflyttet(tenant_id=tenant_id, enhet=uuid4(), til="rauma", gradert=None))


@pytest.fixture(scope="module")
def tenants(ours: World, app_role: Sql) -> dict[str, int]:
    """Each kommune's number, once there is something of every kind in Molde."""
    client = ours.client
    made = client.post(
        client.link(ours.journalpost, "sakarkiv/ny-presedens/"),
        {"tittel": "Presedensen", "rettskildefaktor": "Praksis"},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert made.status_code == 201, made.text
    client.make(
        ours.klassifikasjonssystem,
        "arkivstruktur/ny-sekundaerklassifikasjonssystem/",
        {"tittel": "Sekundært"},
    )
    tied = client.request(
        "POST",
        f"{client.link(ours.saksmappe, 'sakarkiv/sekundaerklassifikasjon/')}$ref",
        params={"$id": client.link(ours.klasse, "self")},
    )
    assert tied.status_code == 204, tied.text
    assert ours.dokumentkontroll["resultat"]
    assert ours.epost["emne"]
    assert ours.kassasjonslinje["utelatt"]
    in_kommune(client.service.settings, "molde", note_a_stray)
    in_kommune(client.service.settings, "molde", note_an_import)
    in_kommune(client.service.settings, "molde", note_an_order)
    in_kommune(client.service.settings, "molde", note_who_left)
    say(client.service, ours.dokumentobjekt, "Kommunen har vedtatt tiltaket.")
    in_kommune(client.service.settings, "molde", partial(note_a_count, ours.arkivdel))
    return {row["slug"]: row["id"] for row in app_role.run("select id, slug from kommune")}


@pytest.fixture(scope="module")
def filled(
    owner_role: Sql,
    tenants: dict[str, int],
    uploads: Mapping[str, str],
    service: Service,
    postgres: Path,
    ours: World,
) -> Mapping[str, str]:
    """One row of Molde from every table, as JSON, by table."""
    del uploads
    Archive(service, postgres, "molde").seal()
    make_skaper(ours.client)  # whose row is noted, and not sealed yet
    found = {}
    for table in TABLES:
        rows = owner_role.run(
            f"select row_to_json(one)::text from {table} as one where tenant_id = $1 limit 1",
            tenants["molde"],
            tenant=tenants["molde"],
        )
        assert rows, f"nothing in {table}"
        found[table] = rows[0][0]
    return found


TABLES = tuple(table.name for table in tenant_tables())
PARTITIONED = tuple(table.name for table in partitioned_tables())


def test_every_table_but_the_registry_belongs_to_kommuner(owner_role: Sql) -> None:
    rows = owner_role.run(
        "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
        " and relnamespace = 'public'::regnamespace"
    )

    assert {row[0] for row in rows} == {*TABLES, *NOT_OF_A_TENANT}


@pytest.mark.parametrize("table", TABLES)
def test_without_a_kommune_a_table_is_empty(
    app_role: Sql, filled: Mapping[str, str], table: str
) -> None:
    rows = app_role.run(f"select * from {table}")

    assert rows == []
    assert filled[table]


@pytest.mark.parametrize("setting", ["", "0", "32767"])
@pytest.mark.parametrize("table", TABLES)
def test_with_an_empty_or_unknown_kommune_a_table_is_empty(
    app_role: Sql, filled: Mapping[str, str], table: str, setting: str
) -> None:
    del filled
    rows = app_role.run(
        "with here as materialized (select set_config('app.tenant_id', $1, true))"
        f" select one.* from here, {table} as one",
        setting,
    )

    assert rows == []


@pytest.mark.parametrize("table", TABLES)
def test_with_another_kommune_a_row_is_not_there(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int], table: str
) -> None:
    del filled
    rows = app_role.run(
        f"select * from {table} where tenant_id = $1", tenants["molde"], tenant=tenants["rauma"]
    )

    assert rows == []


@pytest.mark.parametrize("tenant", ["rauma", None])
@pytest.mark.parametrize("table", TABLES)
def test_a_row_for_another_kommune_cannot_be_inserted(
    app_role: Sql,
    owner_role: Sql,
    filled: Mapping[str, str],
    tenants: dict[str, int],
    table: str,
    tenant: str | None,
) -> None:
    columns = ", ".join(
        row[0]
        for row in owner_role.run(
            "select column_name from information_schema.columns"
            " where table_name = $1 and is_generated = 'NEVER'",
            table,
        )
    )
    statement = (
        f"insert into {table} ({columns})"
        f" select {columns} from json_populate_record(null::{table}, $1::text::json)"
    )

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        app_role.execute(statement, filled[table], tenant=tenants[tenant] if tenant else None)


@pytest.mark.parametrize("table", [name for name in TABLES if name not in NEVER_UPDATED])
def test_another_kommunes_rows_cannot_be_updated(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int], table: str
) -> None:
    del filled
    tag = app_role.execute(
        f"update {table} set tenant_id = tenant_id where tenant_id = {tenants['molde']}",
        tenant=tenants["rauma"],
    )

    assert tag == "UPDATE 0"


@pytest.mark.parametrize("table", [name for name in TABLES if name not in NEVER_UPDATED])
def test_rows_cannot_be_given_to_another_kommune(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int], table: str
) -> None:
    del filled
    with pytest.raises(asyncpg.PostgresError, match=r"row-level security|foreign key"):
        app_role.execute(
            f"update {table} set tenant_id = {tenants['rauma']}", tenant=tenants["molde"]
        )


@pytest.mark.parametrize("table", [name for name in TABLES if name not in NEVER_CHANGED])
def test_another_kommunes_rows_cannot_be_deleted(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int], table: str
) -> None:
    del filled
    tag = app_role.execute(
        f"delete from {table} where tenant_id = {tenants['molde']}", tenant=tenants["rauma"]
    )

    assert tag == "DELETE 0"


@pytest.mark.parametrize("table", PARTITIONED)
@pytest.mark.parametrize(
    "statement", ["select * from {0}", "delete from {0}", "update {0} set tenant_id = 1"]
)
def test_a_partition_cannot_be_named(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int], table: str, statement: str
) -> None:
    del filled
    partition = f"{table}_k{tenants['molde']}"

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        app_role.execute(statement.format(partition), tenant=tenants["molde"])


def test_no_partition_has_rights_of_its_own(owner_role: Sql, tenants: dict[str, int]) -> None:
    rows = owner_role.run(
        "select c.relname from pg_class c, aclexplode(c.relacl) a"
        " where c.relispartition and a.grantee <> c.relowner"
    )

    assert rows == []
    assert len(tenants) >= 5


def test_every_table_of_kommuner_has_forced_row_security(owner_role: Sql) -> None:
    rows = owner_role.run(
        "select relname from pg_class where relname = any($1) and relnamespace ="
        " 'public'::regnamespace and relrowsecurity and relforcerowsecurity",
        list(TABLES),
    )

    assert {row[0] for row in rows} == set(TABLES)


@pytest.mark.parametrize(
    "statement",
    [
        "update endringslogg set endret_av = 'Ingen'",
        "delete from endringslogg",
        "truncate endringslogg",
        "update bruk set slag = 'system'",
        "delete from bruk",
        "update segl set antall = 0",
        "delete from segl",
        "truncate segl",
        "update seglrad set grunn = 'L'",
        "delete from seglrad",
        "truncate seglrad",
        "update seglform set tabell = 'X'",
        "delete from seglform",
        "truncate seglform",
        "update radendring set transaksjon = -1",
        "truncate radendring",
        "truncate bruk",
        "select * from driftslogg",
        "insert into driftslogg default values",
        "select sakark_add_partitions(1::smallint)",
        "select sakark_throw_away(1::smallint)",
        "select sakark_give_rights(1::smallint)",
        "set role sakark_drift",
        "truncate kodeverdi",
        "truncate registrering",
        "insert into kommune select * from kommune",
        "update kommune set navn = 'x'",
        "delete from kommune",
        "insert into kommune_issuer select * from kommune_issuer",
        "update kommune_issuer set audience = 'x'",
        "delete from kommune_issuer",
        "update alembic_version set version_num = 'x'",
        "drop table jobs.procrastinate_jobs",
        "create table mine (id int)",
        "create schema mine",
        "alter table mappe disable row level security",
        "drop policy own_kommune on mappe",
        "set role sakark_owner",
        "set session authorization sakark_owner",
        "set session_replication_role = replica",
        "alter role sakark_app bypassrls",
        "create role mine",
        "select pg_read_file('postgresql.conf')",
        "copy (select 1) to program 'true'",
        "comment on table mappe is 'x'",
    ],
)
def test_the_application_role_may_not(
    app_role: Sql, tenants: dict[str, int], statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        app_role.execute(statement, tenant=tenants["molde"])


def test_switching_row_security_off_gives_an_error_and_no_rows(
    database: EmbeddedServer, filled: Mapping[str, str]
) -> None:
    del filled

    async def look() -> None:
        connection = await asyncpg.connect(database.app_url)
        try:
            await connection.execute("set row_security = off")
            await connection.fetch("select * from mappe")
        finally:
            await connection.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(look())


def test_the_application_role_owns_nothing_and_passes_no_guard(app_role: Sql) -> None:
    (role,) = app_role.run(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " from pg_roles where rolname = current_user"
    )
    owned = app_role.run(
        "select 1 from pg_class where relowner = current_user::regrole"
        " union all select 1 from pg_namespace where nspowner = current_user::regrole"
        " union all select 1 from pg_proc where proowner = current_user::regrole"
        " union all select 1 from pg_database where datdba = current_user::regrole"
    )
    member_of = app_role.run(
        "select 1 from pg_auth_members where member = current_user::regrole::oid"
    )

    assert not any(role.values())
    assert owned == []
    assert member_of == []
    assert app_role.run("select current_user")[0][0] == "sakark_app"


def test_the_service_itself_runs_as_the_application_role(
    app_role: Sql, owner_role: Sql, log_in: LogIn
) -> None:
    log_in("leser@molde").follow("arkivstruktur/")

    rows = owner_role.run(
        "select distinct usename from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )

    assert {row[0] for row in rows} <= {app_role.run("select session_user")[0][0], "sakark_drift"}


def test_a_reference_cannot_cross_kommuner(
    app_role: Sql, filled: Mapping[str, str], tenants: dict[str, int]
) -> None:
    document = json.loads(filled["dokumentobjekt"])
    document |= {"tenant_id": tenants["rauma"], "system_id": str(uuid4()), "lagringsnoekkel": None}
    columns = ", ".join(name for name in document if name != "sok")
    statement = (
        f"insert into dokumentobjekt ({columns})"
        f" select {columns} from json_populate_record(null::dokumentobjekt, $1::text::json)"
    )

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        app_role.execute(statement, json.dumps(document), tenant=tenants["rauma"])


def test_every_key_between_tables_of_kommuner_begins_with_the_kommune(owner_role: Sql) -> None:
    rows = owner_role.run(
        "select c.conrelid::regclass::text || '.' || c.conname as name,"
        " (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1])"
        " as here,"
        " (select attname from pg_attribute where attrelid = c.confrelid and attnum = c.confkey[1])"
        " as there"
        " from pg_constraint c where c.contype in ('p', 'u', 'f')"
        " and c.conrelid = any($1::text[]::regclass[])",
        list(TABLES),
    )

    odd = [row["name"] for row in rows if {row["here"], row["there"]} - {None} != {"tenant_id"}]
    assert odd == []
    assert len(rows) > 40


def test_no_view_lets_one_around_row_security(owner_role: Sql, tenants: dict[str, int]) -> None:
    rows = owner_role.run(
        "select relname::text from pg_class where relkind in ('v', 'm')"
        " and relnamespace = 'public'::regnamespace"
    )

    assert rows == []
    assert len(tenants) >= 5


def test_functions_that_do_more_than_their_caller_are_for_one_role_each(
    owner_role: Sql, tenants: dict[str, int]
) -> None:
    rows = owner_role.run(
        "select proname::text, a.grantee::regrole::text from pg_proc, aclexplode(proacl) a"
        " where pronamespace = 'public'::regnamespace and prosecdef and a.grantee <> proowner"
    )

    assert {tuple(row) for row in rows} == {
        ("sakark_add_partitions", "sakark_drift"),
        ("sakark_throw_away", "sakark_drift"),
        ("sakark_give_rights", "sakark_drift"),
        ("sakark_failed_jobs", "sakark_drift"),
        ("sakark_send_again", "sakark_drift"),
        ("sakark_find_words", "sakark_app"),
        ("sakark_find_newest", "sakark_app"),
        ("sakark_defer", "sakark_app"),
        ("sakark_defer_last", "sakark_app"),
    }
    assert len(tenants) >= 5
