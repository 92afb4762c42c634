"""A closed arkivdel of a size, ready to be deposited.

One of each is made and closed through the API, and SQL copies those, with their lines of the log.
Files are in the folder of the storage.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import httpx
from bench.archive import KOMMUNE, NOARK, columns_but

__all__ = ["FILLED", "Template", "close_arkivdel", "fill_closed", "make_template"]

Unit: TypeAlias = dict[str, Any]
POSTS_IN_CASE = 10
CLASSES = 200
_FIRST = 1_000_000
_STEP = "interval '1 microsecond'"
"""Between two copies: what was made later lies later, as it does in an archive."""
_FILL = b"Kommunen viser til brevet og svarer etter beste evne, med vennlig hilsen. " * 40
"""Three kilobytes, as letters of plain text are."""

_NAMED = """
CREATE TEMP TABLE klasser AS SELECT n, gen_random_uuid() id FROM generate_series(1, {classes}) n;
CREATE TEMP TABLE saker AS SELECT n, gen_random_uuid() id FROM generate_series(1, {cases}) n;
CREATE TEMP TABLE poster AS
  SELECT p.n, gen_random_uuid() id, s.id sak
  FROM generate_series(1, {posts}) p (n) JOIN saker s ON s.n = 1 + (p.n - 1) / {in_case};
CREATE TEMP TABLE filer (n int, dokument uuid DEFAULT gen_random_uuid(),
  fil uuid DEFAULT gen_random_uuid(), noekkel text, sum text, bytes bigint);
"""
_CLASSES = """
INSERT INTO klasse ({columns}, system_id, klasse_id, tittel)
SELECT {columns}, k.id, 'B' || k.n, 'Klasse ' || k.n FROM klasse, klasser k WHERE system_id = $1
"""
_CASES = """
INSERT INTO mappe ({columns}, system_id, klasse_ref, sakssekvensnummer, mappe_id, tittel,
                   opprettet_dato)
SELECT {columns}, s.id, k.id, {first} + s.n, saksaar || '/' || ({first} + s.n), 'Sak ' || s.n,
       opprettet_dato + s.n * {step}
FROM mappe, saker s JOIN klasser k ON k.n = 1 + s.n % {classes} WHERE system_id = $1
"""
_POSTS = """
INSERT INTO registrering ({columns}, system_id, mappe_ref, journalpostnummer, journalsekvensnummer,
                          registrerings_id, tittel, opprettet_dato)
SELECT {columns}, p.id, p.sak, 1 + (n - 1) % {in_case}, {first} + n,
       'bench-' || n, 'Søknad nummer ' || n || ' om byggetillatelse', opprettet_dato + n * {step}
FROM registrering, poster p WHERE system_id = $1
"""
_PARTIES = """
INSERT INTO korrespondansepart ({columns}, system_id, registrering_ref, navn)
SELECT {columns}, gen_random_uuid(), p.id, 'Kari Nordmann ' || n
FROM korrespondansepart, poster p WHERE registrering_ref = $1
"""
_DOCUMENTS = """
INSERT INTO dokumentbeskrivelse ({columns}, system_id, tittel)
SELECT {columns}, f.dokument, 'Brev nummer ' || n
FROM dokumentbeskrivelse, filer f WHERE system_id = $1
"""
_PAIRS = """
INSERT INTO registrering_dokumentbeskrivelse (tenant_id, registrering_ref, dokumentbeskrivelse_ref)
SELECT current_setting('app.tenant_id')::int, p.id, f.dokument
FROM filer f JOIN poster p ON p.n = f.n * {every}
"""
_FILES = """
INSERT INTO dokumentobjekt ({columns}, system_id, dokumentbeskrivelse_ref, lagringsnoekkel,
                            sjekksum, filstoerrelse)
