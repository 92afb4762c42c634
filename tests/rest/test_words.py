"""Words are found by their index, in one kommune, by a role that sees nothing else."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from tests.conftest import LogIn, World

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.tenancy.partitions import tenant_tables

SEARCHED = sorted(table.name for table in tenant_tables() if "sok" in table.c)
KOMMUNE = "select set_config('app.tenant_id', {}::text, false)"


def ask(url: str, *statements: str) -> Sequence[asyncpg.Record]:
    """Run statements on one connection; give the rows of the last."""

    async def run() -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return list(await connection.fetch(statements[-1]))
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture
def makers(log_in: LogIn, database: EmbeddedServer) -> dict[int, UUID]:
    """Make an arkivskaper of the same name in two kommuner; give their systemIDs by kommune."""
    numbers = {row[1]: row[0] for row in ask(database.owner_url, "select id, slug from kommune")}
    made = {}
    for slug in ("molde", "rauma"):
        client = log_in(f"administrator@{slug}")
        maker = client.make(
            client.follow("arkivstruktur/"),
            "arkivstruktur/ny-arkivskaper/",
            {"arkivskaperID": "1", "arkivskaperNavn": "Traner"},
        )
        made[numbers[slug]] = UUID(maker["systemID"])
    return made


FIND = "select sakark_find_words('arkivskaper', to_tsquery('norwegian', 'traner'), null)"


def test_words_are_found_in_ones_own_kommune_only(
    makers: dict[int, UUID], database: EmbeddedServer
) -> None:
    for kommune, maker in makers.items():
        found = {row[0] for row in ask(database.app_url, KOMMUNE.format(kommune), FIND)}

        assert maker in found
        assert not found & (set(makers.values()) - {maker})


@pytest.mark.parametrize("setting", ["select 1", KOMMUNE.format("''"), KOMMUNE.format(999)])
def test_without_a_kommune_nothing_is_found(
    makers: dict[int, UUID], database: EmbeddedServer, setting: str
) -> None:
    assert ask(database.app_url, setting, FIND) == []
    assert makers


@pytest.mark.parametrize("table", SEARCHED)
def test_the_index_of_words_is_used(database: EmbeddedServer, service: object, table: str) -> None:
    plan = ask(
        database.owner_url,
        "set role sakark_sok",
        "set enable_seqscan = off",
        f"explain select system_id from {table} where sok @@ 'x'::tsquery",
    )

    assert any("Index Cond: (sok @@" in row[0] for row in plan), plan
    assert service


@pytest.mark.parametrize("name", ["mappe where false; select", 'mappe" --', "pg_class", "x.mappe"])
def test_an_odd_name_is_a_table_there_is_not(
    database: EmbeddedServer, service: object, name: str
) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        ask(
            database.app_url, KOMMUNE.format(1), f"select sakark_find_words($$ {name}$$, 'x', null)"
        )
    assert service


def test_what_else_a_row_says_is_not_seen(database: EmbeddedServer, service: object) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(database.owner_url, "set role sakark_sok", "select tittel from mappe")
    assert service


@pytest.mark.parametrize("table", SEARCHED)
def test_the_owner_still_sees_nothing_without_a_kommune(
    database: EmbeddedServer, makers: dict[int, UUID], table: str
) -> None:
    assert makers
    assert ask(database.owner_url, f"select from {table}") == []


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("sak", "sakane"),
        ("saker", "sakene"),
        ("byggesøknad", "byggesøknadene"),
        ("byggesøknader", "byggjesøknaden"),
        ("offentlig", "offentleg"),
        ("kommunens", "kommunane"),
        ("skole", "skulen"),
        ("skulane", "skoler"),
        ("eiendom", "eigedomar"),
        ("tillatelser", "løyvet"),
        ("søkere", "søkjaren"),
        ("saksbehandleren", "saksbehandlarar"),
        ("veiene", "vegen"),
        ("sjukeheimen", "sykehjemmet"),
        ("sykehjemmene", "sjukeheimar"),
        ("eigedomen", "eiendommer"),
        ("sykdommer", "sjukdomen"),
        ("hjemlene", "heimel"),
        ("heimlane", "hjemmelen"),
        ("leien", "leiga"),
        ("uttalelser", "fråsegn"),
        ("skolen -kirke", "skulen"),
        ('"ny skole"', "ein ny skule"),
    ],
)
def test_bokmaal_and_nynorsk_find_each_other(
    database: EmbeddedServer, service: object, asked: str, written: str
) -> None:
    found = f"select to_tsvector('norwegian', $${written}$$) @@ sakark_read_words($${asked}$$)"

    assert ask(database.app_url, found)[0][0], (asked, written)
    assert service


@pytest.mark.parametrize(
    ("asked", "written"),
    [("skole", "kjole"), ("skole kirke", "skulen"), ("skole -kirke", "skulen ved kyrkja")],
)
def test_other_words_do_not(
    database: EmbeddedServer, service: object, asked: str, written: str
) -> None:
    found = f"select to_tsvector('norwegian', $${written}$$) @@ sakark_read_words($${asked}$$)"

    assert not ask(database.app_url, found)[0][0]
    assert service


NEWEST = "select sakark_find_newest('arkivskaper', 'x', null, null, 10)"


def test_the_newest_are_not_found_where_no_date_may_be_seen(
    database: EmbeddedServer, makers: dict[int, UUID]
) -> None:
    kommune = next(iter(makers))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(database.app_url, KOMMUNE.format(kommune), NEWEST)


NEWEST_CASES = (
    "select m.opprettet_dato, m.tenant_id from sakark_find_newest('mappe',"
    " sakark_read_words('sak'), null, null, 5) with ordinality as found(id, place)"
    " join mappe m on m.system_id = found.id order by place"
)


def test_the_newest_come_first_and_from_ones_own_kommune(
    database: EmbeddedServer, makers: dict[int, UUID]
) -> None:
    for kommune in makers:
        found = ask(database.app_url, KOMMUNE.format(kommune), NEWEST_CASES)

        dates = [row[0] for row in found]
        assert dates == sorted(dates, reverse=True)
        assert {row[1] for row in found} <= {kommune}
    assert ask(database.app_url, "select 1", NEWEST_CASES) == []


FILES = """
INSERT INTO dokumentobjekt ({columns}, system_id, versjonsnummer, opprettet_dato)
SELECT {columns}, gen_random_uuid(), 1000 + n,
  timestamptz '2020-01-01' + (random() ^ 3) * interval '6 years'
