"""What each role is offered, found as a client finds it: from the root, by links only."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.conftest import NOARK, REL, Client, LogIn, Service, World, build_world

from sakark_api.rest.links import RUNNING_REL, SEARCH_REL, SUGGESTION_REL

KOMMUNE = "aukra"
ROLES = ["administrator", "arkivar", "leder", "saksbehandler", "leser"]
FILE = "arkivstruktur/fil/"
NOT_YET = (404, 405)
"""What a place to send a file to answers before there is one to get."""

ASKED = {
    SEARCH_REL: {"q": "brev"},
    SUGGESTION_REL: {"q": "brev"},
    RUNNING_REL: {"fra": "2026-01-01"},
}
"""What is asked of places that are no lists of units; what they answer with is read elsewhere."""


@dataclass(frozen=True)
class Link:
    """A link that was offered: by what kind of page, offering what else, and under which key."""

    owner: str
    offers: frozenset[str]
    rel: str
    href: str
    templated: bool = False

    @property
    def place(self) -> tuple[str, frozenset[str], str]:
        """What one link has in common with those that are not followed because it was."""
        return self.owner, self.offers, self.rel

    @property
    def is_new(self) -> bool:
        return "/ny-" in self.rel

    @property
    def is_to_read(self) -> bool:
        """Whether the link is for GET; that which makes a unit into a subtype is for PUT only."""
        return "/utvid-til-" not in self.rel

    def __str__(self) -> str:
        return f"{self.owner} → {self.rel}"


@dataclass
class Crawler:
    """Follows links breadth first, and notes what is not as the standard has it."""

    client: Client
    followed: set[tuple[str, frozenset[str], str]] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    waiting: deque[Link] = field(default_factory=deque)

    def crawl(self, *bookmarks: str) -> None:
        for start in (self.client.root, *bookmarks):
            self.waiting.append(Link(start, frozenset(), "start", start))
        while self.waiting:
            link = self.waiting.popleft()
            if link.is_to_read and link.place not in self.followed:
                self.followed.add(link.place)
                if link.href not in self.read:
                    self.read.add(link.href)
                    self._visit(link)

    def _visit(self, link: Link) -> None:
        if link.rel in ASKED:
            answer = self.client.get(link.href, params=ASKED[link.rel])
            self._note(link, faults_of_answer(link, answer))
            return
        answer = self.client.get(link.href)
        self._note(link, faults_of_answer(link, answer))
        if answer.status_code != 200 or answer.headers["content-type"] != NOARK:
            return
        page = answer.json()
        if link.is_new:
            refused = self.client.post(link.href, {"ukjent": 1})
            self._note(link, faults_of_template(page, answer, refused))
            return
        if link.templated:
            short = self.client.get(link.href, params={"$top": 1})
            self._note(link, faults_of_list(page, short))
        for one in (page, *page.get("results", ())):
            self._note(link, faults_of_links(one, self.client.root))
            self.waiting.extend(links_of(one, link))

    def _note(self, link: Link, faults: Iterator[str]) -> None:
        self.faults += [f"{link}: {fault}" for fault in faults]


def markers(page: Mapping[str, Any]) -> list[str]:
    """List the relation keys that have the same address as `self`."""
    links = page["_links"]
    here = links.get("self", {}).get("href")
    return [rel for rel, one in links.items() if rel != "self" and one["href"] == here]


def links_of(page: Mapping[str, Any], link: Link) -> Iterator[Link]:
    """Give a page's links; a unit is of the kind its marker says, all else of the link's."""
    owner = "".join(markers(page)).removeprefix(REL) or link.rel
    links = {rel.removeprefix(REL): one for rel, one in page["_links"].items()}
    offers = frozenset(rel for rel in links if "/ny-" in rel)
    for rel, one in links.items():
        yield Link(owner, offers, rel, one["href"].split("{?")[0], one.get("templated", False))


def faults_of_answer(link: Link, answer: httpx.Response) -> Iterator[str]:
    """Every link answers; only where a file is sent to may there be none to get yet."""
    fine = (200, *NOT_YET) if link.rel == FILE else (200,)
    if answer.status_code not in fine:
        yield f"{answer.status_code} {answer.text[:200]}"


def faults_of_template(
    page: Mapping[str, Any], answer: httpx.Response, refused: httpx.Response
) -> Iterator[str]:
    """A template is no unit; and who is offered it may make one (GUIDE 1 and 7)."""
    if "self" in page.get("_links", {}) or "etag" in answer.headers:
        yield "a template has no self and no ETag"
    # What is made by reference takes no body; its template is where to send the reference.
    if refused.status_code != (405 if "url" in page else 400):
        yield f"a body with an unknown attribute is answered by {refused.status_code}"


def faults_of_list(page: Mapping[str, Any], short: httpx.Response) -> Iterator[str]:
    """A list counts its units, leaves `results` out when empty, and takes a query (GUIDE 5)."""
    if not {"count", "_links"} <= page.keys() <= {"count", "results", "_links"}:
        yield f"a list is no envelope: {sorted(page)}"
    if ("results" in page) != bool(page.get("results")):
        yield "results are there when there are some"
    if short.status_code != 200 or len(short.json().get("results", ())) > 1:
        yield f"$top=1 is answered by {short.status_code} {short.text[:100]}"


def faults_of_links(page: Mapping[str, Any], root: str) -> Iterator[str]:
    """Links are in order and stay at home; a unit has itself and one marker (GUIDE 4)."""
    links = page["_links"]
    if list(links) != sorted(links):
        yield "links are in ASCII order"
    away = [one["href"] for one in links.values() if not one["href"].startswith(root)]
    if away:
        yield f"links lead away: {away}"
    is_unit = page.keys() - {"_links", "count", "results"}
    if is_unit and len(markers(page)) != 1:
        yield f"a unit has one marker, not {markers(page)}"


@pytest.fixture(scope="module")
def made(http: httpx.Client, service: Service) -> World:
    """A world with something in every state: closed, archived, with a file."""
    client = Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE)
    world = build_world(client)
    closed = client.make(world.klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Avsluttet"})
    receiver = {"navn": "Kari", "korrespondanseparttype": {"kode": "EM"}}
    letter = {
        "tittel": "Arkivert",
        "journalposttype": {"kode": "U"},
        "korrespondansepartperson": [receiver],
    }
    archived = client.make(world.saksmappe, "sakarkiv/ny-journalpost/", letter)
    client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Indre"})
    sent = client.request(
        "POST",
        client.link(world.dokumentobjekt, FILE),
        content=b"a",
        headers={"Content-Type": "text/plain"},
    )
    ended = [
        client.patch(
            client.link(unit, "self"),
            {status: {"kode": "A", "kodenavn": None}},
            headers={"If-Match": client.etag(unit)},
        )
        for unit, status in ((closed, "saksstatus"), (archived, "journalstatus"))
    ]
    assert [sent.status_code, *(answer.status_code for answer in ended)] == [201, 200, 200]
    return world


@pytest.mark.krav("TG0-01", "TG0-13", "TG0-15", "TG0-16")
@pytest.mark.parametrize("role", ROLES)
def test_everything_a_role_is_offered_answers(made: World, log_in: LogIn, role: str) -> None:
    crawler = Crawler(log_in(f"{role}@{KOMMUNE}"))

    crawler.crawl(made.client.link(made.journalpost, "self"))

    assert crawler.faults == []
    hidden = set() if role in {"leder", "arkivar", "administrator"} else {"hendelseslogg"}
    unread = {
        "administrativenhet",
        "bruker",
        "tilgang",
        "inhabilitet",
        "bevaringspaalegg",
        "sperring",
    }
    hidden |= unread if role == "leser" else set()
    disposal = {"kassasjonsliste", "kassasjonslinje"}
    hidden |= set() if role in {"arkivar", "administrator"} else disposal
    kinds = {owner.rstrip("/").rpartition("/")[2] for owner, _, _ in crawler.followed}
    assert kinds >= vars(made).keys() - {"client"} - hidden


@pytest.mark.krav("TG0-02", "TG0-05")
def test_one_without_a_token_sees_where_to_log_in_only(log_in: LogIn) -> None:
    nobody = log_in(None, KOMMUNE)
    links = nobody.get(nobody.root).json()["_links"]

    answers = {rel: nobody.get(link["href"]).status_code for rel, link in links.items()}

    assert {rel for rel, code in answers.items() if code == 200} == {
        f"{REL}login/oidc/",
        f"{REL}login/rfc6749/",
    }
    assert set(answers.values()) == {200, 401}


def test_reader_is_offered_a_file_only_where_there_is_one(made: World, log_in: LogIn) -> None:
    leser = log_in(f"leser@{KOMMUNE}")
    empty = made.client.make(made.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", {})

    filed, bare = (leser.refreshed(unit) for unit in (made.dokumentobjekt, empty))

    assert leser.get(leser.link(filed, FILE)).status_code == 200
    assert REL + FILE not in bare["_links"]
    assert REL + FILE not in leser.refreshed(made.dokumentbeskrivelse)["_links"]
