"""A witness of all that is answered: nothing 500, nothing shown to those it is not for."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from tests.conftest import Client, Service
from tests.trust import oracle
from tests.trust.picture import Picture, Unit, User

from sakark_api.dev.identity import ACCESS_TYPE, AUDIENCE, Signer

__all__ = ["TEXTS", "Line", "Witness"]

TEXTS: Mapping[str, str] = {
    "merknad": "merknadstekst",
    "partperson": "navn",
    "korrespondansepartperson": "navn",
}
"""The attribute that holds the text of a unit, where it is no title."""

STAMPS = frozenset({"endretDato", "endretAv", "referanseEndretAv", "_links"})
"""What says of a unit that it was changed, and is not logged as a change itself."""

_DAY = 86_400
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHOWN = re.compile(rf'"systemID":"({_ID.pattern})"')


@dataclass(frozen=True)
class Line:
    """A line of the log: what happened to which unit, with the values before and after."""

    unit: str
    event: str
    name: str | None = None
    before: Any = None
    after: Any = None


@dataclass
class Witness:
    """Sends what users send, and looks at every answer."""

    http: httpx.Client
    service: Service
    picture: Picture = field(default_factory=Picture)
    mark: str = field(default_factory=lambda: f"fugl{uuid4().hex[:6]}x")
    tags: dict[tuple[User, Unit], tuple[str, str]] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)
    born: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    begun: str = ""
    told: dict[str, str] = field(default_factory=dict)
    """Of each line of the log that tells of the picture: which unit it is about."""
    _count: Any = field(default_factory=lambda: count(1))

    def new_text(self) -> str:
        """Give a word that occurs nowhere else, so that it is known wherever it turns up."""
        return f"{self.mark}{next(self._count)}x"

    def as_user(self, who: User) -> Client:
        if (who.person or who.role == "ingen") and who.name not in self.service.tokens:
            token = token_of(self.service, who)
            self.service.tokens[who.name] = (time.monotonic() + _DAY, token)
        return Client(self.http, self.service, who.name, who.kommune)

    def send(self, who: User, method: str, address: str, body: Any = None, **more: Any) -> Any:
        """Send a request; whatever comes back must be what such a user may hear."""
        client = self.as_user(who)
        verbs = {"POST": client.post, "PUT": client.put, "PATCH": client.patch}
        if body is None:
            answer = client.request(method, address, **more)
        else:
            answer = verbs[method](address, body, **more)
        self.look_at(who, answer)
        return answer

    def look_at(self, who: User, answer: httpx.Response) -> None:
        request = f"{who.name}: {answer.request.method} {answer.request.url}"
        assert answer.status_code < 500, f"{request} gave {answer.status_code}"
        if answer.status_code >= 400:
            assert answer.json()["feil"]["kode"] == answer.status_code, request
        self.look_for_what_is_hidden(who, answer, request)
        in_log = "logg/" in str(answer.request.url)
        own = self.texts_in(f"{answer.request.url} {answer.request.content!r}")
        for written in self.texts_in(answer.text) - own:
            unit, is_former = self.owner_of(written)
            if unit is None:
                continue
            where = f"{request} told {written} of a {unit.kind}"
            # Of what is deleted, the log no longer knows how it was graded and screened.
            sees = oracle.sees if unit.alive or not in_log else oracle.may_have_known
            assert sees(who, self.picture, unit), where
            assert not is_former or (in_log and oracle.may_read_log(who)), f"{where}, a former text"

    def look_for_what_is_hidden(self, who: User, answer: httpx.Response, request: str) -> None:
        """What somebody may not know of is not shown, and is answered as what is not there."""
        asked = _ID.findall(str(answer.request.url))
        of_others = {*_ID.findall(answer.text)}.difference(asked)
        for unit in self.units_of(of_others):
            is_ours = unit.kommune == who.kommune and who.role != "ingen"
            assert is_ours, f"{request} named a {unit.kind}"
        for unit in self.units_of({*_SHOWN.findall(answer.text)}):
            where = f"{request} showed a {unit.kind} {unit.id}"
            assert oracle.may_know(who, self.picture, unit), where
        for unit in self.units_of(_ID.findall(answer.request.url.path)[:1]):
            if not oracle.may_know(who, self.picture, unit):
                where = f"{request} of a hidden {unit.kind}: {answer.text[:300]}"
                assert answer.status_code in (400, 403, 404), where

    def units_of(self, ids: Iterable[str]) -> Iterator[Unit]:
        return filter(None, map(self.picture.by_id, ids))

    def texts_in(self, answer: str) -> set[str]:
        return set(re.findall(rf"{self.mark}\d+x", answer))

    def owner_of(self, written: str) -> tuple[Unit | None, bool]:
        """Find whose text it is, and whether it is one that the unit no longer has."""
        for unit in self.picture.units:
            if written in unit.texts:
                return unit, written != unit.texts[-1] or not unit.alive
        return None, False

    def read(self, who: User, unit: Unit) -> httpx.Response:
        """Read a unit: its ETag is another if and only if what is shown is."""
        answer: httpx.Response = self.send(who, "GET", unit.address)
        if answer.status_code == 200:
            seen = (answer.headers["etag"], json.dumps(answer.json(), sort_keys=True))
            tag, text = self.tags.get((who, unit), seen)
            same_tag, same_text = tag == seen[0], text == seen[1]
            assert same_tag == same_text, f"{unit.kind} to {who.name}: {tag} → {seen[0]}"
            self.tags[who, unit] = seen
        return answer

    def refresh(self, keeper: User, unit: Unit) -> dict[str, Any]:
        """Read a unit anew, as one who sees all; give what was shown before."""
        answer = self.read(keeper, unit)
        assert answer.status_code == 200, f"lost: {unit.kind} {unit.id}, {answer.text}"
        before, unit.shown, unit.tag = unit.shown, answer.json(), answer.headers["etag"]
        return before

    def new_lines(self, keeper: User) -> list[dict[str, Any]]:
        """Give the lines of a kommune's log that were not there before, of all its units."""
        address = f"{self.as_user(keeper).root}loggingogsporing/hendelseslogg/"
        query = {"$filter": f"endretDato ge {self.begun or self.born}", "$orderby": "endretDato"}
        found = self.all_of(keeper, address, query)
        fresh = [one for one in found if one["systemID"] not in self.lines and not is_beside(one)]
        self.lines |= {one["systemID"] for one in fresh}
        self.told |= {one["systemID"]: one["referanseArkivenhet"] for one in fresh}
        # Another test's worker may have written with a clock that is days ahead.
        now = datetime.now(UTC)
        passed = [one for one in fresh if datetime.fromisoformat(one["endretDato"]) <= now]
        if passed:
            self.begun = passed[-1]["endretDato"]
        return fresh

    def all_of(self, who: User, address: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Give a whole list, page by page; each page counts all."""
        page = self.send(who, "GET", address, params={**query, "$top": "1000"}).json()
        found, count_ = list(page.get("results", ())), page["count"]
        while "next" in page["_links"]:
            page = self.send(who, "GET", page["_links"]["next"]["href"]).json()
            found += page.get("results", ())
        assert len(found) == count_, f"{who.name}: {address} has {len(found)} of {count_}"
        return found


def is_beside(line: Mapping[str, Any]) -> bool:
    """Tell lines of no act in the picture: who looked at what is screened, and first logins.

    They are proved by themselves, in `tests/api/test_reading.py` and `tests/proof/`.
    """
    kode = str(line["hendelsetype"]["kode"])
    is_own = str(line["referanseArkivenhet"]) == str(line["referanseEndretAv"])
    return kode == "R" or (kode == "C" and is_own)


def token_of(service: Service, who: User) -> str:
    """Make a token for somebody whom the demonstration does not have."""
    signer = Signer(service.issuer, service.settings.data_dir / "identity", time.time)
    claims = {"sub": who.name, "name": who.name, "kommune": who.kommune}
    roles = [one for one in (who.role, who.group) if one not in ("", "ingen")]
    return signer.sign({**claims, "roles": roles}, AUDIENCE, ACCESS_TYPE, _DAY)


def line_of(shown: Mapping[str, Any]) -> Line:
    """Read a line of the log as it is on the wire."""
    return Line(
        shown["referanseArkivenhet"],
        shown["hendelsetype"]["kode"],
        shown.get("referanseMetadata"),
        shown.get("tidligereVerdi"),
        shown.get("nyVerdi"),
    )


def changes(unit: Unit, before: Mapping[str, Any]) -> set[Line]:
    """Say what the log must hold of a unit that was shown otherwise before."""
    names = {*before, *unit.shown} - STAMPS
    return {
        Line(unit.id, "U", name, as_logged(before.get(name)), as_logged(unit.shown.get(name)))
        for name in names
        if before.get(name) != unit.shown.get(name)
    }


def as_logged(value: Any) -> str | None:
    """Write a value of an answer as the log does (M684, M685)."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, list):
        return "; ".join(filter(None, map(as_logged, value)))
    return json.dumps(value)
