"""Files by the standard's small and large protocol, up and down, and what must never go wrong."""

import asyncio
import hashlib
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from tests.conftest import Client, LogIn, Service, World, build_world
from tests.tenancy.processes import environment, running

from sakark_api.settings import Settings
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.s3 import S3Documents

PDF = b"%PDF-1.4 " + bytes(range(256)) * 400
MIB = 1024 * 1024
LARGEST_MEMORY = 150 * MIB
LARGE = 200 * MIB
BULK_LIMIT = 5_000_000


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in("saksbehandler@molde")


@pytest.fixture
def document(ours: World, client: Client) -> Any:
    """A document without versions."""
    return client.make(ours.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D"})


@pytest.fixture
def objekt(document: Any, client: Client) -> Any:
    """A dokumentobjekt that waits for its file."""
    return client.make(document, "arkivstruktur/ny-dokumentobjekt/", {})


@pytest.fixture
def filed(objekt: Any, client: Client) -> Any:
    """A dokumentobjekt with its file."""
    answer = upload(client, objekt, PDF)
    assert answer.status_code == 201, answer.text
    return answer.json()


def place(client: Client, unit: Mapping[str, Any]) -> str:
    return client.link(unit, "arkivstruktur/fil/")


def upload(
    client: Client, unit: Mapping[str, Any], content: bytes, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(
        "POST",
        place(client, unit),
        content=content,
        headers={"Content-Type": "application/pdf", **named},
    )


def stored(service: Service) -> set[Path]:
    """List every file in the storage, finished or not."""
    folder = service.settings.data_dir / "dokumenter"
    return {path for path in folder.rglob("*") if path.is_file()}


def assert_fault(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["feil"]["kode"] == status


# In one request.


@pytest.mark.krav("TG0-24")
def test_what_is_sent_is_what_is_given_back(client: Client, objekt: Any) -> None:
    sent = upload(client, objekt, PDF)

    found = client.get(place(client, sent.json()))
    assert sent.status_code == 201
    assert sent.json()["sjekksum"] == hashlib.sha256(PDF).hexdigest()
    assert sent.json()["sjekksumAlgoritme"] == "SHA-256"
    assert sent.json()["filstoerrelse"] == len(PDF)
    assert sent.json()["mimeType"] == "application/pdf"
    assert found.content == PDF
    assert found.headers["content-length"] == str(len(PDF))
    assert client.get(sent.json()["referanseDokumentfil"]).content == PDF


def test_downloads_are_safe_in_a_browser(client: Client, filed: Any) -> None:
    found = client.get(place(client, filed))

    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert "sandbox" in found.headers["content-security-policy"]
    assert "private" in found.headers["cache-control"]
    assert found.headers["content-type"] == "application/pdf"


def test_a_page_is_given_as_an_attachment_too(client: Client, objekt: Any) -> None:
    sent = upload(client, objekt, b"<script>alert(1)</script>", Content_Type="text/html")

    found = client.get(place(client, sent.json()))

    assert found.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-9", 0, 9),
        ("bytes=100-199", 100, 199),
        ("bytes=100-", 100, len(PDF) - 1),
        ("bytes=-10", len(PDF) - 10, len(PDF) - 1),
        (f"bytes={len(PDF) - 1}-", len(PDF) - 1, len(PDF) - 1),
        (f"bytes={len(PDF) - 5}-{len(PDF) + 500}", len(PDF) - 5, len(PDF) - 1),
    ],
)
def test_a_part_is_given(client: Client, filed: Any, asked: str, first: int, last: int) -> None:
    found = client.get(place(client, filed), headers={"Range": asked})

    assert found.status_code == 206
    assert found.content == PDF[first : last + 1]
    assert found.headers["content-range"] == f"bytes {first}-{last}/{len(PDF)}"


@pytest.mark.parametrize("asked", [f"bytes={len(PDF)}-", "bytes=99999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(client: Client, filed: Any, asked: str) -> None:
    found = client.get(place(client, filed), headers={"Range": asked})

    assert_fault(found, 416)
    assert found.headers["content-range"] == f"bytes */{len(PDF)}"


@pytest.mark.parametrize(
    "asked",
    [
        *("", "x", "bytes", "bytes=", "bytes=-", "bytes=5-1", "bytes=a-b", "lines=0-1"),
        *("bytes=0-1,3-4", "bytes=0x1-2", "bytes=1-2;x", "bytes=٠-٩".encode().decode("latin-1")),
        *("bytes=" + "9" * 30 + "-", "bytes=0-" + "9" * 30),
    ],
)
def test_a_part_nobody_can_read_gives_the_whole(client: Client, filed: Any, asked: str) -> None:
    found = client.get(place(client, filed), headers={"Range": asked.encode("latin-1")})

    assert found.status_code in (200, 206, 416)
    assert found.status_code == 416 or found.content == PDF


def test_a_part_as_large_as_the_whole_is_the_whole(client: Client, filed: Any) -> None:
    found = client.get(place(client, filed), headers={"Range": "bytes=0-"})

    assert found.status_code in (200, 206)
    assert found.content == PDF


@pytest.mark.parametrize(("if_range", "status"), [("same", 206), ('"other"', 200), ("x", 200)])
def test_a_part_is_given_only_of_the_same_file(
    client: Client, filed: Any, if_range: str, status: int
) -> None:
    tag = client.get(place(client, filed)).headers["etag"]

    found = client.get(
        place(client, filed),
        headers={"Range": "bytes=0-9", "If-Range": tag if if_range == "same" else if_range},
    )

    assert found.status_code == status
    assert found.content == (PDF[:10] if status == 206 else PDF)


def test_a_known_file_is_not_sent_again(client: Client, filed: Any) -> None:
    tag = client.get(place(client, filed)).headers["etag"]

    found = client.get(place(client, filed), headers={"If-None-Match": tag})

    assert found.status_code == 304
    assert found.content == b""
    assert found.headers["etag"] == tag


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/pdf", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("text/plain, application/pdf;q=0.5", 200),
        ("text/plain", 406),
        ("image/*", 406),
        ("application/pdf;q=0", 406),
        ("application/pdf;q=0, */*", 406),
        ("application/vnd.noark5+json", 406),
    ],
)
def test_a_file_is_given_to_who_accepts_its_type(
    client: Client, filed: Any, accept: str, status: int
) -> None:
    assert client.get(place(client, filed), headers={"Accept": accept}).status_code == status


def test_a_dokumentobjekt_without_a_file_has_none_to_give(client: Client, objekt: Any) -> None:
    assert_fault(client.get(place(client, objekt)), 404)


def test_a_second_file_is_a_conflict_and_changes_nothing(
    client: Client, filed: Any, service: Service
) -> None:
    before = stored(service)

    answer = upload(client, filed, b"another")

    assert_fault(answer, 409)
    assert client.get(place(client, filed)).content == PDF
    assert stored(service) == before


@pytest.mark.parametrize(
    "announced",
    [
        {"sjekksum": "0" * 64, "sjekksumAlgoritme": "SHA-256"},
        {"filstoerrelse": len(PDF) + 1},
        {"filstoerrelse": len(PDF) - 1},
        {"mimeType": "text/plain"},
    ],
    ids=lambda announced: next(iter(announced)),
)
@pytest.mark.parametrize("chunked", [True, False])
def test_another_file_than_announced_is_refused_and_leaves_nothing(
    client: Client, document: Any, service: Service, announced: dict[str, Any], *, chunked: bool
) -> None:
    unit = client.make(document, "arkivstruktur/ny-dokumentobjekt/", announced)
    before = stored(service)

    answer = client.request(
        "POST",
        place(client, unit),
        content=iter([PDF]) if chunked else PDF,
        headers={"Content-Type": "application/pdf"},
    )

    assert_fault(answer, 400)
    assert stored(service) == before
    assert_fault(client.get(place(client, unit)), 404)
    assert "referanseDokumentfil" not in client.refreshed(unit)


def test_the_announced_file_is_taken(client: Client, document: Any) -> None:
    checksum = hashlib.sha256(PDF).hexdigest().upper()
    unit = client.make(
        document,
        "arkivstruktur/ny-dokumentobjekt/",
        {
            "sjekksum": checksum,
            "sjekksumAlgoritme": "sha-256",
            "filstoerrelse": len(PDF),
            "mimeType": "application/pdf",
        },
    )

    assert upload(client, unit, PDF).status_code == 201


def test_files_sent_to_a_document_become_its_versions(client: Client, document: Any) -> None:
    sent = [upload(client, document, PDF + bytes([number])).json() for number in range(3)]

    assert [unit["versjonsnummer"] for unit in sent] == [0, 1, 2]
    assert [client.get(place(client, unit)).content[-1] for unit in sent] == [0, 1, 2]
    assert {unit["variantformat"]["kode"] for unit in sent} == {"P"}


def test_an_upload_is_answered_with_the_address_of_what_it_made(
    client: Client, document: Any
) -> None:
    sent = upload(client, document, PDF)

    assert sent.headers["location"] == client.link(sent.json(), "self")
    assert sent.headers["etag"] == client.etag(sent.json())


@pytest.mark.parametrize("chunked", [True, False])
def test_an_empty_file_is_refused(
    client: Client, document: Any, service: Service, *, chunked: bool
) -> None:
    before = stored(service)

    answer = client.request(
        "POST",
        place(client, document),
        content=iter([b""]) if chunked else b"",
        headers={"Content-Type": "application/pdf"},
    )

    assert_fault(answer, 400)
    assert stored(service) == before


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(
    client: Client, document: Any, service: Service, *, chunked: bool
) -> None:
    before, large = stored(service), bytes(BULK_LIMIT + 1)

    answer = client.request(
        "POST",
        place(client, document),
        content=iter([large[:MIB]] * 5) if chunked else large,
        headers={"Content-Type": "application/pdf"},
    )

    assert_fault(answer, 403)
    assert stored(service) == before
    assert client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()["count"] == 0


def test_a_file_of_just_the_limit_is_taken(client: Client, document: Any) -> None:
    assert upload(client, document, bytes(BULK_LIMIT)).status_code == 201


@pytest.mark.parametrize(
    "kind", ["", "x", "text", "text/", "/pdf", "a/b/c", "æ/ø", "a b/c", "*/ *"]
)
def test_a_file_without_a_media_type_is_refused(client: Client, document: Any, kind: str) -> None:
    answer = client.request(
        "POST",
        place(client, document),
        content=PDF,
        headers={"Content-Type": kind.encode()},
    )

    assert_fault(answer, 415)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="brev.pdf"', "brev.pdf"),
        ("attachment; filename=brev.pdf", "brev.pdf"),
        ("attachment; filename*=UTF-8''s%C3%B8knad%20%C3%A5.pdf", "søknad å.pdf"),
        ("attachment; filename=\"x\"; filename*=UTF-8''%C3%A5.pdf", "å.pdf"),
        (r'attachment; filename="han sa \"hei\".pdf"', 'han sa "hei".pdf'),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\\\\brev.pdf"', "brev.pdf"),
        ("attachment; filename*=UTF-8''..%2F..%2Fx.pdf", "x.pdf"),
        ("attachment; filename*=iso-8859-1''%E5.pdf", "å.pdf"),
    ],
)
def test_a_file_keeps_its_name(client: Client, document: Any, header: str, name: str) -> None:
    sent = upload(client, document, PDF, Content_Disposition=header)

    found = client.get(place(client, sent.json()))

    assert sent.json()["filnavn"] == name
    assert found.status_code == 200
    assert "\n" not in found.headers["content-disposition"]


