"""A line of the log says what happened, and nobody's secret."""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.secrecy import secrets_in

from sakark_api.errors import Invalid
from sakark_api.observe import told
from sakark_api.observe.logs import JsonLines, PlainLines, log_config, without_secrets
from sakark_api.settings import Settings
from sakark_api.texts import text

TITLE = "Bekymringsmelding om Kåre"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXI"
FORMATS = [JsonLines, PlainLines]


def line(
    formatter: logging.Formatter, message: str, *args: Any, name: str = "x", **more: Any
) -> str:
    record = logging.LogRecord(
        name, logging.ERROR, __file__, 1, message, args, more.get("exc_info")
    )
    for key, value in more.get("extra", {}).items():
        setattr(record, key, value)
    return formatter.format(record)


def raised(error: Exception, cause: Exception | None = None) -> Any:
    try:
        raise error from cause
    except type(error):
        return sys.exc_info()


HIDDEN = [
    (f"got {TOKEN}", TOKEN),
    ("Authorization: Bearer hemmelig-token", "hemmelig-token"),
    ("født 01017012345", "01017012345"),
    ("født 010170 12345", "010170 12345"),
    ("postgresql://sakark:hemmelig@db/sakark", "hemmelig"),
]


@pytest.mark.parametrize(("message", "secret"), HIDDEN, ids=[secret for _, secret in HIDDEN])
def test_what_is_secret_by_its_shape_is_taken_out(message: str, secret: str) -> None:
    assert secret not in without_secrets(message)


KEPT = [
    "SQLSTATE 57P01",
    "2026-11-22T21:00:00",
    "8f14e45f-ceea-467f-a8d5-1a2b3c4d5e6f",
    "123456789012",
]


@pytest.mark.parametrize("message", KEPT)
def test_what_is_not_secret_stays(message: str) -> None:
    assert without_secrets(message) == message


@pytest.mark.parametrize("made", FORMATS)
def test_the_text_of_an_error_is_left_out(made: type[logging.Formatter]) -> None:
    database = asyncpg.NotNullViolationError(f"null value; DETAIL: row contains ({TITLE})")

    written = line(made(), "Unexpected error", exc_info=raised(RuntimeError(TITLE), database))

    assert TITLE not in written
    assert "RuntimeError" in written
    assert "NotNullViolationError: SQLSTATE 23502" in written
    assert "test_logs.py" in written


@pytest.mark.parametrize("made", FORMATS)
def test_a_sentence_of_ours_is_shown_without_what_was_put_into_it(
    made: type[logging.Formatter],
) -> None:
    error = Invalid(text("{navn} er ikke gyldig: {verdi}", navn="tittel", verdi=TITLE))

    written = line(made(), "Refused", exc_info=raised(error))

    assert "{navn} er ikke gyldig: {verdi}" in written
    assert TITLE not in written


@pytest.mark.parametrize("made", FORMATS)
def test_asyncio_does_not_tell_what_was_in_a_lost_error(made: type[logging.Formatter]) -> None:
    message = f"Task exception was never retrieved\nfuture: <Task exception=Error('{TITLE}')>"

    written = line(made(), message, name="asyncio")

    assert "never retrieved" in written
    assert TITLE not in written


def test_a_line_belongs_to_the_request_it_was_written_in() -> None:
    told.begin("fagsystem-1")

    found = json.loads(line(JsonLines(), "Slow"))
    told.end()
    outside = json.loads(line(JsonLines(), "Slow"))

    assert found["request_id"] == "fagsystem-1"
    assert "request_id" not in outside


def test_one_line_is_one_line() -> None:
    written = line(JsonLines(), "two\nlines", exc_info=raised(ValueError("x")))

    assert "\n" not in written
    assert json.loads(written)["message"] == "two\nlines"


def test_the_plain_line_shows_the_request() -> None:
    written = line(PlainLines(), "request", extra={"method": "GET", "status": 200})

    assert written.endswith("request method=GET status=200")


def test_what_a_process_logs_can_be_set() -> None:
    config = log_config(Settings(log_format="text", log_level="warning"))

    assert config["root"]["level"] == "WARNING"
    assert config["formatters"]["lines"]["()"] is PlainLines


def test_the_search_through_the_log_finds_what_is_there(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"fine\nAuthorization: Bearer {TOKEN}\nnumber 01017012345\nfine too\n")

    assert len(secrets_in(log)) == 2


async def _raise() -> None:
    raise ValueError(TITLE)


def test_a_lost_task_is_told_of_without_its_text(
    whole_log: Path, recwarn: pytest.WarningsRecorder
) -> None:
    async def lose() -> None:
        task = asyncio.create_task(_raise())
        await asyncio.sleep(0.01)
        del task

    asyncio.run(lose())

    assert TITLE not in whole_log.read_text(encoding="utf-8")
    del recwarn
