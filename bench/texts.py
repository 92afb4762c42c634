"""Documents that say something: Norwegian words as often as words are in letters (Zipf's law)."""

import random
from collections.abc import Iterator
from itertools import accumulate, product

import asyncpg
from bench.archive import KOMMUNE, columns_but

__all__ = ["VOCABULARY", "fill_texts"]

_SMALL = (
    *("og", "i", "det", "er", "på", "til", "som", "en", "av", "for", "at", "med", "de", "ikke"),
    *("den", "har", "om", "et", "var", "fra", "kan", "vil", "skal", "blir", "etter", "ved"),
)
_BASE = (
    *("kommune", "sak", "søknad", "vedtak", "tiltak", "eiendom", "bygg", "plan", "brev", "møte"),
    *("skole", "barn", "helse", "vei", "vann", "avløp", "nabo", "garasje", "bolig", "tomt"),
    *("klage", "frist", "gebyr", "tillatelse", "dispensasjon", "formål", "areal", "gate", "strand"),
    *("lov", "forskrift", "paragraf", "ansvar", "eier", "leie", "avtale", "kjøp", "salg", "pris"),
    *(
        "rapport",
        "tilsyn",
        "kontroll",
        "avvik",
        "brann",
        "fare",
        "støy",
        "utslipp",
        "miljø",
        "natur",
    ),
    *("skog", "jord", "beite", "fjell", "fjord", "hav", "kai", "båt", "bru", "tunnel"),
    *("buss", "tog", "skyss", "elev", "lærer", "klasse", "kurs", "prøve", "kultur", "idrett"),
    *("hall", "bane", "park", "kirke", "grav", "museum", "bok", "arkiv", "post", "journal"),
    *(
        "pleie",
        "omsorg",
        "hjem",
        "lege",
        "pasient",
        "sykdom",
        "vaksine",
        "medisin",
        "tann",
        "rehab",
    ),
    *("budsjett", "regnskap", "faktura", "skatt", "avgift", "tilskudd", "lån", "rente", "fond"),
    *("ansatt", "stilling", "lønn", "ferie", "permisjon", "pensjon", "leder", "utvalg", "råd"),
)
VOCABULARY = (*_SMALL, *_BASE, *(f"{one}s{other}" for one, other in product(_BASE, _BASE)))
"""The words, the commonest first: small ones, those of a kommune, and what they make together."""
_WEIGHTS = list(accumulate(1 / (place + 2.7) for place in range(len(VOCABULARY))))
_LENGTHS = (60, 900)
_AT_A_TIME = 2000

# A document with one file for each of the copied journalposter.
_DOCUMENTS = """
INSERT INTO dokumentbeskrivelse ({columns}, system_id, tittel)
SELECT {columns}, gen_random_uuid(), 'Vedlegg nummer ' || n
FROM dokumentbeskrivelse, generate_series(1, $2::int) n WHERE system_id = $1
"""
_PAIRS = """
INSERT INTO registrering_dokumentbeskrivelse (tenant_id, registrering_ref, dokumentbeskrivelse_ref)
SELECT d.tenant_id, r.system_id, d.system_id
FROM (SELECT tenant_id, system_id, row_number() OVER () n FROM dokumentbeskrivelse
      WHERE tittel LIKE 'Vedlegg nummer %') d
JOIN (SELECT system_id, row_number() OVER () n FROM registrering
      WHERE registrerings_id LIKE 'bench-%') r USING (n)
"""
_FILES = """
INSERT INTO dokumentobjekt
  ({columns}, system_id, dokumentbeskrivelse_ref, lagringsnoekkel, opprettet_dato)
SELECT {columns}, gen_random_uuid(), d.system_id, 'bench/' || d.system_id,
       timestamptz '2014-01-01' + random() * interval '12 years'
FROM dokumentobjekt o,
     (SELECT system_id FROM dokumentbeskrivelse WHERE tittel LIKE 'Vedlegg nummer %') d
WHERE o.system_id = $1
"""
_UNREAD = """
SELECT tenant_id, system_id, opprettet_dato FROM dokumentobjekt
WHERE lagringsnoekkel LIKE 'bench/%'
"""
_TEXTS = """
INSERT INTO dokumenttekst (tenant_id, system_id, opprettet_dato, lest_dato, tekst)
SELECT * FROM unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[])
"""
# An index is made ten times as fast of all texts at once.
_WITHOUT_INDEX = "DROP INDEX ix_dokumenttekst_sok"
_WITH_INDEX = "CREATE INDEX ix_dokumenttekst_sok ON dokumenttekst USING gin (sok)"
_OTHERS = """
UPDATE mappe SET saksansvarlig = 'Andre', referanse_saksansvarlig = NULL,
  administrativ_enhet = 'Andre', referanse_administrativ_enhet = NULL
WHERE sakssekvensnummer % 5 <> 0
"""


async def fill_texts(owner_url: str, document: str, file: str, count: int) -> None:
    """Give each of the copied journalposter a document whose file says something.

    Four cases of five are made somebody else's, so that who reaches only their own sees the fifth.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = $1",
            KOMMUNE,
        )
        await connection.execute(_OTHERS)
        await _copy(connection, "dokumentbeskrivelse", _DOCUMENTS, document, count)
        await connection.execute(_PAIRS)
        await _copy(connection, "dokumentobjekt", _FILES, file)
        await _write_texts(connection)
        for table in ("mappe", "registrering", "dokumentbeskrivelse", "dokumentobjekt"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("VACUUM (ANALYZE) dokumenttekst, registrering_dokumentbeskrivelse")
    finally:
        await connection.close()


async def _copy(
    connection: asyncpg.Connection, table: str, statement: str, *values: object
) -> None:
    columns = ", ".join(await columns_but(connection, table, statement))
    await connection.execute(statement.format(columns=columns), *values)


async def _write_texts(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(_UNREAD)
    texts = _texts()
    await connection.execute(_WITHOUT_INDEX)
    for begin in range(0, len(rows), _AT_A_TIME):
        some = rows[begin : begin + _AT_A_TIME]
        ids, units, made = (list(one) for one in zip(*some, strict=True))
        said = [next(texts) for _ in some]
        await connection.execute(_TEXTS, ids, units, made, made, said)
    await connection.execute("SET maintenance_work_mem = '512MB'")
    await connection.execute(_WITH_INDEX)


def _texts() -> Iterator[str]:
    chance = random.Random(1)
    while True:
        words = chance.choices(VOCABULARY, cum_weights=_WEIGHTS, k=chance.randint(*_LENGTHS))
        yield " ".join(words)