def test_a_name_sent_as_plain_utf_8_keeps_its_letters(client: Client, document: Any) -> None:
    sent = client.request(
        "POST",
        place(client, document),
        content=PDF,
        headers={
            "Content-Type": "application/pdf",
            "Content-Disposition": 'attachment; filename="søknad å.pdf"'.encode(),
        },
    )

    assert sent.json()["filnavn"] == "søknad å.pdf"


ODD_NAMES = [
    "attachment; filename*=UTF-8''a%00b",
    "attachment; filename*=unicode_escape''%5Cud800",
    "attachment; filename*=undefined''%41",
    "attachment; filename*=idna''%ff",
    "attachment; filename*=punycode''%ff%ff",
    "attachment; filename*=UTF-8''%ff%fe",
    "attachment; filename*=UTF-8''a%0d%0ab",
    "attachment; filename*=finnes-ikke''a",
    'attachment; filename*="a"; filename*1=3',
    "attachment; filename*0=a; filename*2=b",
    "attachment; filename*=",
    "attachment; filename=",
    'attachment; filename="',
    "attachment; filename=..",
    "attachment; filename=/",
    "x",
    "",
    ";;;",
    "attachment; filename=" + "a" * 5000,
]


@pytest.mark.parametrize("header", ODD_NAMES)
def test_an_odd_file_name_is_never_our_fault(
    client: Client, document: Any, service: Service, header: str
) -> None:
    before = stored(service)

    sent = upload(client, document, PDF, Content_Disposition=header)

    assert sent.status_code in (201, 400), sent.text
    assert (stored(service) == before) is (sent.status_code != 201)


