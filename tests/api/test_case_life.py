"""A whole case life, for clients that know the root's address and the relation keys, no more.

No address is put together, but for `$ref` after the address of a relation (GUIDE 9): what nobody
has been shown, nobody may ask for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.conftest import REL, Client, Service

MAPPE, SAK, POST = "arkivstruktur/ny-mappe/", "sakarkiv/ny-saksmappe/", "sakarkiv/ny-journalpost/"
KLASSE, FIL = "arkivstruktur/klasse/", "arkivstruktur/fil/"
SECONDARY = "sakarkiv/sekundaerklassifikasjon/"
PDF = b"%PDF-1.4 " + bytes(range(256)) * 10
CLOSED: Mapping[str, Any] = {"saksstatus": {"kode": "A"}}
ARCHIVED: Mapping[str, Any] = {"journalstatus": {"kode": "A"}}
SENDER, RECIPIENT = "EA", "EM"
_SHOWN = re.compile(r'"href": ?"([^"{]+)')


class Follower(Client):
    """A client that goes nowhere but where an answer has shown the way, to it or a colleague."""

    def __init__(self, http: httpx.Client, service: Service, role: str, shown: set[str]) -> None:
        super().__init__(http, service, f"{role}@molde", "molde")
        self.shown = shown
        shown.add(self.root)

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        address = url.split("{?", maxsplit=1)[0].partition("$ref")[0]
        assert address in self.shown, f"nobody has been shown {address}"
        answer = super().request(method, url, **kwargs)
        self.shown.update(_SHOWN.findall(answer.text))
        return answer

    def change(self, unit: Mapping[str, Any], patch: Mapping[str, Any]) -> httpx.Response:
        tag = {"If-Match": self.etag(unit)}
        return self.patch(self.link(unit, "self"), patch, headers=tag)

    def changed(self, unit: Mapping[str, Any], patch: Mapping[str, Any]) -> Any:
        answer = self.change(unit, patch)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, unit: Mapping[str, Any]) -> Any:
        """Send a file to a unit, and give the dokumentobjekt that has it."""
        kind = {"Content-Type": "application/pdf"}
        answer = self.request("POST", self.link(unit, FIL), content=PDF, headers=kind)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def remove(self, unit: Mapping[str, Any]) -> int:
        return self.delete(self.link(unit, "self")).status_code

    def ids(self, unit: Mapping[str, Any], rel: str) -> list[str]:
        """List the systemIDs of the units that a relation leads to."""
        found = self.get(self.link(unit, rel)).json()
        return [one["systemID"] for one in found.get("results", ())]


@dataclass(frozen=True)
class Archive:
    """A place for cases: an arkivdel, ordered by two klasser."""

    arkivdel: Any
    klassifikasjonssystem: Any
    klasse: Any
    other: Any


@dataclass(frozen=True)
class Letter:
    """An entry with one finished document, as it was produced and in an archive format."""

    post: Any
    produced: Any
    archived: Any


def build_archive(administrator: Follower) -> Archive:
    """Make all that a case needs above it, the arkivskaper first."""
    skaper = administrator.make(
        administrator.follow("arkivstruktur/"),
        "arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": "940138051", "arkivskaperNavn": "Kommunen"},
    )
    arkiv = administrator.make(skaper, "arkivstruktur/ny-arkiv/", {"tittel": "Sakarkivet"})
    arkivdel = administrator.make(arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "2026–2029"})
    system = administrator.make(
        arkivdel, "arkivstruktur/ny-klassifikasjonssystem/", {"tittel": "K-koder"}
    )
    klasser = [
        administrator.make(system, "arkivstruktur/ny-klasse/", {"klasseID": id_, "tittel": title})
        for id_, title in (("L42", "Byggesaker"), ("L43", "Delingssaker"))
    ]
    return Archive(arkivdel, system, *klasser)


def make_ground(administrator: Follower, archive: Archive) -> Any:
    """Make a klasse of the second system that the cases are ordered by."""
    system = administrator.make(
        archive.klassifikasjonssystem,
        "arkivstruktur/ny-sekundaerklassifikasjonssystem/",
        {"tittel": "Gårds- og bruksnummer", "klassifikasjonstype": {"kode": "GBN"}},
    )
    body = {"klasseID": "24/118", "tittel": "Fjordvegen 12"}
    return administrator.make(system, "arkivstruktur/ny-klasse/", body)


def write_letter(client: Follower, case: Any, kind: str, party: str, role: str) -> Letter:
    """Enter a letter from or to somebody, with its document, and finish that."""
    post = client.make(case, POST, {"tittel": "Garasje", "journalposttype": {"kode": kind}})
    body = {"navn": party, "korrespondanseparttype": {"kode": role}}
    client.make(post, "arkivstruktur/ny-korrespondansepartperson/", body)
    document = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Brev"})
    produced = client.upload(document)
    variant = client.make(
        document,
        "arkivstruktur/ny-dokumentobjekt/",
        {"variantformat": {"kode": "A"}, "format": {"kode": "fmt/95"}},
    )
    archived = client.upload(variant)
    client.changed(document, {"dokumentstatus": {"kode": "F"}})
    return Letter(post, produced, archived)


def refusals(client: Follower, case: Any, post: Any, written_off: Any) -> list[int]:
    """Try what a closed case does not let anyone do; `case` is as it was before it closed."""
    answers = [
        client.post(client.link(case, POST), {"tittel": "For sent"}),
        client.change(case, {"tittel": "En annen"}),
        client.change(case, {"saksansvarlig": "En annen"}),
        client.change(post, {"tittel": "En annen"}),
    ]
    return [
        *(answer.status_code for answer in answers),
        *(client.remove(unit) for unit in (written_off, post, case)),
    ]


def put_ref(client: Follower, unit: Any, rel: str, target: Any) -> int:
    """Let a relation of a unit lead elsewhere."""
    address, there = f"{client.link(unit, rel)}$ref", client.link(target, "self")
    return client.request("PUT", address, content=there).status_code


def shown_of(unit: Mapping[str, Any], rels: Sequence[str]) -> list[str]:
    """List which of some relations a unit shows."""
    return [rel for rel in rels if REL + rel in unit["_links"]]


@pytest.mark.krav("TG0-01", "TG0-22", "5.4.7", "5.4.8", "5.4.10", "6.1.2", "6.1.3")
@pytest.mark.krav("6.1.6", "6.1.8", "6.1.12", "6.1.13", "6.1.15", "6.1.17", "6.1.18", "M215")
@pytest.mark.krav("5.13.25", "C3.2.16", "C3.2.19", "C3.2.20", "C3.2.36")
def test_a_client_that_knows_the_root_and_relation_keys_does_a_whole_case_life(
    http: httpx.Client, service: Service
) -> None:
    shown, roles = set[str](), ("administrator", "arkivar", "saksbehandler")
    administrator, archivist, handler = (Follower(http, service, role, shown) for role in roles)
    archive = build_archive(administrator)

    # A letter comes in, is answered, and is thereby written off.
    case = handler.make(archive.klasse, SAK, {"tittel": "Garasje, Fjordvegen 12"})
    letter = write_letter(handler, case, "I", "Kari Nordmann", SENDER)
    answer = write_letter(handler, case, "U", "Kari Nordmann", RECIPIENT)
    handler.changed(answer.post, {"journalstatus": {"kode": "E"}})
    too_early = handler.change(case, CLOSED)
    written_off = handler.make(
        letter.post,
        "sakarkiv/ny-avskrivning/",
        {"referanseAvskrivesAvJournalpost": answer.post["systemID"]},
    )
    assert handler.get(handler.link(letter.archived, FIL)).content == PDF
    assert written_off["avskrivningsmaate"]["kode"] == "BU"
    assert too_early.status_code == 409
    assert re.search("ikke arkivert: .*ikke avskrevet: ", too_early.text)

    # Both are archived, and the case is closed.
    archivist.changed(letter.post, ARCHIVED)
    archivist.changed(answer.post, ARCHIVED)
    closed = handler.changed(case, CLOSED)
    assert closed["avsluttetAv"] == case["opprettetAv"]
    assert shown_of(closed, [POST]) == []
    assert refusals(handler, case, letter.post, written_off) == [409] * 7

    # Only those who keep the archive open it again.
    assert handler.change(case, {"saksstatus": {"kode": "B"}}).status_code == 403
    assert "avsluttetDato" not in archivist.changed(case, {"saksstatus": {"kode": "B"}})

    # A mappe is moved by its link and by $ref, and becomes a case of its own.
    mappe = handler.make(archive.arkivdel, MAPPE, {"tittel": "Tilsyn"})
    places = ["arkivstruktur/arkivdel/", KLASSE]
    there = {"_links": {REL + KLASSE: {"href": handler.link(archive.klasse, "self")}}}
    moved = handler.changed(mappe, there)
    assert (shown_of(mappe, places), shown_of(moved, places)) == (places[:1], places[1:])
    assert put_ref(handler, moved, KLASSE, archive.other) == 204
    assert handler.ids(archive.other, "arkivstruktur/mappe/") == [mappe["systemID"]]
    extended = handler.put(handler.link(moved, "sakarkiv/utvid-til-saksmappe/"), {}).json()
    assert extended["systemID"] == mappe["systemID"]
    assert extended["mappeID"] == f"{extended['saksaar']}/{extended['sakssekvensnummer']}"

    # An entry follows to it, the two cases know of each other, and one has a ground for a time.
    draft = handler.make(case, POST, {"tittel": "Utkast", "journalposttype": {"kode": "U"}})
    assert put_ref(handler, draft, "arkivstruktur/mappe/", extended) == 204
    assert handler.refreshed(draft)["registreringsID"] == f"{extended['mappeID']}-1"
    reference = handler.refer(case, extended)
    assert handler.ids(case, "arkivstruktur/kryssreferanse/") == [reference["systemID"]]
    ground = make_ground(administrator, archive)
    at = f"{handler.link(case, SECONDARY)}$ref"
    named = {"$id": handler.link(ground, "self")}
    assert handler.request("POST", at, params=named).status_code == 204
    assert handler.ids(case, SECONDARY) == [ground["systemID"]]
    assert handler.delete(at, params=named).status_code == 204
    assert handler.ids(case, SECONDARY) == []

    # What was never sent may go, what is kept twice may go once, and the rest stays.
    assert handler.remove(letter.produced) == 403
    gone = [reference, draft, extended]
    assert [handler.remove(unit) for unit in gone] == [204] * 3
    assert [archivist.remove(unit) for unit in (letter.produced, letter.archived)] == [204, 409]
    kept = [letter.post, answer.post, case]
    assert [handler.remove(unit) for unit in kept] == [409] * 3
    assert [handler.get(handler.link(unit, "self")).status_code for unit in (*gone, *kept)] == [
        *[404] * 3,
        *[200] * 3,
    ]
