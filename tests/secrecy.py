"""What no line of any log may hold, gathered from all that the tests send."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sakark_api.dev.seed import DEMO
from sakark_api.observe.logs import JsonLines

__all__ = ["SECRETS", "kept", "remember", "secrets_in"]

SECRETS: set[str] = set()
"""Tokens, Idempotency-Keys, titles, names and texts that were sent in this run."""

CONTENT = ("tittel", "offentligTittel", "navn", "beskrivelse", "merknadstekst", "kontaktperson")
PUBLIC = {one.navn for one in DEMO}
"""What `sakark dev` tells at its start, whoever sends the same."""
SHAPES = (
    re.compile(r"eyJ[\w-]{5,}"),
    re.compile(r"(?i)bearer [\w-]{8,}"),
    re.compile(r"(?<![\w.])\d{11}(?![\w.])"),
    re.compile(r"X-Amz-(Signature|Credential)"),
)


def remember(body: Any) -> None:
    """Take note of the titles, names and texts of a body; single words are too common."""
    if isinstance(body, list):
        for one in body:
            remember(one)
    if isinstance(body, dict):
        SECRETS.update(
            value
            for name, value in body.items()
            if name in CONTENT and isinstance(value, str) and " " in value.strip()
        )
        for value in body.values():
            remember(value)


def secrets_in(log: Path) -> list[str]:
    """Give the lines of a log that hold what no line may."""
    return list(_guilty(log.read_text(encoding="utf-8", errors="replace")))


def _guilty(written: str) -> Iterator[str]:
    told = [secret for secret in SECRETS - PUBLIC if secret in written]
    for line in written.splitlines():
        if any(secret in line for secret in told) or any(shape.search(line) for shape in SHAPES):
            yield line[:500]


@contextmanager
def kept(log: Path) -> Iterator[None]:
    """Write what this process logs, as `sakark serve` writes it, to a file."""
    handler = logging.FileHandler(log)
    handler.setFormatter(JsonLines())
    for name in ("sakark", "sakark_api"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("", "uvicorn"):
        logging.getLogger(name).addHandler(handler)
    try:
        yield
    finally:
        for name in ("", "uvicorn"):
            logging.getLogger(name).removeHandler(handler)
        handler.close()