@pytest.mark.parametrize("header", ODD_NAMES)
def test_a_large_file_with_an_odd_name_is_never_our_fault(
    client: Client, document: Any, header: str
) -> None:
    begun = begin(client, document, 10, Content_Disposition=header)

    assert begun.status_code in (200, 400), begun.text


def test_a_name_made_to_be_slow_to_read_does_not_stop_the_service(
    client: Client, document: Any
) -> None:
    header = 'attachment; filename="' + ";" * 60_000
    began = time.perf_counter()

    upload(client, document, PDF, Content_Disposition=header)

    assert time.perf_counter() - began < 1


def test_a_deleted_dokumentobjekt_takes_its_bytes_along(
    client: Client, document: Any, service: Service
) -> None:
    before = stored(service)
    sent = upload(client, document, PDF).json()

    answer = client.delete(client.link(sent, "self"))

    assert answer.status_code == 204
    assert stored(service) == before
    assert_fault(client.get(place(client, sent)), 404)


def test_a_document_with_a_version_is_not_deleted_from_under_it(
    client: Client, document: Any
) -> None:
    sent = upload(client, document, PDF).json()

    answer = client.delete(client.link(document, "self"))

    assert answer.status_code in (204, 409)
    assert (client.get(place(client, sent)).status_code == 200) is (answer.status_code == 409)