FROM dokumentobjekt, generate_series(1, 300) n WHERE system_id = $1
"""
TEXTS = """
INSERT INTO dokumenttekst (tenant_id, system_id, opprettet_dato, lest_dato, tekst)
SELECT tenant_id, system_id, opprettet_dato, opprettet_dato,
  'tranebær' || CASE WHEN versjonsnummer % 10 = 0 THEN ' tyttebær' ELSE '' END
FROM dokumentobjekt WHERE versjonsnummer > 1000
"""
FOUND = "SELECT array(SELECT sakark_find_newest('dokumenttekst', $1, $2, $3, $4))"
LOOKED_UP = """
SELECT array(
  SELECT system_id FROM dokumenttekst
  WHERE tenant_id = current_setting('app.tenant_id')::int AND sok @@ $1
    AND ($2::timestamptz IS NULL OR opprettet_dato >= $2)
    AND ($3::timestamptz IS NULL OR opprettet_dato < $3)
  ORDER BY opprettet_dato DESC, system_id LIMIT $4)
"""
TIMES = [(None, None), (2022, None), (None, 2022), (2021, 2023), (2030, None), (None, 2010)]


@pytest.mark.parametrize("words", ["tranebær", "tyttebær", "multer", "-tyttebær tranebær"])
def test_the_newest_files_are_the_same_however_few_months_are_looked_through(
    database: EmbeddedServer, world: World, words: str
) -> None:
    kommune = world.client.root.split("/")[-3]

    async def compare() -> None:
        connection = await asyncpg.connect(database.owner_url)
        doing = connection.transaction()
        await doing.start()
        try:
            await connection.execute(OWN.format(kommune))
            await copy_file(connection, UUID(world.dokumentobjekt["systemID"]))
            await connection.execute("SET LOCAL ROLE sakark_sok")
            asked = await connection.fetchval("SELECT sakark_read_words($1)::text", words)
            for since, until in TIMES:
                for most in (1, 20, 100, 1000):
                    given = asked, start_of(since), start_of(until), most
                    expected = await connection.fetchval(as_words(LOOKED_UP), *given)
                    assert await connection.fetchval(as_words(FOUND), *given) == expected, given
        finally:
            await doing.rollback()
            await connection.close()

    asyncio.run(compare())


OWN = "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = '{}'"


def as_words(statement: str) -> str:
    return statement.replace("$1", "$1::text::tsquery")


def start_of(year: int | None) -> datetime | None:
    return None if year is None else datetime(year, 1, 1, tzinfo=UTC)


async def copy_file(connection: asyncpg.Connection, unit: UUID) -> None:
    """Let a file be there 300 times, most of them old, each with a text."""
    columns = await connection.fetchval(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = 'dokumentobjekt'::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = ''"
        " AND attname NOT IN ('system_id', 'versjonsnummer', 'opprettet_dato')"
    )
    await connection.execute(FILES.format(columns=columns), unit)
    await connection.execute(TEXTS)
