"""Clients that send files until they have an answer, as docs/fagsystem.md tells them to."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
from tests.api.load import href
from tests.conftest import NOARK
from tests.jobs.conftest import letter

__all__ = ["Fagsystem", "Letter", "Receipt"]

FEW_SECONDS: Final = 0.25
SIZES: Final = (100, 5_000, 300_000, 7_000_000)
"""The last is more than one part of S3's uploads."""
AGAIN: Final = frozenset({409, 422, 429, 500, 503})
"""After these a client sends again, or asks how far it came; none of them is expected to last."""
PDF: Final = "application/pdf"
TEXT: Final = "text/plain"
ODD: Final = "application/x-odd"


@dataclass(frozen=True)
class Letter:
    """A file to be sent."""

    kind: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What was answered with 201: the document, its file's dokumentobjekt, and what was sent."""

    document: str
    unit: str
    sha256: str
    size: int


class RefusedError(Exception):
    """An answer that a client can't do anything about."""

    def __init__(self, answer: httpx.Response) -> None:
        request = answer.request
        super().__init__(f"{request.method} {request.url}: {answer.status_code} {answer.text}")
        self.status = answer.status_code


@dataclass
class Fagsystem:
    """One client, which sends one document after the other."""

    journalpost: Mapping[str, Any]
    token: Callable[[], str]
    chance: random.Random
    receipts: list[Receipt] = field(default_factory=list)
    statuses: Counter[int | str] = field(default_factory=Counter)
    retries: int = 0
    faults: list[str] = field(default_factory=list)
    wanted: threading.Event = field(default_factory=threading.Event)
    idle: threading.Event = field(default_factory=threading.Event)
    over: bool = False

    def work(self) -> None:
        """Send whenever it is wanted, until it is over."""
        with httpx.Client(timeout=20) as http:
            while not self.over:
                if not self.wanted.wait(0.1):
                    continue
                self.idle.clear()
                try:
                    self.deliver(http, self.make_letter())
                except RefusedError as error:
                    self.faults.append(f"refused: {error}")
                self.idle.set()
                time.sleep(self.chance.uniform(0, 0.5))

    def make_letter(self) -> Letter:
        """Make a file that no other is like: most can be kept or converted within a second."""
        (kind,) = self.chance.choices([PDF, TEXT, ODD], [1, 3, 3])
        words = f"Brev {self.chance.random()}"
        if kind == PDF:
            return Letter(kind, letter(words))
        if kind == TEXT:
            return Letter(kind, f"{words}\r\n".encode() * 40)
        return Letter(kind, self.chance.randbytes(self.chance.choice(SIZES)))

    def deliver(self, http: httpx.Client, one: Letter) -> None:
        """Make a document and send its file, to the document itself or to a dokumentobjekt."""
        document = self.make(
            http, self.journalpost, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Brev"}
        )
        owner = document
        if self.chance.random() < 0.3:
            owner = self.make(http, document, "arkivstruktur/ny-dokumentobjekt/", {})
        send = self.send_in_parts if self.chance.random() < 0.5 else self.send_whole
        made = send(http, href(owner, "arkivstruktur/fil/"), one)
        self.receipts.append(
            Receipt(document["systemID"], made["systemID"], one.sha256, len(one.content))
        )

    def make(
        self, http: httpx.Client, owner: Mapping[str, Any], rel: str, body: Mapping[str, str]
    ) -> Any:
        return self.insist(
            http, "POST", href(owner, rel), json=body, headers=self.with_key(NOARK)
        ).json()

    def send_whole(self, http: httpx.Client, address: str, one: Letter) -> Any:
        headers = self.with_key(one.kind)
        return self.insist(http, "POST", address, content=one.content, headers=headers).json()

    def send_in_parts(self, http: httpx.Client, address: str, one: Letter) -> Any:
        """Send a file in parts; begin anew where the parts that were sent are gone."""
        while True:
            headers = self.with_key(one.kind)
            announced = {
                "X-Upload-Content-Type": headers.pop("Content-Type"),
                "X-Upload-Content-Length": str(len(one.content)),
                "Content-Length": "0",
            }
            begun = self.insist(http, "POST", address, headers={**headers, **announced})
            try:
                return self.send_parts(http, begun.headers["location"], one)
            except RefusedError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                self.statuses["begun anew"] += 1

    def send_parts(self, http: httpx.Client, session: str, one: Letter) -> Any:
        total = len(one.content)
        size = max(1, total // self.chance.randint(1, 5))
        first = 0
        while True:
            last = min(first + size, total) - 1
            answer = self.attempt(
                http,
                "PUT",
                session,
                content=one.content[first : last + 1],
                headers={"Content-Range": f"{first}-{last}/{total}"},
            )
            if answer is not None and answer.status_code == httpx.codes.CREATED:
                return answer.json()
            if answer is None or answer.status_code != httpx.codes.OK:
                if answer is not None and answer.status_code not in AGAIN:
                    raise RefusedError(answer)
                self.retries += 1
                answer = self.insist(http, "GET", session)
            come = int(answer.headers.get("range", "0--1")[2:]) + 1
            # Where all has come, only the last answer is missing: it is had by the last part.
            first = come if come < total else max(0, total - size)

    def insist(self, http: httpx.Client, method: str, address: str, **sent: Any) -> httpx.Response:
        """Send until there is an answer, the same with the same key."""
        while True:
            answer = self.attempt(http, method, address, **sent)
            if answer is not None and answer.is_success:
                return answer
            if answer is not None and answer.status_code not in AGAIN:
                raise RefusedError(answer)
            self.retries += 1

    def attempt(
        self, http: httpx.Client, method: str, address: str, **sent: Any
    ) -> httpx.Response | None:
        """Send once, and wait a little where that came to nothing."""
        headers = {"Authorization": f"Bearer {self.token()}", **sent.pop("headers", {})}
        try:
            answer = http.request(method, address, headers=headers, **sent)
        except httpx.TransportError as error:
            self.statuses[type(error).__name__] += 1
            time.sleep(FEW_SECONDS)
            return None
        self.statuses[answer.status_code] += 1
        if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            self.faults.append(f"{method} {address}: {answer.text}")
        if not answer.is_success:
            time.sleep(FEW_SECONDS)
        return answer

    def with_key(self, kind: str) -> dict[str, str]:
        return {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