# In parts.


def begin(client: Client, unit: Mapping[str, Any], size: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(
        "POST",
        place(client, unit),
        headers={
            "X-Upload-Content-Type": "application/pdf",
            "X-Upload-Content-Length": str(size),
            "Content-Length": "0",
            **named,
        },
    )


def send(
    client: Client, session: str, content: bytes, first: int, total: int, **headers: str
) -> httpx.Response:
    last = first + len(content) - 1
    return client.request(
        "PUT",
        session,
        content=content,
        headers={"Content-Range": f"bytes {first}-{last}/{total}", **headers},
    )


@pytest.fixture
def session(client: Client, document: Any) -> str:
    """An upload of PDF under way, of which nothing has come."""
    begun = begin(client, document, len(PDF))
    assert begun.status_code == 200, begun.text
    return begun.headers["location"]


QUARTER = len(PDF) // 4
FIRSTS = (0, QUARTER, 2 * QUARTER, 3 * QUARTER)


def chunk(first: int) -> bytes:
    return PDF[first : len(PDF) if first == FIRSTS[-1] else first + QUARTER]


@pytest.mark.krav("TG0-24")
def test_four_parts_become_the_file(client: Client, session: str, service: Service) -> None:
    answers = [send(client, session, chunk(first), first, len(PDF)) for first in FIRSTS]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 201]
    assert [answer.headers.get("range") for answer in answers[:3]] == [
        f"0-{first - 1}" for first in FIRSTS[1:]
    ]
    unit = answers[3].json()
    assert unit["sjekksum"] == hashlib.sha256(PDF).hexdigest()
    assert client.get(place(client, unit)).content == PDF
    assert not [path for path in stored(service) if session.split("/")[-2] in str(path)]


def test_a_large_file_can_fill_a_dokumentobjekt(client: Client, objekt: Any) -> None:
    session = begin(client, objekt, len(PDF)).headers["location"]

    answers = [send(client, session, chunk(first), first, len(PDF)) for first in FIRSTS]

    assert answers[3].status_code == 201
    assert answers[3].json()["systemID"] == objekt["systemID"]


def test_the_last_part_may_be_sent_again(client: Client, session: str) -> None:
    send(client, session, chunk(0), 0, len(PDF))

    again = send(client, session, chunk(0), 0, len(PDF))

    rest = [send(client, session, chunk(first), first, len(PDF)) for first in FIRSTS[1:]]
    assert again.status_code == 200
    assert again.headers["range"] == f"0-{QUARTER - 1}"
    assert rest[2].status_code == 201
    assert client.get(place(client, rest[2].json())).content == PDF


