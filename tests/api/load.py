"""A load of clients that write, and a look at what is in the archive afterwards."""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.conftest import NOARK, REL

__all__ = ["Load", "assert_nothing_is_lost", "look"]

THREADS = 6
SIZE = 150_000


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