SELECT {columns}, f.fil, f.dokument, f.noekkel, f.sum, f.bytes
FROM dokumentobjekt, filer f WHERE system_id = $1
"""
_LOG = """
INSERT INTO endringslogg ({columns}, system_id, referanse_arkivenhet, endret_dato)
SELECT {columns}, gen_random_uuid(), c.id, endret_dato + n * {step}
FROM endringslogg, {copies} c WHERE referanse_arkivenhet = $1 ORDER BY n
"""
FILLED = (
    "klasse",
    "mappe",
    "registrering",
    "korrespondansepart",
    "dokumentbeskrivelse",
    "registrering_dokumentbeskrivelse",
    "dokumentobjekt",
    "endringslogg",
)


@dataclass(frozen=True)
class Template:
    """The units that are copied, by their systemID."""

    arkivdel: str
    klasse: str
    sak: str
    post: str
    dokument: str
    fil: str


class _Client:
    def __init__(self, base: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": NOARK}
        self._client = httpx.Client(base_url=f"{base}/{KOMMUNE}/api", headers=headers, timeout=600)

    def make(self, under: str, kind: str, body: Mapping[str, Any]) -> str:
        path = f"{under}ny-{kind}/"
        answer = self._client.post(path, json=body, headers={"Content-Type": NOARK})
        return str(_good(answer)["systemID"])

    def send(self, path: str, data: bytes) -> None:
        _good(self._client.post(path, content=data, headers={"Content-Type": "text/plain"}))

    def change(self, path: str, **members: object) -> None:
        tag = self._client.get(path).headers["ETag"]
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": tag}
        _good(self._client.patch(path, json=members, headers=headers))

    def close(self) -> None:
        self._client.close()


def _good(answer: httpx.Response) -> Unit:
    if not answer.is_success:
        raise ValueError(f"{answer.request.url}: {answer.text}")
    found: Unit = answer.json()
    return found


def _at(kind: str, unit: str) -> str:
    package = "sakarkiv" if kind in ("saksmappe", "journalpost") else "arkivstruktur"
    return f"/{package}/{kind}/{unit}/"


def make_template(base: str, token: str) -> Template:
    """Make an arkivdel with one of each, closed from the inside out but for the arkivdel."""
    client = _Client(base, token)
    named = {"arkivskaperID": "921221967", "arkivskaperNavn": "Molde kommune"}
    skaper = client.make("/arkivstruktur/", "arkivskaper", named)
    arkiv = client.make(_at("arkivskaper", skaper), "arkiv", {"tittel": "Avsluttet arkiv"})
    arkivdel = client.make(_at("arkiv", arkiv), "arkivdel", {"tittel": "Saker til deponering"})
    plan = client.make(_at("arkivdel", arkivdel), "klassifikasjonssystem", {"tittel": "Planen"})
    body: Unit = {"klasseID": "A1", "tittel": "Byggetillatelser"}
    klasse = client.make(_at("klassifikasjonssystem", plan), "klasse", body)
    body = {"tittel": "Garasje", "administrativEnhet": "Plan og bygg"}
    sak = client.make(_at("klasse", klasse), "saksmappe", body)
    body = {
        "tittel": "Svar på søknad",
        "journalposttype": {"kode": "U"},
        "journalstatus": {"kode": "R"},
        "korrespondansepartperson": [
            {"navn": "Kari Nordmann", "korrespondanseparttype": {"kode": "EM"}}
        ],
    }
    post = client.make(_at("saksmappe", sak), "journalpost", body)
    body = {"tittel": "Brev", "dokumentstatus": {"kode": "B"}}
    dokument = client.make(_at("journalpost", post), "dokumentbeskrivelse", body)
    body = {"variantformat": {"kode": "A"}, "format": {"kode": "x-fmt/111"}, "filnavn": "brev.txt"}
    fil = client.make(_at("dokumentbeskrivelse", dokument), "dokumentobjekt", body)
    client.send(f"{_at('dokumentobjekt', fil)}fil/", _content(0))
    client.change(_at("dokumentbeskrivelse", dokument), dokumentstatus={"kode": "F"})
    client.change(_at("journalpost", post), journalstatus={"kode": "A"})
    client.change(_at("saksmappe", sak), saksstatus={"kode": "A"})
    client.close()
    return Template(arkivdel, klasse, sak, post, dokument, fil)


def close_arkivdel(base: str, token: str, template: Template) -> None:
    client = _Client(base, token)
    client.change(_at("arkivdel", template.arkivdel), arkivdelstatus={"kode": "P"})
    client.close()


async def fill_closed(
    owner_url: str, storage: Path, template: Template, posts: int, documents: int
) -> None:
    """Copy the template until there are so many journalposter, and so many of them with a file."""
    given = {
        "classes": CLASSES,
        "cases": -(-posts // POSTS_IN_CASE),
        "posts": posts,
        "in_case": POSTS_IN_CASE,
        "first": _FIRST,
        "every": posts // documents,
        "step": _STEP,
    }
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = $1",
            KOMMUNE,
        )
        await connection.execute(_NAMED.format(**given))
        await _note(connection, "DISABLE")
        written = _write_files(storage, documents)
        await connection.copy_records_to_table(
            "filer", records=written, columns=["n", "noekkel", "sum", "bytes"]
        )
        await connection.execute("ANALYZE klasser, saker, poster, filer")
        for table, statement, copied in (
            ("klasse", _CLASSES, template.klasse),
            ("mappe", _CASES, template.sak),
            ("registrering", _POSTS, template.post),
            ("korrespondansepart", _PARTIES, template.post),
            ("dokumentbeskrivelse", _DOCUMENTS, template.dokument),
            ("dokumentobjekt", _FILES, template.fil),
        ):
            await _copy(connection, table, statement, copied, given)
        # Triggers keep the plan they made when there were no rows, unless they are told.
        await connection.execute(f"ANALYZE {', '.join(FILLED)}; SET enable_seqscan = off")
        await connection.execute(_PAIRS.format(**given))
        await connection.execute("RESET enable_seqscan")
        for copies, copied in (
            ("klasser", template.klasse),
            ("saker", template.sak),
            ("poster", template.post),
            ("(SELECT n, dokument id FROM filer)", template.dokument),
            ("(SELECT n, fil id FROM filer)", template.fil),
        ):
            await _copy(connection, "endringslogg", _LOG, copied, {"copies": copies, "step": _STEP})
        await _note(connection, "ENABLE")
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(FILLED)}")
    finally:
        await connection.close()


async def _note(connection: asyncpg.Connection, how: str) -> None:
    """Let what is written be noted for the chain of the log or not: later, it has been sealed."""
    for table in FILLED:
        await connection.execute(f"ALTER TABLE {table} {how} TRIGGER noted")


async def _copy(
    connection: asyncpg.Connection,
    table: str,
    statement: str,
    copied: str,
    given: Mapping[str, object],
) -> None:
    columns = ", ".join(await columns_but(connection, table, statement))
    await connection.execute(statement.format(columns=columns, **given), copied)


def _write_files(storage: Path, count: int) -> Iterator[tuple[int, str, str, int]]:
    """Write files that all differ; give the number, key, checksum and size of each."""
    for number in range(1, count + 1):
        data = _content(number)
        digest = hashlib.sha256(data).hexdigest()
        key = f"{KOMMUNE}/{digest[:2]}/{digest[2:34]}"
        path = storage / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        yield number, key, digest, len(data)


def _content(number: int) -> bytes:
    return b"Brev nummer %d. %s" % (number, _FILL)