@pytest.mark.parametrize("first", [QUARTER, 3 * QUARTER])
def test_a_part_out_of_order_is_told_where_to_go_on(
    client: Client, session: str, first: int
) -> None:
    answer = send(client, session, chunk(first), first, len(PDF))

    assert_fault(answer, 409)
    assert "range" not in answer.headers


def test_a_part_too_early_is_told_what_has_come(client: Client, session: str) -> None:
    send(client, session, chunk(0), 0, len(PDF))

    answer = send(client, session, chunk(FIRSTS[2]), FIRSTS[2], len(PDF))

    assert_fault(answer, 409)
    assert answer.headers["range"] == f"0-{QUARTER - 1}"


@pytest.mark.parametrize(
    "content_range",
    [
        *(
            "",
            "x",
            "bytes */10",
            "bytes 0-9",
            "bytes 0-9/*",
            "0-9",
            "bytes 9-0/102409",
            "-1-9/102409",
        ),
        *("bytes 0-9/10", "bytes 0-9/999", "bytes 0-8/102409", "bytes 0-10/102409", "0-9/0"),
        *("bytes 0-" + "9" * 30 + "/102409", "bytes 0-102409/102409", "bytes ٠-٩/102409"),
    ],
)
def test_a_part_at_an_impossible_place_is_refused(
    client: Client, session: str, content_range: str
) -> None:
    assert len(PDF) == 102_409

    answer = client.request(
        "PUT",
        session,
        content=b"0123456789",
        headers={"Content-Range": content_range.encode()},
    )

    assert_fault(answer, 400)
    assert "range" not in client.get(session).headers


def test_a_part_without_a_length_is_refused(client: Client, session: str) -> None:
    answer = client.request(
        "PUT",
        session,
        content=iter([b"0123456789"]),
        headers={"Content-Range": f"bytes 0-9/{len(PDF)}"},
    )

    assert_fault(answer, 400)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_users_upload_does_not_exist(log_in: LogIn, session: str, method: str) -> None:
    other = log_in("leder@molde")

    answer = other.request(
        method,
        session,
        content=b"0123456789" if method == "PUT" else None,
        headers={"Content-Range": f"bytes 0-9/{len(PDF)}"} if method == "PUT" else {},
    )

    assert_fault(answer, 404)


def test_an_upload_does_not_exist_at_another_units_address(
    client: Client, session: str, ours: World
) -> None:
    other = f"{client.link(ours.dokumentbeskrivelse, 'self')}fil/{session.split('/')[-2]}/"

    assert_fault(client.get(other), 404)


def test_one_who_lost_count_is_told_what_has_come(client: Client, session: str) -> None:
    nothing = client.get(session)
    send(client, session, chunk(0), 0, len(PDF))

    answer = client.get(session)

    assert (nothing.status_code, nothing.headers.get("range")) == (200, None)
    assert (answer.status_code, answer.headers["range"]) == (200, f"0-{QUARTER - 1}")


def test_a_cancelled_upload_is_gone_with_its_bytes(
    client: Client, document: Any, service: Service
) -> None:
    before = stored(service)
    session = begin(client, document, len(PDF)).headers["location"]
    send(client, session, chunk(0), 0, len(PDF))

    answer = client.delete(session)

    assert answer.status_code == 204
    assert stored(service) == before
    assert_fault(client.get(session), 404)


@pytest.mark.parametrize(
    ("size", "status"),
    [
        *[("0", 400), ("-1", 400), ("x", 400), ("", 400), ("1e9", 400), ("9" * 30, 400)],
        *[("²", 400), ("5368709121", 403), ("99999999999999999", 403)],
    ],
)
def test_an_upload_of_an_impossible_size_does_not_begin(
    client: Client, document: Any, size: str, status: int
) -> None:
    answer = client.request(
        "POST",
        place(client, document),
        headers={
            "X-Upload-Content-Type": "application/pdf",
            "X-Upload-Content-Length": size.encode("latin-1"),
            "Content-Length": "0",
        },
    )

    assert_fault(answer, status)


def test_a_part_over_the_limit_is_refused(client: Client, document: Any, service: Service) -> None:
    size = 3 * BULK_LIMIT
    session = begin(client, document, size).headers["location"]
    before = stored(service)

    answer = send(client, session, bytes(BULK_LIMIT + 1), 0, size)

    assert_fault(answer, 403)
    assert stored(service) == before


