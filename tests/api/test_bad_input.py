"""Whatever is sent: a precise answer in the standard's error form, never a fault of ours."""

import hmac
import json
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from jose import jwk, jwt
from tests.conftest import (
    NOARK,
    PATCH,
    Client,
    Service,
    World,
    build_world,
)
from tests.tenancy.processes import beside

from sakark_api.dev.identity import demo_users, issue_token

BRACKETS = 100_000
ANY_ID = UUID(int=1)


def unlike(letters: int) -> str:
    """Give letters that no compression makes shorter than half."""
    return shake_256(b"").hexdigest(letters // 2)


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture
def client(ours: World) -> Client:
    return ours.client


def assert_fault(answer: httpx.Response, *statuses: int) -> None:
    """See that an answer is the standard's error, says so in words, and is of a status."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"] == NOARK
    fault = answer.json()
    assert set(fault) == {"feil"}
    assert fault["feil"]["kode"] == answer.status_code
    assert len(fault["feil"]["beskrivelse"]) > 10
    assert answer.headers["content-language"] in ("nb", "nn", "en")


# Addresses that take a body, with the owner in the world, the relation and what must be in it.
MAKING: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "arkiv": ("arkivskaper", "arkivstruktur/ny-arkiv/", {"tittel": "A"}),
    "klasse": (
        "klassifikasjonssystem",
        "arkivstruktur/ny-klasse/",
        {"klasseID": "K", "tittel": "A"},
    ),
    "saksmappe": ("klasse", "sakarkiv/ny-saksmappe/", {"tittel": "A"}),
    "journalpost": ("saksmappe", "sakarkiv/ny-journalpost/", {"tittel": "A"}),
    "dokumentbeskrivelse": (
        "journalpost",
        "arkivstruktur/ny-dokumentbeskrivelse/",
        {"tittel": "A"},
    ),
    "dokumentobjekt": ("dokumentbeskrivelse", "arkivstruktur/ny-dokumentobjekt/", {}),
    "merknad": ("journalpost", "arkivstruktur/ny-merknad/", {"merknadstekst": "A"}),
    "partperson": ("saksmappe", "arkivstruktur/ny-partperson/", {"navn": "A"}),
    "korrespondansepartenhet": (
        "journalpost",
        "arkivstruktur/ny-korrespondansepartenhet/",
        {"navn": "A"},
    ),
    "bruker": ("administrativenhet", "admin/ny-bruker/", {"brukerNavn": "A"}),
}


def address(world: World, kind: str) -> str:
    owner, rel, _ = MAKING[kind]
    return world.client.link(getattr(world, owner), rel)


# Bodies that are wrong wherever they are sent.
WRONG_BODIES: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b"   ",
    "broken": b'{"tittel": "A"',
    "words": b"hello",
    "trailing": b"{} {}",
    "comment": b"{} // ok",
    "apostrophes": b"{'tittel': 'A'}",
    "comma": b'{"tittel": "A",}',
    "list": b"[]",
    "list of objects": b'[{"tittel": "A"}]',
    "text": b'"tittel"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "unknown": b'{"finnesIkke": 1}',
    "python's": b'{"__class__": 1}',
    "our name": b'{"tenant_id": 1}',
    "our key": b'{"tenantID": 2}',
    "version": b'{"version": 2}',
    "storage key": b'{"lagringsnoekkel": "molde/x"}',
    "type": b'{"type": "x"}',
    "nan": b'{"tittel": NaN}',
    "infinity": b'{"tittel": -Infinity}',
    "huge exponent": b'{"tittel": 1e400}',
    "bad utf-8": b'{"tittel": "\xff\xfe"}',
    "overlong utf-8": b'{"tittel": "\xc0\xaf"}',
    "utf-8 surrogate": b'{"tittel": "\xed\xa0\x80"}',
    "latin-1": '{"tittel": "Søknad"}'.encode("latin-1"),
    "utf-16": '{"tittel": "A"}'.encode("utf-16"),
    "lone surrogate": b'{"tittel": "\\ud800"}',
    "lone surrogate in a key": b'{"\\ud800": "A"}',
    "nul in a key": b'{"tit\\u0000tel": "A"}',
    "raw nul": b'{"tittel": "A\x00"}',
    "control character": b'{"tittel": "A\x01"}',
    "bad escape": b'{"tittel": "\\x41"}',
    "100 000 lists": b"[" * BRACKETS,
    "100 000 closed lists": b'{"_links": ' + b"[" * 90_000 + b"]" * 90_000 + b"}",
    "100 000 objects": b'{"a":' * 30_000,
    "links that are a list": b'{"_links": []}',
    "links that are text": b'{"_links": "a"}',
}


@pytest.mark.parametrize("kind", MAKING)
@pytest.mark.parametrize("wrong", WRONG_BODIES)
def test_a_wrong_body_makes_nothing(ours: World, kind: str, wrong: str) -> None:
    answer = ours.client.request(
        "POST",
        address(ours, kind),
        content=WRONG_BODIES[wrong],
        headers={"Content-Type": NOARK},
    )

    assert_fault(answer, 400)


@pytest.mark.parametrize("kind", ["saksmappe", "journalpost", "merknad", "partperson", "arkiv"])
@pytest.mark.parametrize("wrong", [one for one in WRONG_BODIES if one != "links that are a list"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_wrong_body_changes_nothing(ours: World, kind: str, wrong: str, method: str) -> None:
    unit = getattr(ours, kind)
    before = ours.client.refreshed(unit)

    answer = ours.client.request(
        method,
        ours.client.link(unit, "self"),
        content=WRONG_BODIES[wrong],
        headers={"Content-Type": NOARK if method == "PUT" else PATCH, "If-Match": "*"},
    )

    assert_fault(answer, 400)
    assert ours.client.refreshed(unit) == before


@pytest.mark.parametrize("depth", [50, 150, 199, 200, 250, 400, 600, 800, 950, 990, 1010, 5000])
@pytest.mark.parametrize("field", ["_links", "kassasjon", "tittel", "finnesIkke"])
@pytest.mark.parametrize("opening", ['{"a":', "["])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_deep_json_is_never_our_fault(
    ours: World, depth: int, field: str, opening: str, method: str
) -> None:
    closing = "}" if opening.startswith("{") else "]"
    deep = f'{{"{field}": {opening * depth}1{closing * depth}}}'.encode()
    unit = ours.saksmappe
    place = address(ours, "journalpost") if method == "POST" else ours.client.link(unit, "self")

    answer = ours.client.request(
        method,
        place,
        content=deep,
        headers={"Content-Type": PATCH if method == "PATCH" else NOARK, "If-Match": "*"},
    )

    assert_fault(answer, 400)


# Values that are wrong for a field: the unit, the field and its value.
WRONG_TEXTS: list[object] = [
    *("", " ", "\t\n", "\u00a0\u2003", "\x00", "a\x00b", "\x7f\x80", "\u3000"),
    *(1, 1.5, True, None, [], {}, ["A"], {"a": 1}),
]
WRONG_TIMES: list[object] = [
    *("2026-11-22T10:00:00", "2026-11-22", "i går", "0", "22.11.2026", "T10:00:00Z"),
    *("2026-02-30T10:00:00Z", "2026-13-01T10:00:00Z", "2026-11-22T25:00:00Z"),
    *("2026-11-22T10:00:00+99:00", "2026-11-22T10:00:00+24:00", "2026-11-22T10:00:60Z"),
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
    *("10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-11-22 10:00:00Z"),
    *("٢٠٢٦-١١-٢٢T10:00:00Z", "2026-11-22T10:00:00Z\n", 1, True, [], {}, 1e308),
]
WRONG_NUMBERS: list[object] = [
    *(2**31, 2**63, 2**64, 10**400, 1.5, "1", -(2**31) - 1, True, "NaN", []),
]
WRONG_CODES: list[object] = [
    {"kode": "finnes ikke"},
    {"kode": ""},
    {"kode": None},
    {"kode": 1},
    {"kode": "\x00"},
    {},
    [],
    "I",
    {"kode": "I", "kodenavn": "Noe annet"},
    {"kode": "I", "annet": 1},
    {"kode": "I" * 10_000},
]
WRONG_VALUES: list[tuple[str, str, object]] = [
    *[("journalpost", "tittel", value) for value in WRONG_TEXTS],
    *[
        ("journalpost", field, value)
        for field in ("sendtDato", "mottattDato", "dokumentetsDato", "forfallsdato")
        for value in WRONG_TIMES
    ],
    *[
        ("journalpost", field, value)
        for field in ("journalposttype", "journalstatus")
        for value in WRONG_CODES
    ],
    *[("journalpost", "antallVedlegg", value) for value in WRONG_NUMBERS],
    ("dokumentobjekt", "filstoerrelse", 2**63),
    ("dokumentobjekt", "filstoerrelse", -1),
    ("dokumentobjekt", "filstoerrelse", "1"),
    ("dokumentobjekt", "sjekksumAlgoritme", "MD5"),
    ("dokumentobjekt", "mimeType", "text"),
    ("dokumentobjekt", "mimeType", "text/html\r\nX-Evil: 1"),
    ("dokumentobjekt", "mimeType", "æ/ø"),
    ("dokumentobjekt", "filnavn", "a\x00b"),
    *[
        ("saksmappe", "referanseUtlaantTil", value)
        for value in ("", "x", "{" + str(ANY_ID) + "}", ANY_ID.hex, 1, "urn:uuid:" + str(ANY_ID))
        if value
    ],
    ("saksmappe", "kassasjon", {"kassasjonsvedtak": {"kode": "finnes ikke"}}),
    ("saksmappe", "kassasjon", {"bevaringstid": 10**10}),
    ("saksmappe", "kassasjon", {"bevaringstid": -1}),
    ("saksmappe", "skjerming", {"tilgangsrestriksjon": {"kode": "finnes ikke"}}),
    ("saksmappe", "skjerming", "ja"),
    ("saksmappe", "gradering", {"gradering": {"kode": "B"}, "graderingsdato": "2026-11-22"}),
    ("saksmappe", "noekkelord", "ett ord"),
    ("saksmappe", "noekkelord", [1]),
    ("saksmappe", "noekkelord", ["\x00"]),
    ("saksmappe", "noekkelord", [" "]),
    ("saksmappe", "noekkelord", [["a"]]),
    ("saksmappe", "part", {}),
    ("saksmappe", "part", [{"navn": "Kari"}]),
    ("saksmappe", "partperson", [{"navn": 1}]),
    ("saksmappe", "partperson", [1]),
    ("saksmappe", "merknad", [{"merknadstekst": "\x00"}]),
    ("saksmappe", "systemID", "x"),
    ("saksmappe", "referanseDokumentfil", "http://x"),
]


@pytest.mark.parametrize(("kind", "field", "value"), WRONG_VALUES)
def test_a_wrong_value_is_named_and_makes_nothing(
    ours: World, kind: str, field: str, value: object
) -> None:
    body = {**MAKING[kind][2], field: value}

    answer = ours.client.post(address(ours, kind), body)

    assert_fault(answer, 400)


@pytest.mark.parametrize("field", ["tittel", "beskrivelse", "offentligTittel"])
@pytest.mark.parametrize("value", ["a\x00b", "a\x00"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_nul_is_refused_in_changes_too(ours: World, field: str, value: str, method: str) -> None:
    unit = ours.saksmappe
    send = ours.client.put if method == "PUT" else ours.client.patch

    answer = send(
        ours.client.link(unit, "self"), {"tittel": "A", field: value}, headers={"If-Match": "*"}
    )

    assert_fault(answer, 400)


def test_what_the_core_sets_is_not_taken_from_a_client(ours: World) -> None:
    answer = ours.client.post(
        address(ours, "saksmappe"),
        {"tittel": "A", "saksaar": 1814, "systemID": str(ANY_ID), "opprettetAv": "En annen"},
    )

    made = answer.json()
    assert made["saksaar"] != 1814
    assert made["systemID"] != str(ANY_ID)
    assert made["opprettetAv"] != "En annen"


@pytest.mark.parametrize("field", ["offentligTittel", "beskrivelse"])
def test_text_that_cannot_be_seen_is_as_if_not_given(ours: World, field: str) -> None:
    answer = ours.client.post(address(ours, "saksmappe"), {"tittel": "A", field: "\x00\u3000"})

    assert answer.status_code == 201
    assert field not in answer.json()


LONG_FIELDS = [
    ("journalpost", "tittel"),
    ("journalpost", "beskrivelse"),
    ("merknad", "merknadstekst"),
    ("partperson", "navn"),
    ("klasse", "klasseID"),
    ("klasse", "tittel"),
    ("dokumentobjekt", "filnavn"),
    ("dokumentobjekt", "sjekksum"),
    ("bruker", "brukerNavn"),
    ("bruker", "kortnavn"),
]


@pytest.mark.parametrize(
    "letters", ["a" * 100_000, "a b " * 25_000, unlike(100_000)], ids=("one word", "words", "noise")
)
@pytest.mark.parametrize(("kind", "field"), LONG_FIELDS)
def test_a_very_long_text_is_stored_or_refused(
    ours: World, kind: str, field: str, letters: str
) -> None:
    body = {**MAKING[kind][2], **({"klasseID": uuid4().hex} if kind == "klasse" else {})}
    body[field] = letters

    answer = ours.client.post(address(ours, kind), body)

    if answer.status_code != 201:
        assert_fault(answer, 400)
    else:
        assert answer.json()[field] == letters


@pytest.mark.parametrize("field", ["kode", "kodenavn", "beskrivelse"])
def test_a_very_long_code_is_stored_or_refused(client: Client, field: str) -> None:
    unique = uuid4().hex
    body = {"kode": unique, "kodenavn": f"Navn {unique}", field: unlike(20_000)}

    answer = client.post(f"{client.root}metadata/ny-dokumenttype/", body)

    if answer.status_code != 201:
        assert_fault(answer, 400)
    else:
        assert answer.json()[field] == body[field]


@pytest.mark.parametrize(
    "kode", ["a\x00b", " ", "", "\ud800", None, 1, [], "\u2003", {"kode": "A"}], ids=ascii
)
def test_an_odd_code_is_refused(client: Client, kode: object) -> None:
    answer = client.post(
        f"{client.root}metadata/ny-dokumenttype/", {"kode": kode, "kodenavn": "Navn"}
    )

    assert_fault(answer, 400)


@pytest.mark.parametrize("kode", ["fmt/95 x", "å æ", "?#&", "..", "a%2Fb", "+", "a\\b", '"', "a;b"])
def test_a_code_with_odd_letters_is_found_at_its_own_address(client: Client, kode: str) -> None:
    kode = f"{kode}{uuid4().hex[:8]}"
    made = client.post(f"{client.root}metadata/ny-dokumenttype/", {"kode": kode, "kodenavn": kode})

    found = client.http.get(made.headers["location"], headers=client.headers)

    assert made.status_code == 201
    assert found.json()["kode"] == kode


@pytest.mark.parametrize("size", [1_000_000, 10_000_000])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_of_megabytes_is_refused(
    ours: World, size: int, method: str, *, chunked: bool
) -> None:
    body = b'{"tittel": "' + b"a" * size + b'"}'
    place = (
        address(ours, "journalpost")
        if method == "POST"
        else ours.client.link(ours.saksmappe, "self")
    )

    answer = ours.client.request(
        method,
        place,
        content=pieces(body) if chunked else body,
        headers={"Content-Type": PATCH if method == "PATCH" else NOARK, "If-Match": "*"},
    )

    assert_fault(answer, 400)


def pieces(body: bytes) -> Iterator[bytes]:
    yield from (body[place : place + 65_536] for place in range(0, len(body), 65_536))


@pytest.mark.parametrize(
    "kind",
    [
        *("application/json", "text/plain", "application/xml", "*/*", "", "x", "æ/ø"),
        *(PATCH, "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *(f"{NOARK}; charset=iso-8859-1", f"{NOARK}; charset=utf-16", f"{NOARK}x", f"x{NOARK}"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_another_media_type_is_refused(ours: World, kind: str, method: str) -> None:
    place = (
        address(ours, "journalpost")
        if method == "POST"
        else ours.client.link(ours.saksmappe, "self")
    )

    answer = ours.client.request(
        method,
        place,
        content=b'{"tittel": "A"}',
        headers={"Content-Type": kind.encode(), "If-Match": "*"},
    )

    assert_fault(answer, 415)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_no_media_type_is_refused(ours: World, method: str) -> None:
    place = (
        address(ours, "journalpost")
        if method == "POST"
        else ours.client.link(ours.saksmappe, "self")
    )

    answer = ours.client.request(method, place, content=b"{}", headers={"If-Match": "*"})

    assert_fault(answer, 415)


def test_the_last_of_two_equal_keys_does_not_slip_past_the_rules(ours: World) -> None:
    answer = ours.client.request(
        "POST",
        address(ours, "journalpost"),
        content=b'{"tittel": "A", "tittel": "\\u0000"}',
        headers={"Content-Type": NOARK},
    )

    assert_fault(answer, 400)


# Addresses.

ODD_IDS = [
    "x",
    "0",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%98%80",
    "..%2F..",
    "%2e%2e",
    "'; drop table mappe;--",
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-00000000000g",
    "00000000000000000000000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "------------------------------------",
    "0" * 36,
    "٠" * 36,
    "a" * 5000,
    "00000000-0000-0000-0000-000000000000%00",
    "00000000-0000-0000-0000-000000000000%0a",
]
"""What is no id of any unit; written as it stands in the address."""


@pytest.mark.parametrize("odd", ODD_IDS, ids=ascii)
@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "registrering/"),
        ("GET", "arkivdel/"),
        ("GET", "ny-journalpost/"),
        ("POST", "ny-journalpost/"),
    ],
)
def test_an_odd_id_does_not_exist(client: Client, odd: str, method: str, tail: str) -> None:
    kind = {"PATCH": PATCH}.get(method, NOARK)

    answer = client.request(
        method,
        f"{client.root}sakarkiv/saksmappe/{quote(odd, safe='%')}/{tail}",
        content=b'{"tittel": "A"}' if method in ("POST", "PUT", "PATCH") else None,
        headers={"Content-Type": kind, "If-Match": "*"},
    )

    assert_fault(answer, 404)


@pytest.mark.parametrize("odd", ODD_IDS, ids=ascii)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_odd_upload_does_not_exist(ours: World, odd: str, method: str) -> None:
    client = ours.client

    answer = client.request(
        method,
        f"{client.link(ours.dokumentobjekt, 'self')}fil/{quote(odd, safe='%')}/",
        content=b"x" if method == "PUT" else None,
        headers={"Content-Range": "0-0/2"} if method == "PUT" else {},
    )

    assert_fault(answer, 404)


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%ff", "%ed%a0%80", "a" * 5000, "%0a", "%2F", "'"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_an_odd_code_in_an_address_does_not_exist(client: Client, odd: str, method: str) -> None:
    answer = client.request(
        method,
        f"{client.root}metadata/dokumenttype/{odd}/",
        content=b'{"kode": "A", "kodenavn": "A"}' if method != "GET" else None,
        headers={"Content-Type": PATCH if method == "PATCH" else NOARK, "If-Match": "*"},
    )

    assert_fault(answer, 400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/finnes-ikke",
        "/molde",
        "/molde/",
        "/molde/api/finnes-ikke/",
        "/molde/api/arkivstruktur/finnes-ikke/",
        "/molde/api/sakarkiv/mappe/",
        "/molde/api/arkivstruktur/mappe/x/finnes-ikke/",
        "/molde/api/arkivstruktur/mappe/x/ny-finnes-ikke/",
        "/molde/api/arkivstruktur/mappe/x/a/b/c/d/e/",
        "/molde/api/arkivstruktur//mappe/",
        "//molde/api/",
        "/molde/api//",
        "/../etc/passwd",
        "/molde/api/metadata/finnes-ikke/",
        "/molde/api/metadata/finnes-ikke/A/",
        "/" + "a" * 10_000,
        "/" + "a/" * 5_000,
        "/kommuner/molde/",
        "/*",
        "/molde/api/metadata/ny-dokumenttype/x/",
    ],
    ids=lambda path: path[:60],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_404(client: Client, path: str, method: str) -> None:
    answer = client.request(method, client.service.url + path)

    assert_fault(answer, 404)


@pytest.mark.parametrize(
    "path",
    ["MOLDE", "mo%00lde", "%ff", "%ed%a0%80", "finnes-ikke", "moldé", "mold%65%00", "a" * 5000],
    ids=lambda path: path[:20],
)
@pytest.mark.parametrize("tail", ["", "arkivstruktur/mappe/", ".well-known/openid-configuration"])
def test_an_unknown_kommune_is_404(client: Client, path: str, tail: str) -> None:
    answer = client.get(f"{client.service.url}/{path}/api/{tail}")

    assert_fault(answer, 404)


@pytest.mark.parametrize("path", ["kommuner", "kommuner/", "molde/api", "molde/api/"])
def test_an_address_with_and_without_a_slash_is_the_same(client: Client, path: str) -> None:
    answer = client.get(f"{client.service.url}/{path}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "molde/api/"),
        ("POST", "molde/api/arkivstruktur/mappe/"),
        ("PUT", "molde/api/arkivstruktur/mappe/"),
        ("PATCH", "molde/api/metadata/dokumenttype/"),
        ("POST", "molde/api/metadata/dokumenttype/B/"),
        ("POST", "kommuner/"),
        ("TRACE", "molde/api/"),
        ("PROPFIND", "molde/api/arkivstruktur/mappe/"),
    ],
)
@pytest.mark.parametrize("language", ["en", "nb"])
def test_another_method_is_405_and_told_which_there_are(
    client: Client, method: str, path: str, language: str
) -> None:
    answer = client.request(
        method, f"{client.service.url}/{path}", headers={"Accept-Language": language}
    )

    assert_fault(answer, 405)
    assert "GET" in answer.headers["allow"]
    assert answer.headers["content-language"] == language


# Queries.

WRONG_QUERIES = [
    *("$top=-1", "$top=x", "$top=", "$top=1.5", "$top=%D9%A1", "$top=1&$top=2", "$top=" + "9" * 30),
    *("$skip=-1", "$skip=x", "$skip=", "$skip=%00", "$skip=1&$skip=1", "$skip=1e3", "$skip=+1"),
    *("top=1", "x=1", "a=b&c=d", "$filter", "$filter=", "$filter=%00", "=", "%00=1", "$filter=("),
    *(
        "$filter=tittel",
        "$filter=tittel%20eq",
        "$filter=tittel%20eq%20%27",
        "$filter=1",
        "$filter=)",
    ),
    *("$filter=finnesIkke%20eq%201", "$filter=tittel%20eq%201", "$filter=__class__%20eq%201"),
    *("$filter=tenantId%20eq%201", "$filter=tenant_id%20eq%201", "$filter=sok%20eq%20%27a%27"),
    *("$filter=tittel%20eq%20%27a%00b%27", "$filter=tittel%20eq%20%27%ed%a0%80%27%20x"),
    *("$filter=opprettetDato%20gt%202026-11-22T10:00:00", "$filter=systemID%20eq%20%27x%27"),
    *("$filter=opprettetDato%20gt%209999-99-99T10:00:00Z", "$filter=versjonsnummer%20eq%201"),
    *("$filter=saksaar%20eq%20" + "9" * 30, "$filter=saksaar%20eq%20%27x%27"),
    "$filter=" + "(" * 500 + "saksaar%20eq%201" + ")" * 500,
    "$filter=" + "not%20(" * 300 + "saksaar%20eq%201" + ")" * 300,
    "$filter=" + "tolower(" * 200 + "tittel" + ")" * 200 + "%20eq%20%27a%27",
    "$filter=" + "%20or%20".join(["saksaar%20eq%201"] * 2000),
    "$filter=" + "%20or%20".join(["saksaar%20eq%201"] * 300),
    "$filter=" + "%20and%20".join(["saksaar%20eq%201"] * 300),
    "$filter=saksaar%20in%20(" + ",".join(["1"] * 2000) + ")",
    "$filter=tittel%20eq%20%27" + "a" * 9_000 + "%27",
    *("$orderby=finnesIkke", "$orderby=", "$orderby=tittel%20sideways", "$orderby=tittel,,tittel"),
    *("$orderby=tittel;drop", "$orderby=%00", "$orderby=sok", "$orderby=version"),
    "$orderby=" + ",".join(["tittel"] * 500),
    *("$search=", "$search=%20", "$search=%00", "$search=" + "a" * 600, "$search=a&$search=b"),
    "x" * 30_000,
]
REFUSED_QUERIES = [
    "$expand=part($select=navn)",
    "$expand=part($top=1)",
    "$apply=x",
    "$format=xml",
    "$finnesIkke=1",
    "$orderby=1",
]
LISTS = [
    "sakarkiv/saksmappe/",
    "metadata/dokumenttype/",
]


@pytest.mark.parametrize("query", WRONG_QUERIES, ids=lambda query: query[:50])
@pytest.mark.parametrize("path", LISTS)
def test_a_wrong_query_is_refused(client: Client, path: str, query: str) -> None:
    answer = client.http.get(f"{client.root}{path}?{query}", headers=client.headers)

    assert_fault(answer, 400)


@pytest.mark.parametrize("query", REFUSED_QUERIES)
@pytest.mark.parametrize("path", LISTS)
def test_what_is_not_offered_is_501(client: Client, path: str, query: str) -> None:
    answer = client.http.get(f"{client.root}{path}?{query}", headers=client.headers)

    assert_fault(answer, 501)


ODD_QUERIES = [
    *("$top=0", "$top=99999", "$skip=0", "$skip=9999999999999", "$top=9223372036854775807"),
    *("$skip=9223372036854775807", "$search=%ff", "$search=%ed%a0%80", "$search=%F0%9F%98%80"),
    *(
        "$search=%27",
        "$search=((",
        "$search=%22",
        "$search=-",
        "$search=a%20or%20or",
        "$search=%25",
    ),
    *("$search=%5C", "$search=:*", "$search=!", "$search=%26%7C", "$count=true"),
    "$filter=contains(tittel,%27%25%27)",
    "$filter=contains(tittel,%27%5C%27)",
    "$filter=startswith(tittel,%27_%27)",
    "$filter=tittel%20eq%20%27%27%27%27",
    "$filter=tittel%20eq%20%27%F0%9F%98%80%27",
    "$filter=tittel%20eq%20null",
    "$filter=saksaar%20eq%209223372036854775807",
    "$filter=saksaar%20eq%20-9223372036854775808",
    "$filter=saksaar%20eq%201.5",
    "$filter=opprettetDato%20gt%200001-01-01T00:00:00Z",
    "$filter=opprettetDato%20lt%209999-12-31T23:59:59Z",
    "$filter=year(opprettetDato)%20eq%2099999999999",
    "$filter=systemID%20eq%2000000000-0000-0000-0000-000000000000",
    "$filter=saksaar%20in%20(1,9223372036854775807)",
]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_an_odd_query_is_answered(client: Client, query: str) -> None:
    answer = client.http.get(f"{client.root}sakarkiv/saksmappe/?{query}", headers=client.headers)

    if answer.status_code != 200:
        assert_fault(answer, 400, 501)
    else:
        assert answer.json()["count"] >= len(answer.json().get("results", ()))


# Tokens.


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(token))


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any], signature: str = "") -> str:
    written = (json.dumps(part).encode() for part in (header, claims))
    head, body = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in written)
    return f"{head}.{body}.{signature}"


def public_key(service: Service, http: httpx.Client) -> dict[str, Any]:
    return dict(http.get(f"{service.issuer}/jwks").json()["keys"][0])


def wrong_token(kind: str, service: Service, http: httpx.Client, other_keys: Path) -> str:
    """Make a token that must not be believed."""
    user = next(one for one in demo_users() if one.username == "administrator@molde")
    keys = service.settings.data_dir / "identity"
    good = service.token("administrator@molde")
    head, body, signature = good.split(".")
    claims, header = claims_of(good), jwt.get_unverified_header(good)
    key = public_key(service, http)
    pem = jwk.construct(key, "RS256").to_pem().decode()
    signed = {
        "expired": {"clock": lambda: time.time() - 7200},
        "not yet": {"clock": lambda: time.time() + 7200},
    }
    if kind in signed:
        return issue_token(user, service.issuer, keys, **signed[kind])
    if kind == "foreign key":
        return issue_token(user, service.issuer, other_keys)
    if kind == "foreign issuer":
        return issue_token(user, "http://127.0.0.1:1/identity", other_keys)
    made = {
        "none": unsigned({"alg": "none", "typ": "JWT"}, claims),
        "none with a signature": unsigned({**header, "alg": "none"}, claims, signature),
        "none in capitals": unsigned({**header, "alg": "NONE"}, claims),
        "hs256 with the public key": hmac_signed(claims, pem, header),
        "hs256 with the modulus": hmac_signed(claims, str(key["n"]), header),
        "hs256 with nothing": hmac_signed(claims, "x", header),
        "changed claims": f"{head}.{unsigned({}, {**claims, 'kommune': 'rauma'}).split('.')[1]}"
        f".{signature}",
        "no signature": f"{head}.{body}.",
        "foreign kid": unsigned({**header, "kid": "annen"}, claims, signature),
        "kid with a path": unsigned({**header, "kid": "../../etc/passwd"}, claims, signature),
        "kid that is a list": unsigned({**header, "kid": ["a"]}, claims, signature),
        "crit": unsigned({**header, "crit": ["exp"]}, claims, signature),
        "key in the header": unsigned({**header, "jwk": key}, claims, signature),
        "jku": unsigned({**header, "jku": "http://127.0.0.1:1/"}, claims, signature),
        "huge exp": unsigned(header, {**claims, "exp": 10**400}, signature),
        "exp as text": unsigned(header, {**claims, "exp": "x"}, signature),
        "claims that are a list": unsigned(header, [claims], signature),  # type: ignore[arg-type]  # what is tested
        "deep claims": unsigned(header, claims, signature).replace(
            body, urlsafe_b64encode(b"[" * 4000).decode().rstrip("=")
        ),
        "encrypted": f"{head}.{body}.{body}.{body}.{signature}",
        "words": "hello",
        "dots": "..",
        "much": "a" * 20_000,
        "much in three": ".".join(["a" * 7_000] * 3),
        "letters beyond ascii": "æ.ø.å",
        "basic": "Basic bW9sZGU6ZGVtbw==",
        "twice": f"{good} {good}",
        "quoted": f'"{good}"',
    }
    return made[kind]


def hmac_signed(claims: Mapping[str, Any], secret: str, header: Mapping[str, Any]) -> str:
    """Sign with HS256 by hand, as libraries refuse to with a public key."""
    plain = unsigned({**header, "alg": "HS256"}, claims).rstrip(".")
    digest = hmac.new(secret.encode(), plain.encode(), sha256).digest()
    return f"{plain}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


WRONG_TOKENS = [
    *("expired", "not yet", "foreign key", "foreign issuer", "none", "none with a signature"),
    *("none in capitals", "hs256 with the public key", "hs256 with the modulus"),
    *("hs256 with nothing", "changed claims", "no signature", "foreign kid", "kid with a path"),
    *("kid that is a list", "crit", "key in the header", "jku", "huge exp", "exp as text"),
    *("claims that are a list", "deep claims", "encrypted", "words", "dots", "much"),
    *("much in three", "letters beyond ascii", "basic", "twice", "quoted"),
]


@pytest.mark.parametrize("kind", WRONG_TOKENS)
@pytest.mark.parametrize("path", ["", "arkivstruktur/mappe/", "admin/system/"])
def test_a_wrong_token_is_401_with_a_challenge(
    http: httpx.Client, service: Service, tmp_path: Path, kind: str, path: str
) -> None:
    token = wrong_token(kind, service, http, tmp_path)

    answer = http.get(
        f"{service.url}/molde/api/{path}",
        headers=[(b"Authorization", f"Bearer {token}".encode())],
    )

    assert_fault(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic x", "x" * 30_000, "Bearer\tx"])
def test_an_odd_authorization_is_401(http: httpx.Client, service: Service, header: str) -> None:
    answer = http.get(
        f"{service.url}/molde/api/arkivstruktur/mappe/", headers={"Authorization": header}
    )

    assert_fault(answer, 401)


def test_a_refresh_token_is_not_an_access_token(http: httpx.Client, service: Service) -> None:
    login = http.post(
        f"{service.issuer}/token",
        data={
            "grant_type": "password",
            "client_id": "spa",
            "username": "leser@molde",
            "password": "demo",
            "scope": "openid",
        },
    ).json()

    answers = [
        http.get(
            f"{service.url}/molde/api/arkivstruktur/",
            headers={"Authorization": f"Bearer {login[kind]}"},
        )
        for kind in ("refresh_token", "id_token")
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


# Headers.

ODD_HEADERS = [
    *[
        ("If-None-Match", value)
        for value in ("", "x", '"', "W/", '""', "*, x", "\x7f", "," * 5000, '"a" "b"', "W/*")
    ],
    *[("Accept-Language", value) for value in ("", "x" * 5000, ";q=", "*", "-", "tlh", "en;q=x")],
    *[("Range", value) for value in ("", "bytes=", "x", "bytes=5-1", "bytes=-", "lines=1-2")],
    *[("If-Range", value) for value in ("", "x", '"')],
    *[("X-Forwarded-For", "x" * 1000), ("X-Forwarded-Host", "evil"), ("Forwarded", "host=evil")],
    *[("Origin", value) for value in ("", "null", "http://evil", "x" * 1000)],
    *[("Content-Length", "0"), ("Content-Type", "x"), ("Content-Range", "x"), ("Expect", "x")],
    *[("Connection", "x"), ("Upgrade", "websocket")],
    ("Content-Disposition", "attachment; filename*=undefined''%41"),
]


@pytest.mark.parametrize(("name", "value"), ODD_HEADERS, ids=lambda part: part[:30])
@pytest.mark.parametrize("kind", ["self", "list", "code"])
def test_an_odd_header_is_never_our_fault(ours: World, name: str, value: str, kind: str) -> None:
    client = ours.client
    place = {
        "self": client.link(ours.journalpost, "self"),
        "list": f"{client.root}sakarkiv/journalpost/",
        "code": f"{client.root}metadata/dokumenttype/B/",
    }[kind]

    answer = client.get(place, headers={name: value})

    assert answer.status_code in (200, 304, 400), answer.text


@pytest.mark.parametrize("value", ["*", "W/*", '"*"', "*, x"])
def test_any_current_unit_is_known_to_one_who_says_so(ours: World, value: str) -> None:
    answer = ours.client.get(
        ours.client.link(ours.journalpost, "self"), headers={"If-None-Match": value}
    )

    assert answer.status_code in (200, 304)


@pytest.mark.parametrize("accept", ["text/html", "x", "/", "text/*", f"{NOARK};q=0", "image/*,x/y"])
@pytest.mark.parametrize("path", ["", "sakarkiv/journalpost/", "metadata/dokumenttype/", "admin/"])
def test_what_we_cannot_give_is_406(client: Client, accept: str, path: str) -> None:
    answer = client.get(f"{client.root}{path}", headers={"Accept": accept})

    assert_fault(answer, 406)


@pytest.mark.parametrize("match", ['"0"', '"999999"', "x", "", '"', "W/", ",", "1" * 5000, '"-1"'])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_odd_if_match_is_a_conflict(ours: World, method: str, match: str) -> None:
    client, unit = ours.client, ours.journalpost

    answer = client.request(
        method,
        client.link(unit, "self"),
        content=b'{"tittel": "Nytt"}' if method != "DELETE" else None,
        headers={"Content-Type": PATCH if method == "PATCH" else NOARK, "If-Match": match},
    )

    assert_fault(answer, 400, 409)
    assert client.get(client.link(unit, "self")).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_without_if_match_is_refused(ours: World, method: str) -> None:
    send = ours.client.put if method == "PUT" else ours.client.patch

    answer = send(ours.client.link(ours.journalpost, "self"), {"tittel": "Nytt"})

    assert_fault(answer, 400)


@pytest.mark.parametrize(
    ("language", "expected", "word"),
    [
        ("nb-NO,nb;q=0.9", "nb", "finnes ikke"),
        ("en", "en", "not"),
        ("en-GB;q=0.8", "en", "not"),
        ("nn-NO", "nn", "finst ikkje"),
        ("no", "nb", "finnes ikke"),
        ("de, en;q=0.5", "en", "not"),
    ],
)
def test_the_fault_is_told_in_the_language_asked_for(
    client: Client, language: str, expected: str, word: str
) -> None:
    answer = client.get(
        f"{client.root}arkivstruktur/mappe/{uuid4()}/", headers={"Accept-Language": language}
    )

    assert_fault(answer, 404)
    assert answer.headers["content-language"] == expected
    assert word in answer.json()["feil"]["beskrivelse"]


def test_a_preferred_language_comes_before_one_that_is_named_first(client: Client) -> None:
    answer = client.get(
        f"{client.root}arkivstruktur/mappe/{uuid4()}/",
        headers={"Accept-Language": "nb;q=0.1, en;q=0.9"},
    )

    assert answer.headers["content-language"] == "en"


# Below HTTP libraries: what they would not send.


def raw(service: Service, lines: bytes, body: bytes = b"") -> bytes:
    """Send bytes as they are; give what came back before the server closed or fell silent."""
    where = urlsplit(service.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=3) as link:
        link.sendall(lines + body)
        if body:
            link.shutdown(socket.SHUT_WR)
        got = b""
        with suppress(TimeoutError):
            while piece := link.recv(65_536):
                got += piece
    return got


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.parametrize(
    "host",
    [
        *(
            b"evil.example",
            b"a b",
            b'a"b',
            b"<script>",
            b"\xff\xfe",
            b"",
            b"a" * 5000,
            b"[::1",
            b"...",
        ),
        *(b"x/y", b"x:99999", b"x?y", b"x#y", b"user@host", b"{}", b"%00", b"\t", b","),
    ],
)
def test_an_odd_host_is_never_our_fault(service: Service, host: bytes) -> None:
    token = service.token("leser@molde").encode()

    answer = raw(
        service,
        b"GET /molde/api/arkivstruktur/ HTTP/1.1\r\nHost: "
        + host
        + b"\r\nAuthorization: Bearer "
        + token
        + b"\r\nConnection: close\r\n\r\n",
    )

    assert status_of(answer) in (200, 400)


@pytest.mark.parametrize(
    "host", [b'a"b', b"<script>", b"x/y", b"a b", b"user@host", b"x?y", b"x#y"]
)
def test_links_are_never_made_of_an_impossible_host(service: Service, host: bytes) -> None:
    answer = raw(
        service,
        b"GET /molde/api/ HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n",
    )

    assert status_of(answer) == 400


@pytest.mark.parametrize(
    "lines",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x00\r\n\r\n",
        b"GET /molde/api/ HTTP/1.1\r\n\r\n",
        b"GET http://evil/molde/api/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET molde HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /molde/api/?\xff=\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /m\xe6lde/api/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%zz/api/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /molde/api/ HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /molde/api/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /molde/api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"GET /molde/api/ HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /molde/api/ HTTP/1.1\r\nHost: x\r\nX\x00: a\r\n\r\n",
        b"GET /molde/api/ HTTP/1.1\r\nHost: x\r\nX: a\x00\r\n\r\n",
    ],
    ids=lambda lines: ascii(lines[:40]),
)
def test_what_is_hardly_http_is_never_our_fault(service: Service, lines: bytes) -> None:
    answer = raw(service, lines)

    assert status_of(answer) < 500


def test_a_body_shorter_than_announced_makes_nothing(ours: World, service: Service) -> None:
    client = ours.client
    before = client.get(address(ours, "journalpost").replace("ny-journalpost", "registrering"))
    token = service.token("administrator@molde").encode()

    answer = raw(
        service,
        b"POST "
        + urlsplit(address(ours, "journalpost")).path.encode()
        + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + token
        + b"\r\nContent-Type: application/vnd.noark5+json\r\nContent-Length: 1000\r\n\r\n",
        b'{"tittel": "A"}',
    )

    after = client.get(address(ours, "journalpost").replace("ny-journalpost", "registrering"))
    assert status_of(answer) < 500
    assert after.json()["count"] == before.json()["count"]


@pytest.fixture(scope="module")
def roomy(service: Service) -> Iterator[Service]:
    """The same service with the limit on bodies that it has by default."""
    with beside(service, body_limit=1_048_576) as other:
        yield other


def test_a_megabyte_of_different_words_is_stored_or_refused(
    http: httpx.Client, roomy: Service
) -> None:
    client = Client(http, roomy, "administrator@molde", "molde")
    words = " ".join(f"{number:x}" for number in range(0x10000, 0x10000 + 170_000))
    made = client.post(
        f"{client.root}arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": "1", "arkivskaperNavn": "A", "beskrivelse": words},
    )

    if made.status_code != 201:
        assert_fault(made, 400)
    else:
        assert made.json()["beskrivelse"] == words


def test_the_limit_itself_is_told(client: Client) -> None:
    answer = client.request(
        "POST",
        f"{client.root}arkivstruktur/ny-arkivskaper/",
        content=b" " * 200_001,
        headers={"Content-Type": NOARK},
    )

    assert_fault(answer, 400)
    assert "200000" in answer.json()["feil"]["beskrivelse"]
