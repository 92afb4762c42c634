"""A service that can be killed, clients that write to it, and what is in the archive afterwards."""

import hashlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.conftest import NOARK, REL
from tests.tenancy.processes import Program, running

from sakark_api.db import embedded
from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import issuer_url

__all__ = ["Found", "Load", "Stack", "assert_nothing_is_lost", "every", "href", "look"]

THREADS = 6
SIZE = 150_000


@dataclass
class Stack:
    """`sakark dev` in a folder of its own, which can be killed and started again."""

    folder: Path
    port: int
    program: Program | None = None
    token: str = ""
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    def start(self) -> None:
        settings = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SAKARK_")},
            "SAKARK_DATA_DIR": str(self.folder),
        }
        self.program = self.stack.enter_context(
            running("dev", settings, self.folder.parent / "log", self.port)
        )
        user = next(one for one in demo_users() if one.username == "arkivar@molde")
        self.token = issue_token(user, issuer_url(self.port), self.folder / "identity")

    def kill_api(self) -> None:
        assert self.program is not None
        self.program.process.send_signal(signal.SIGKILL)
        self.program.process.wait()

    def kill_postgres(self) -> None:
        server = embedded.running(self.postgres)
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)

    def stop(self) -> None:
        self.stack.close()


@dataclass
class Load:
    """Clients that write as fast as they can, and remember what they were answered."""

    url: str
    token: str
    statuses: Counter[int | str] = field(default_factory=Counter)
    times: list[tuple[float, int]] = field(default_factory=list)
    """When each answer came, and its status."""
    impolite: int = 0
    """How many times 503 came without Retry-After."""
    titles: dict[str, str] = field(default_factory=dict)
    """The title of each journalpost answered with 201, by systemID."""
    checksums: dict[str, str] = field(default_factory=dict)
    """The checksum of each file answered with 201, by the dokumentobjekt's systemID."""
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        with self.client() as http:
            classes = http.get(
                f"{self.url}/molde/api/arkivstruktur/klasse/",
                params={"$filter": "klasseID eq 'L42'"},
            ).json()
            address = classes["results"][0]["_links"][f"{REL}sakarkiv/ny-saksmappe/"]["href"]
            sak = self.make(http, address, {"tittel": "Lasten"})
        for number in range(THREADS):
            thread = threading.Thread(target=self.work, args=(sak, number))
            thread.start()
            self.threads.append(thread)

    def client(self) -> httpx.Client:
        return httpx.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=10)

    def work(self, sak: Mapping[str, Any], number: int) -> None:
        with self.client() as http:
            turn = 0
            while not self.ended.is_set():
                turn += 1
                try:
                    self.journal(http, sak, f"L-{number}-{turn}")
                except httpx.TransportError as error:
                    self.statuses[type(error).__name__] += 1
                    time.sleep(0.02)
                except KeyError:
                    time.sleep(0.02)

    def journal(self, http: httpx.Client, sak: Mapping[str, Any], title: str) -> None:
        """Journal a letter with its correspondent, its document and the document's file."""
        post = self.make(
            http,
            href(sak, "sakarkiv/ny-journalpost/"),
            {"tittel": title, "korrespondansepartperson": [{"navn": title}]},
        )
        self.titles[post["systemID"]] = title
        document = self.make(
            http, href(post, "arkivstruktur/ny-dokumentbeskrivelse/"), {"tittel": title}
        )
        content = title.encode() * (SIZE // len(title))
        sent = http.post(
            href(document, "arkivstruktur/fil/"),
            content=content,
            headers={"Content-Type": "application/pdf"},
        )
        self.note(sent)
        if sent.status_code == httpx.codes.CREATED:
            self.checksums[sent.json()["systemID"]] = hashlib.sha256(content).hexdigest()

    def make(self, http: httpx.Client, address: str, body: Mapping[str, Any]) -> Any:
        answer = http.post(address, json=body, headers={"Content-Type": NOARK})
        self.note(answer)
        return answer.json()

    def note(self, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] += 1
        self.times.append((time.monotonic(), answer.status_code))
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            self.impolite += "retry-after" not in answer.headers

    def end(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()


def href(unit: Mapping[str, Any], rel: str) -> str:
    return str(unit["_links"][REL + rel]["href"])


@dataclass
class Found:
    """What is in the archive afterwards."""

    titles: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    correspondents: list[int] = field(default_factory=list)
    checksums: dict[str, str] = field(default_factory=dict)
    broken: list[tuple[str, int]] = field(default_factory=list)


def look(load: Load) -> Found:
    """Read every unit of the load, and every file there is."""
    found = Found()
    with load.client() as http:
        posts = f"{load.url}/molde/api/sakarkiv/journalpost/?$filter=startswith(tittel,'L-')"
        for post in every(http, f"{posts}&$top=1000"):
            found.titles[post["systemID"]] = post["tittel"]
            found.numbers.append(post["journalsekvensnummer"])
        for systemid in list(found.titles)[:200]:
            parts = f"{load.url}/molde/api/sakarkiv/journalpost/{systemid}/korrespondansepart/"
            found.correspondents.append(http.get(parts).json()["count"])
        for unit in every(http, f"{load.url}/molde/api/arkivstruktur/dokumentobjekt/?$top=1000"):
            if "referanseDokumentfil" in unit:
                answer = http.get(unit["referanseDokumentfil"])
                checksum = hashlib.sha256(answer.content).hexdigest()
                found.checksums[unit["systemID"]] = checksum
                if answer.status_code != httpx.codes.OK or checksum != unit["sjekksum"]:
                    found.broken.append((unit["systemID"], answer.status_code))
    return found


def every(http: httpx.Client, address: str | None) -> Iterator[Any]:
    while address:
        page = http.get(address).json()
        yield from page.get("results", ())
        address = page["_links"].get("next", {}).get("href")


def assert_nothing_is_lost(load: Load, found: Found) -> None:
    assert load.titles, "the load made nothing"
    assert load.checksums, "the load sent nothing"
    assert {key: found.titles.get(key) for key in load.titles} == load.titles
    assert {key: found.checksums.get(key) for key in load.checksums} == load.checksums
    assert found.broken == []
    assert len(set(found.numbers)) == len(found.numbers)
    assert set(found.correspondents) == {1}
    # What was begun and not answered may be there too: one at most for each client.
    assert len(found.titles) <= len(load.titles) + THREADS