@pytest.mark.krav("TG0-24")
def test_another_file_than_announced_in_parts_leaves_nothing(
    client: Client, document: Any, service: Service
) -> None:
    unit = client.make(
        document,
        "arkivstruktur/ny-dokumentobjekt/",
        {"sjekksum": "0" * 64, "sjekksumAlgoritme": "SHA-256"},
    )
    before = stored(service)
    session = begin(client, unit, len(PDF)).headers["location"]

    answers = [send(client, session, chunk(first), first, len(PDF)) for first in FIRSTS]

    assert_fault(answers[3], 400)
    assert stored(service) == before


def test_two_who_send_the_same_part_at_once_store_it_once(
    client: Client, session: str, service: Service
) -> None:
    async def both() -> list[int]:
        headers = {**client.headers, "Content-Range": f"bytes 0-{QUARTER - 1}/{len(PDF)}"}
        async with httpx.AsyncClient(timeout=30) as http:
            answers = await asyncio.gather(
                *(http.put(session, content=chunk(0), headers=headers) for _ in range(5))
            )
        return sorted(answer.status_code for answer in answers)

    statuses = asyncio.run(both())

    kept = [path for path in stored(service) if session.split("/")[-2] in str(path)]
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert len(kept) == 1


def test_an_upload_broken_off_before_its_last_answer_can_be_finished(
    client: Client, session: str, service: Service
) -> None:
    """The service fell between noting the last part and making the file: the client tries again."""
    for first in FIRSTS[:3]:
        send(client, session, chunk(first), first, len(PDF))
    note_last_part(service, session.split("/")[-2])

    answer = send(client, session, chunk(FIRSTS[3]), FIRSTS[3], len(PDF))

    assert answer.status_code == 201, (answer.status_code, dict(answer.headers))
    assert client.get(place(client, answer.json())).content == PDF


def test_one_who_lost_the_last_answer_sends_the_last_part_again_and_finds_the_file(
    client: Client, document: Any, session: str, service: Service
) -> None:
    answers = [send(client, session, chunk(first), first, len(PDF)) for first in FIRSTS]
    before = stored(service)

    come = client.get(session)
    again = send(client, session, chunk(FIRSTS[3]), FIRSTS[3], len(PDF))

    assert come.headers["range"] == f"0-{len(PDF) - 1}"
    assert (again.status_code, again.json()) == (201, answers[3].json())
    assert stored(service) == before
    assert client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()["count"] == 1


def test_two_who_send_the_last_part_at_once_make_one_file(
    client: Client, document: Any, session: str, service: Service
) -> None:
    for first in FIRSTS[:3]:
        send(client, session, chunk(first), first, len(PDF))
    note_last_part(service, session.split("/")[-2])

    async def both() -> set[tuple[int, str]]:
        headers = {**client.headers, "Content-Range": f"{FIRSTS[3]}-{len(PDF) - 1}/{len(PDF)}"}
        async with httpx.AsyncClient(timeout=30) as http:
            answers = await asyncio.gather(
                *(http.put(session, content=chunk(FIRSTS[3]), headers=headers) for _ in range(5))
            )
        return {(answer.status_code, answer.json().get("systemID", "")) for answer in answers}

    made = asyncio.run(both())

    assert len(made) == 1
    assert made.pop()[0] == 201
    assert client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()["count"] == 1


def note_last_part(service: Service, session: str) -> None:
    """Put the last part where the service would have, and say so in its row."""
    key = f"molde/opplasting/{session}/{FIRSTS[3]:018d}-{uuid4().hex}"
    path = service.settings.data_dir / "dokumenter" / key
    path.write_bytes(chunk(FIRSTS[3]))

    async def note() -> None:
        connection = await asyncpg.connect(service.settings.database_url)
        try:
            number = await connection.fetchval("select id from kommune where slug = 'molde'")
            await connection.execute("select set_config('app.tenant_id', $1, false)", str(number))
            await connection.execute(
                "update opplasting set received = size, parts = parts || $1::text where id = $2",
                key,
                session,
            )
        finally:
            await connection.close()

    asyncio.run(note())


