"""The log: a JSON object a line on standard output, with nothing in it that is anybody's secret.

The texts of errors are left out: a database tells of the row it did not take. What is known to be
secret by its shape is taken out of every line all the same.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import format_tb
from types import TracebackType
from typing import Any, Final

from pythonjsonlogger.core import LogData
from pythonjsonlogger.msgspec import MsgspecFormatter

from sakark_api.errors import SakarkError
from sakark_api.observe.told import told
from sakark_api.settings import Settings

__all__ = ["REQUEST_FIELDS", "JsonLines", "PlainLines", "log_config", "without_secrets"]

HIDDEN: Final = "[…]"
_SECRETS: Final = (
    re.compile(r"eyJ[\w-]+(\.[\w-]+){0,4}"),  # a token
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?<!\d)\d{6}[ .-]?\d{5}(?!\d)"),  # a personal number
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),  # user and password of an address
)
_FIELDS: Final = ("levelname", "name", "message")
_SHORT: Final = {"levelname": "level", "name": "logger"}
_UVICORNS_OWN: Final = ("color_message",)
REQUEST_FIELDS: Final = (
    "request_id",
    "trace_id",
    "kommune",
    "user",
    "method",
    "route",
    "status",
    "ms",
    "reason",
)
"""What the line of a request holds; those that are not known are left out."""

ErrorFacts = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def without_secrets(sentence: str) -> str:
    """Take what looks like a token, a personal number or a password out of a sentence."""
    for secret in _SECRETS:
        sentence = secret.sub(HIDDEN, sentence)
    return sentence


class JsonLines(MsgspecFormatter):
    """Writes a record as one JSON object, with the request it belongs to."""

    def __init__(self) -> None:
        super().__init__(_FIELDS, rename_fields=_SHORT)

    def add_fields(
        self, log_data: LogData, record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC)
        super().add_fields(log_data, record, message_dict)
        log_data["message"] = _safe_message(record)
        for name in _UVICORNS_OWN:
            log_data.pop(name, None)
        current = told()
        if current.request_id:
            log_data["request_id"] = current.request_id

    def formatException(self, ei: ErrorFacts) -> str:  # noqa: N802  logging's
        return "".join(_chain(ei[1]))


class PlainLines(logging.Formatter):
    """Writes a record for somebody who reads along in a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's
        record.message = _safe_message(record)
        facts = "".join(
            f" {name}={value}" for name, value in vars(record).items() if name in REQUEST_FIELDS
        )
        return super().formatMessage(record) + facts

    def formatException(self, ei: ErrorFacts) -> str:  # noqa: N802  logging's
        return "".join(_chain(ei[1]))


def _safe_message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    if record.name == "asyncio":  # it writes the error itself, text and all, from the second line
        message = message.split("\n", maxsplit=1)[0]
    return without_secrets(message)


def _chain(error: BaseException | None) -> Iterator[str]:
    """Tell of an error and what caused it: kinds and places, not texts."""
    if error is None:
        return
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    yield from _chain(cause)
    yield from format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_detail(error)}\n"


def _detail(error: BaseException) -> str:
    if isinstance(error, SakarkError):
        return f": {error.text.msgid}"  # without the values put into it
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    state = getattr(error, "sqlstate", None)
    return f": SQLSTATE {state}" if state else ""


def log_config(settings: Settings) -> dict[str, Any]:
    """Say to `logging.config.dictConfig` how a serving process logs."""
    formatter = JsonLines if settings.log_format == "json" else PlainLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "lines",
            }
        },
        "root": {"level": settings.log_level.upper(), "handlers": ["out"]},
        "loggers": {
            "uvicorn": {"level": settings.log_level.upper(), "handlers": [], "propagate": True},
            "psycopg": {"level": "ERROR"},  # a line a second while the database is away
            # These write bodies, addresses and arguments when asked for more.
            **{
                name: {"level": "WARNING"}
                for name in (
                    "botocore",
                    "boto3",
                    "urllib3",
                    "httpx",
                    "httpcore",
                    "sqlalchemy",
                    "procrastinate",
                )
            },
        },
    }