@pytest.mark.parametrize("whole", [True, False])
def test_an_upload_that_breaks_off_leaves_no_row_and_no_bytes(
    client: Client, document: Any, service: Service, *, whole: bool
) -> None:
    before = stored(service)
    address = (
        place(client, document) if whole else begin(client, document, 4 * MIB).headers["location"]
    )
    where = urlsplit(address)
    head = (
        f"{'POST' if whole else 'PUT'} {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: {client.headers['Authorization']}\r\nContent-Type: application/pdf\r\n"
        f"Content-Range: bytes 0-{4 * MIB - 1}/{4 * MIB}\r\nContent-Length: {4 * MIB}\r\n\r\n"
    )

    with socket.create_connection((str(where.hostname), int(where.port or 0))) as link:
        link.sendall(head.encode() + bytes(2 * MIB))
        time.sleep(0.3)

    assert eventually(lambda: stored(service) == before)
    assert client.get(client.link(document, "arkivstruktur/dokumentobjekt/")).json()["count"] == 0


def eventually(holds: Any) -> bool:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(holds())


def test_a_download_that_breaks_off_does_not_hurt_the_next(client: Client, document: Any) -> None:
    sent = upload(client, document, bytes(BULK_LIMIT)).json()

    for _ in range(20):
        with client.http.stream("GET", place(client, sent), headers=client.headers) as answer:
            next(answer.iter_bytes(1000))

    assert len(client.get(place(client, sent)).content) == BULK_LIMIT


def test_bytes_that_are_gone_are_not_a_broken_answer(
    client: Client, document: Any, service: Service
) -> None:
    before = stored(service)
    sent = upload(client, document, PDF).json()
    (path,) = stored(service) - before
    path.unlink()

    answer = client.get(place(client, sent))

    assert_fault(answer, 503)


# Memory: a process of its own, and 200 MB.


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a storage with nothing in it."""
    if request.param == "folder":
        return {"SAKARK_DATA_DIR": str(tmp_path)}
    endpoint, bucket = request.getfixturevalue("s3_server"), f"sakark-{uuid4().hex}"
    settings = Settings(
        s3_endpoint=endpoint,
        s3_bucket=bucket,
        s3_access_key="test",
        s3_secret_key=SecretStr("test"),
    )

    async def prepare() -> None:
        documents = S3Documents(s3_client(settings), bucket)
        await documents.ensure_bucket()
        await documents.close()

    asyncio.run(prepare())
    return {
        "SAKARK_S3_ENDPOINT": endpoint,
        "SAKARK_S3_BUCKET": bucket,
        "SAKARK_S3_ACCESS_KEY": "test",
        "SAKARK_S3_SECRET_KEY": "test",
    }


def megabytes() -> Iterator[bytes]:
    return (number.to_bytes(2, "big") * (MIB // 2) for number in range(LARGE // MIB))


def checksum_of(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("way", ["whole", "parts"])
def test_200_megabytes_go_up_and_down_in_little_memory(
    service: Service,
    document: Any,
    client: Client,
    storage: dict[str, str],
    tmp_path: Path,
    way: str,
) -> None:
    expected = checksum_of(megabytes())
    settings = environment(service, SAKARK_BULK_LIMIT="0", **storage)

    with running("serve", settings, tmp_path / "log") as program:
        here = place(client, document).replace(service.url, program.url)
        sent = send_large(client, here, way)
        got = receive_large(client, sent.headers["location"] + "fil/")
        peak = program.peak_memory()

    assert sent.status_code == 201
    assert sent.json()["sjekksum"] == expected
    assert got == expected
    assert peak < LARGEST_MEMORY


def send_large(client: Client, address: str, way: str) -> httpx.Response:
    kind = {**client.headers, "Content-Type": "application/pdf"}
    if way == "whole":
        length = {"Content-Length": str(LARGE)}
        return client.http.post(address, content=megabytes(), headers=kind | length, timeout=120)
    announced = {"X-Upload-Content-Type": "application/pdf", "X-Upload-Content-Length": str(LARGE)}
    begun = client.http.post(address, headers=client.headers | announced)
    answer, part = begun, b"".join
    pieces = list(megabytes())
    for first in range(0, len(pieces), 50):
        content = part(pieces[first : first + 50])
        answer = client.http.put(
            begun.headers["location"],
            content=content,
            headers=client.headers
            | {"Content-Range": f"bytes {first * MIB}-{first * MIB + len(content) - 1}/{LARGE}"},
            timeout=120,
        )
    return answer


def receive_large(client: Client, address: str) -> str:
    with client.http.stream("GET", address, headers=client.headers, timeout=120) as answer:
        return checksum_of(answer.iter_raw(MIB))
