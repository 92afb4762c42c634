"""What a kommune's rights leave out, is not there: by every way of asking (GUIDE 16).

The kommune is Aukra, and saksbehandlere there reach nothing but what these tests give them. When
they are done, the rights are as they were.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.api.test_search import say, search
from tests.conftest import REL, TILGANGSSTYRING, Client, LogIn, Service, World

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.db.reader import driver_url

KOMMUNE = "aukra"
CATEGORIES = ("A", "K", "M", "R", "D")
EVERYTHING = {"les": True, "ny": True, "endre": True, "slett": True}
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(scope="module")
def admin(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE)


@pytest.fixture(scope="module")
def person(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, f"saksbehandler@{KOMMUNE}", KOMMUNE)


def rights_of(admin: Client, rolle: str = "saksbehandler") -> list[Any]:
    package = admin.follow("admin/")
    found = admin.get(
        admin.link(package, "admin/tilgang/"),
        params={"$filter": f"rolle eq '{rolle}'", "$top": "200"},
    ).json()
    return list(found.get("results", []))


def remove(admin: Client, unit: Any) -> None:
    gone = admin.delete(admin.link(unit, "self"), headers={"If-Match": admin.etag(unit)})
    assert gone.status_code == 204, gone.text


def grant(admin: Client, **right: Any) -> Any:
    """Give saksbehandlere a right, or those of another `rolle`."""
    kategori = right.pop("kategori")
    body = {
        "rolle": "saksbehandler",
        "tilgangskategori": {"kode": kategori},
        **dict.fromkeys(EVERYTHING, False),
        **right,
    }
    return admin.make(admin.follow("admin/"), "admin/ny-tilgang/", body)


@dataclass
class Places:
    """Two cases in an arkivdel each, with an entry and a document each."""

    here: dict[str, Any]
    there: dict[str, Any]


@pytest.fixture(scope="module")
def places(admin: Client) -> Places:
    world = World(admin)
    return Places(case(world, "Synlig"), case(world, "Skjult"))


def case(world: World, tittel: str) -> dict[str, Any]:
    client = world.client
    arkivdel = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": tittel})
    sak = client.make(arkivdel, "sakarkiv/ny-saksmappe/", {"tittel": f"{tittel} sak"})
    post = client.make(
        sak,
        "sakarkiv/ny-journalpost/",
        {"tittel": f"{tittel} post", "journalposttype": {"kode": "X"}},
    )
    dokument = client.make(
        post,
        "arkivstruktur/ny-dokumentbeskrivelse/",
        {"tittel": f"{tittel} dokument", "dokumenttype": {"kode": "B"}},
    )
    objekt = client.make(dokument, "arkivstruktur/ny-dokumentobjekt/", {"versjonsnummer": 0})
    sent = client.request(
        "POST",
        client.link(objekt, "arkivstruktur/fil/"),
        content=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert sent.status_code == 201, sent.text
    part = client.make(sak, "arkivstruktur/ny-partperson/", {"navn": f"{tittel} person"})
    merknad = client.make(post, "arkivstruktur/ny-merknad/", {"merknadstekst": f"{tittel} merknad"})
    return {
        "arkivdel": arkivdel,
        "saksmappe": sak,
        "journalpost": post,
        "dokumentbeskrivelse": dokument,
        "dokumentobjekt": sent.json(),
        "partperson": part,
        "merknad": merknad,
    }


@pytest.fixture
def narrowed(admin: Client) -> Iterator[None]:
    """Take away what saksbehandlere have, for one test; afterwards they have it again."""
    with without_rights(admin):
        yield


@contextmanager
def without_rights(admin: Client, rolle: str = "saksbehandler") -> Iterator[None]:
    standard = rights_of(admin, rolle)
    for one in standard:
        remove(admin, one)
    try:
        yield
    finally:
        for one in rights_of(admin, rolle):
            remove(admin, one)
        for one in standard:
            grant(
                admin,
                rolle=rolle,
                kategori=one["tilgangskategori"]["kode"],
                **{name: one[name] for name in EVERYTHING},
            )


UNITS = ("arkivdel", "saksmappe", "journalpost", "dokumentbeskrivelse", "dokumentobjekt")
PARTS = ("partperson", "merknad")


def sees(client: Client, unit: Any) -> bool:
    status = client.get(client.link(unit, "self")).status_code
    assert status in (200, 404)
    return status == 200


@pytest.mark.usefixtures("narrowed")
def test_nothing_is_seen_without_a_right(person: Client, places: Places) -> None:
    assert {name for name in (*UNITS, *PARTS) if sees(person, places.here[name])} == set()


QUERIES = [
    {},
    {"filter": "contains(tittel, 'Skjult') or contains(tittel, 'Synlig')"},
    {"filter": "mappe/tittel eq 'Skjult sak' or mappe/tittel eq 'Synlig sak'"},
    {"filter": "merknad/any(m: contains(m/merknadstekst, 'merknad'))"},
    {"orderby": "tittel desc"},
    {"search": "post"},
    {"top": "1"},
    {"top": "0"},
    {"expand": "mappe,merknad", "filter": "contains(tittel, 'post')"},
]


async def tear_loose(owner_url: str, document: str) -> None:
    """Take a document out of every entry, as only somebody beside the API can."""
    connection = await asyncpg.connect(driver_url(owner_url))
    await connection.execute(
        "SELECT set_config('app.tenant_id', id::text, false) FROM kommune WHERE slug = $1", KOMMUNE
    )
    await connection.execute(
        "DELETE FROM registrering_dokumentbeskrivelse WHERE dokumentbeskrivelse_ref = $1", document
    )
    await connection.close()


@pytest.mark.usefixtures("one_arkivdel")
class TestOneArkivdel:
    """A right to one unit is one to all that is below it, and to nothing else."""

    @pytest.fixture(scope="class")
    @classmethod
    def places(cls, admin: Client) -> Places:
        """Two cases that no other test puts anything beside."""
        world = World(admin)
        return Places(case(world, "Synlig"), case(world, "Skjult"))

    @pytest.fixture(scope="class")
    @classmethod
    def one_arkivdel(cls, admin: Client, places: Places) -> Iterator[None]:
        """Let saksbehandlere reach one arkivdel and what is in it."""
        right = {"referanseArkivenhet": places.here["arkivdel"]["systemID"], **EVERYTHING}
        with without_rights(admin):
            grant(admin, kategori="A", **right)
            yield

    @pytest.mark.parametrize("name", [*UNITS, *PARTS])
    def test_what_is_in_it_is_seen(self, person: Client, places: Places, name: str) -> None:
        assert sees(person, places.here[name])

    @pytest.mark.parametrize("name", [*UNITS, *PARTS])
    def test_what_is_not_in_it_is_not(self, person: Client, places: Places, name: str) -> None:
        assert not sees(person, places.there[name])

    @pytest.mark.parametrize("name", UNITS)
    def test_what_is_hidden_is_answered_as_what_is_not_there(
        self, person: Client, places: Places, name: str
    ) -> None:
        address = person.link(places.there[name], "self")
        absent = address.replace(places.there[name]["systemID"], str(uuid4()))

        for tail in ("", "tilgang/"):
            hidden, missing = person.get(address + tail), person.get(absent + tail)
            if "application/vnd" in missing.headers.get("content-type", ""):
                assert (hidden.status_code, hidden.json()) == (404, missing.json())

    @pytest.mark.parametrize("query", QUERIES, ids=lambda query: "-".join(query) or "plain")
    @pytest.mark.parametrize("name", ["journalpost", "registrering"])
    def test_lists_and_counts_have_only_what_is_in_it(
        self, person: Client, places: Places, name: str, query: dict[str, str]
    ) -> None:
        package = "sakarkiv" if name == "journalpost" else "arkivstruktur"
        found = person.get(
            f"{person.root}{package}/{name}/", params={f"${key}": one for key, one in query.items()}
        )

        assert found.status_code == 200, found.text
        ids = [one["systemID"] for one in found.json().get("results", [])]
        assert found.json()["count"] == 1
        assert ids == ([] if query.get("top") == "0" else [places.here["journalpost"]["systemID"]])
        assert "Skjult" not in str(found.json().get("results"))

    @pytest.mark.parametrize(
        ("name", "package"),
        [
            ("arkivdel", "arkivstruktur"),
            ("saksmappe", "sakarkiv"),
            ("mappe", "arkivstruktur"),
            ("dokumentbeskrivelse", "arkivstruktur"),
            ("dokumentobjekt", "arkivstruktur"),
        ],
    )
    def test_every_list_is_trimmed(self, person: Client, name: str, package: str) -> None:
        found = person.get(f"{person.root}{package}/{name}/").json()

        assert found["count"] == 1

    def test_a_document_of_nothing_is_nobodys(
        self, admin: Client, person: Client, database: EmbeddedServer
    ) -> None:
        document = case(World(admin), "Løsrevet")["dokumentbeskrivelse"]
        person_before = sees(person, document)
        asyncio.run(tear_loose(database.owner_url, document["systemID"]))

        assert not person_before
        assert not sees(person, document)
        assert sees(admin, document)

    def test_a_filter_cannot_look_into_what_is_hidden(self, person: Client) -> None:
        found = person.get(
            f"{person.root}arkivstruktur/arkivdel/",
            params={"$filter": "mappe/any(m: contains(m/tittel, 'Skjult'))"},
        )

        assert found.json()["count"] == 0

    def test_files_are_those_of_what_is_seen(self, person: Client, places: Places) -> None:
        mine, other = (
            person.get(f"{person.link(unit['dokumentobjekt'], 'self')}fil/")
            for unit in (places.here, places.there)
        )

        assert (mine.status_code, mine.content) == (200, PDF)
        assert other.status_code == 404

    @pytest.mark.parametrize(
        ("method", "tail"),
        [
            ("PUT", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "ny-journalpost/"),
            ("GET", "ny-journalpost/"),
            ("GET", "journalpost/"),
            ("POST", "ny-partperson/"),
        ],
    )
    def test_nothing_is_done_with_what_is_hidden(
        self, person: Client, admin: Client, places: Places, method: str, tail: str
    ) -> None:
        unit = places.there["saksmappe"]
        etag = admin.etag(unit)
        kind = {"PATCH": "application/merge-patch+json"}.get(method, "application/vnd.noark5+json")
        body = {"navn" if tail == "ny-partperson/" else "tittel": "Overtatt"}
        body = unit if method == "PUT" else body

        answer = person.request(
            method,
            person.link(unit, "self") + tail,
            headers={"If-Match": etag, "Content-Type": kind},
            json=None if method in ("GET", "DELETE") else body,
        )

        assert answer.status_code == 404, answer.text
        assert admin.etag(unit) == etag

    def test_nothing_is_moved_into_or_out_of_what_is_hidden(
        self, person: Client, places: Places
    ) -> None:
        mine, hidden = places.here["saksmappe"], places.there["saksmappe"]
        reference = f"{person.link(places.here['journalpost'], 'self')}mappe/$ref/"
        into = person.request("PUT", reference, content=person.link(hidden, "self"))
        out = person.request(
            "PUT",
            f"{person.link(places.there['journalpost'], 'self')}mappe/$ref/",
            content=person.link(mine, "self"),
        )

        assert (into.status_code, out.status_code) == (404, 404)

    @pytest.mark.parametrize(("fra", "til"), [("here", "there"), ("there", "here")])
    def test_a_reference_to_or_from_what_is_hidden_is_not_there(
        self, person: Client, admin: Client, places: Places, fra: str, til: str
    ) -> None:
        made = admin.refer(getattr(places, fra)["saksmappe"], getattr(places, til)["saksmappe"])
        mine, hidden = places.here["saksmappe"], places.there["saksmappe"]
        here = person.link(mine, "self")

        answers = [
            person.get(f"{here}kryssreferanse/"),
            person.get(here, params={"$expand": "kryssreferanse"}),
            person.get(f"{person.root}sakarkiv/saksmappe/", params={"$expand": "kryssreferanse"}),
        ]

        assert [one.status_code for one in answers] == [200] * 3
        assert answers[0].json()["count"] == 0
        for secret in (made["systemID"], hidden["systemID"], hidden["mappeID"], "Skjult"):
            assert not any(secret in one.text for one in answers)
        assert not sees(person, made)
        remove(admin, made)

    def test_no_reference_is_made_to_what_is_hidden(self, person: Client, places: Places) -> None:
        mine, hidden = places.here["saksmappe"], places.there["saksmappe"]
        here = f"{person.link(mine, 'self')}ny-kryssreferanse/$ref"

        answer = person.request("POST", here, params={"$id": person.link(hidden, "self")})

        assert answer.status_code == 404

    def test_no_unit_is_told_to_follow_an_arkivdel_that_is_hidden(
        self, person: Client, places: Places
    ) -> None:
        here = person.link(places.here["saksmappe"], "sakarkiv/ny-arkivnotat/")

        answers = [
            person.post(here, {"tittel": "Notat", "referanseArkivdel": system_id})
            for system_id in (places.there["arkivdel"]["systemID"], str(uuid4()))
        ]

        assert [one.status_code for one in answers] == [400, 400]
        assert answers[0].text == answers[1].text

    def test_new_units_are_seen_where_the_right_is(self, person: Client, places: Places) -> None:
        made = person.make(places.here["saksmappe"], "sakarkiv/ny-arkivnotat/", {"tittel": "Notat"})

        assert sees(person, made)
        remove(person, made)


@dataclass
class Given:
    """A right, and what of the hidden case it lets a saksbehandler see."""

    rights: list[dict[str, Any]]
    seen: set[str]


ALL_READ: list[dict[str, Any]] = [{"kategori": kategori, "les": True} for kategori in CATEGORIES]
PAST, FUTURE = (
    (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds") for days in (-1, 1)
)
TABLE = {
    "each category outside must be given": Given(
        [one for one in ALL_READ if one["kategori"] != "M"], {"arkivdel"}
    ),
    "documents are given apart": Given(
        [one for one in ALL_READ if one["kategori"] != "D"],
        {"arkivdel", "saksmappe", "journalpost", "partperson", "merknad"},
    ),
    "all of them": Given(ALL_READ, {*UNITS, *PARTS}),
    "not yet": Given([{**one, "gyldigFra": FUTURE} for one in ALL_READ], set()),
    "no more": Given([{**one, "gyldigTil": PAST} for one in ALL_READ], set()),
    "now": Given(
        [{**one, "gyldigFra": PAST, "gyldigTil": FUTURE} for one in ALL_READ], {*UNITS, *PARTS}
    ),
    "to change is not to read": Given(
        [{**one, "les": False, "endre": True} for one in ALL_READ], set()
    ),
    "a right to what is restricted gives nothing else": Given(
        [{**one, "tilgangsrestriksjon": {"kode": "KL"}} for one in ALL_READ], set()
    ),
    "what one is not responsible for": Given(
        [
            *(one for one in ALL_READ if one["kategori"] in "AK"),
            *({**one, "egenEnhet": True} for one in ALL_READ if one["kategori"] in "MRD"),
        ],
        {"arkivdel"},
    ),
}


@pytest.mark.krav("C4.5.29", "C4.5.30")
@pytest.mark.usefixtures("narrowed")
@pytest.mark.parametrize("given", TABLE.values(), ids=list(TABLE))
def test_rights_are_what_they_say(
    admin: Client, person: Client, places: Places, given: Given
) -> None:
    for right in given.rights:
        grant(admin, **right)

    seen = {name for name in (*UNITS, *PARTS) if sees(person, places.there[name])}

    assert seen == given.seen


ACTIONS = {
    "ny": ("POST", "journalpost", "ny-merknad/", {"merknadstekst": "Ny"}),
    "endre": ("PATCH", "journalpost", "", {"beskrivelse": "Endret"}),
    "slett": ("DELETE", "merknad", "", None),
}


@pytest.mark.usefixtures("narrowed")
@pytest.mark.parametrize("given", ACTIONS)
@pytest.mark.parametrize("done", ACTIONS)
def test_each_action_has_a_right_of_its_own(
    admin: Client, person: Client, places: Places, given: str, done: str
) -> None:
    for right in ALL_READ:
        grant(admin, **{**right, given: True})
    method, name, tail, body = ACTIONS[done]
    unit = places.there[name]
    if name == "merknad":
        unit = admin.make(
            places.there["journalpost"], "arkivstruktur/ny-merknad/", {"merknadstekst": "Vekk"}
        )

    answer = person.request(
        method,
        person.link(unit, "self") + tail,
        headers={
            "If-Match": admin.etag(unit),
            "Content-Type": "application/merge-patch+json"
            if method == "PATCH"
            else "application/vnd.noark5+json",
        },
        json=body,
    )

    assert answer.status_code == ((201 if done == "ny" else 200) if given == done else 403) or (
        given == done == "slett" and answer.status_code == 204
    ), answer.text


@pytest.mark.usefixtures("narrowed")
@pytest.mark.parametrize("given", ["les", *ACTIONS])
def test_a_unit_tells_what_may_be_done_with_it(
    admin: Client, person: Client, places: Places, given: str
) -> None:
    for right in ALL_READ:
        grant(admin, **{**right, given: True})
    unit = person.refreshed(places.there["journalpost"])

    told = person.get(person.link(unit, f"{TILGANGSSTYRING}tilgang/")).json()

    assert told.pop("_links").keys() == {"self", f"{TILGANGSSTYRING}tilgang/"}
    assert told == {"les": True, **{name: name == given for name in ACTIONS}}
    offers = [rel for rel in unit["_links"] if rel.startswith(REL) and "/ny-" in rel]
    assert bool(offers) is (given == "ny")


def test_who_makes_cases_in_a_unit_may_do_so_though_the_unit_is_others_to_keep(
    person: Client, places: Places
) -> None:
    unit = places.here["arkivdel"]

    told = person.get(f"{person.link(unit, 'self')}tilgang/").json()

    assert told.pop("_links")
    assert told == {"les": True, "ny": True, "endre": False, "slett": False}


@pytest.mark.usefixtures("narrowed")
@pytest.mark.krav("C4.5.1")
def test_own_unit_and_own_cases_are_near(admin: Client, person: Client, places: Places) -> None:
    for right in ALL_READ:
        grant(admin, **right, egenEnhet=right["kategori"] not in "AK", endre=True)
    me = person_in(admin, person)
    above = admin.make(
        admin.follow("admin/"),
        "admin/ny-administrativenhet/",
        {"administrativEnhetNavn": f"Helse {uuid4()}", "administrativEnhetsstatus": "Aktiv"},
    )
    below = admin.make(
        admin.follow("admin/"),
        "admin/ny-administrativenhet/",
        {
            "administrativEnhetNavn": f"Legevakt {uuid4()}",
            "administrativEnhetsstatus": "Aktiv",
            "referanseOverordnetEnhet": above["systemID"],
        },
    )
    of_unit = admin.make(
        places.there["arkivdel"],
        "sakarkiv/ny-saksmappe/",
        {"tittel": "Legevaktens", "referanseAdministrativEnhet": below["systemID"]},
    )
    of_person = admin.make(
        places.there["arkivdel"],
        "sakarkiv/ny-saksmappe/",
        {"tittel": "Min", "referanseSaksansvarlig": me["systemID"]},
    )
    assert (sees(person, of_unit), sees(person, of_person)) == (False, True)

    tie = f"{admin.link(above, 'self')}bruker/$ref/"
    joined = admin.request("POST", tie, params={"$id": admin.link(me, "self")})
    assert joined.status_code == 204, joined.text
    assert (sees(person, of_unit), sees(person, of_person)) == (True, True)

    handed_over = person.patch(
        person.link(of_person, "self"),
        {"referanseSaksansvarlig": None, "saksansvarlig": "En annen"},
        headers={"If-Match": person.etag(of_person)},
    )
    assert handed_over.status_code == 204
    assert not sees(person, of_person)

    left = admin.request("DELETE", tie, params={"$id": admin.link(me, "self")})
    assert left.status_code == 204
    assert not sees(person, of_unit)


def person_in(admin: Client, person: Client, rolle: str = "saksbehandler") -> Any:
    """Find the bruker of who is logged in, as the archive knows it."""
    assert person.get(person.root).status_code == 200
    return admin.refreshed(named(person, f"{rolle}@{KOMMUNE}"))


def named(client: Client, kortnavn: str) -> Any:
    """Find a bruker by name, in whatever number others have made."""
    asked = {"$filter": f"kortnavn eq '{kortnavn}'"}
    return client.get(f"{client.root}admin/bruker/", params=asked).json()["results"][0]


@pytest.mark.usefixtures("narrowed")
def test_search_finds_what_files_of_ones_own_cases_say_as_long_as_they_are(
    admin: Client, person: Client, service: Service
) -> None:
    given = [grant(admin, **one, egenEnhet=one["kategori"] in "MRD") for one in ALL_READ]
    me, word = person_in(admin, person), f"ord{uuid4().hex}"
    made = case(World(admin), "Nær")
    say(service, made["dokumentobjekt"], f"Vedtak om {word}", KOMMUNE)
    found = [search(person, word)["count"]]

    for responsible in (me["systemID"], None, me["systemID"]):
        sak = admin.refreshed(made["saksmappe"])
        changed = admin.patch(
            admin.link(sak, "self"),
            {"referanseSaksansvarlig": responsible, "saksansvarlig": "Den ansvarlige"},
            headers={"If-Match": admin.etag(sak)},
        )
        assert changed.is_success, changed.text
        found.append(search(person, word)["count"])
    remove(admin, admin.refreshed(given[-1]))
    found.append(search(person, word)["count"])

    assert found == [0, 1, 0, 1, 0]


@pytest.mark.usefixtures("narrowed")
@pytest.mark.krav("C4.5.1")
def test_entries_of_others_are_near_when_they_are_mine_to_answer(
    admin: Client, person: Client, places: Places
) -> None:
    for right in ALL_READ:
        grant(admin, **right, egenEnhet=right["kategori"] in "RD")
    post = places.there["journalpost"]
    before = sees(person, post), sees(person, places.there["dokumentobjekt"])
    part = admin.make(
        post,
        "arkivstruktur/ny-korrespondansepartintern/",
        {
            "korrespondanseparttype": {"kode": "IM"},
            "referanseSaksbehandler": person_in(admin, person)["systemID"],
        },
    )

    after = sees(person, post), sees(person, places.there["dokumentobjekt"])

    assert (before, after) == ((False, False), (True, True))
    remove(admin, part)


def test_who_is_barred_loses_sight_of_the_case(
    admin: Client, person: Client, places: Places
) -> None:
    sak = places.here["saksmappe"]
    assert sees(person, sak)
    barred = admin.make(
        sak,
        f"{TILGANGSSTYRING}ny-inhabilitet/",
        {"referanseBruker": person_in(admin, person)["systemID"], "begrunnelse": "Nabo"},
    )

    hidden = {name for name in (*UNITS, *PARTS) if not sees(person, places.here[name])}

    assert hidden == {*UNITS, *PARTS} - {"arkivdel"}
    assert not sees(person, barred)
    listed = person.get(
        f"{person.root}sakarkiv/saksmappe/",
        params={"$filter": f"systemID eq '{sak['systemID']}'"},
    )
    assert listed.json()["count"] == 0
    remove(admin, barred)
    assert sees(person, sak)


@pytest.mark.krav("C4.5.22")
def test_graded_units_ask_for_clearance(admin: Client, person: Client, places: Places) -> None:
    me = person_in(admin, person)
    graded = admin.make(
        places.here["arkivdel"],
        "sakarkiv/ny-saksmappe/",
        {"tittel": "Gradert", "gradering": {"graderingskode": {"kode": "B"}}},
    )
    post = admin.make(graded, "sakarkiv/ny-arkivnotat/", {"tittel": "I den graderte"})
    address = admin.link(admin.get(admin.link(me, "self")).json(), "self")
    assert sees(person, graded)

    raised = admin.patch(
        admin.link(graded, "self"),
        {"gradering": {"graderingskode": {"kode": "H"}}},
        headers={"If-Match": admin.etag(graded)},
    )
    assert raised.status_code == 204  # nor does the administrator see it any more
    assert not sees(person, graded)
    assert not sees(person, post)
    for kode, seen in (("K", False), ("H", True), ("SH", True)):
        cleared = admin.patch(
            address, {"klarering": {"kode": kode}}, headers={"If-Match": admin.etag(me)}
        )
        assert cleared.status_code == 200, cleared.text
        assert (sees(person, graded), sees(person, post)) == (seen, seen)
    expired = admin.patch(
        address, {"klareringGyldigTil": PAST}, headers={"If-Match": admin.etag(me)}
    )
    assert expired.status_code == 200
    assert not sees(person, graded)


def test_the_log_of_what_is_hidden_is_hidden(log_in: LogIn, admin: Client, places: Places) -> None:
    leder = log_in(f"leder@{KOMMUNE}")
    sak = places.here["saksmappe"]
    about = {"$filter": f"referanseArkivenhet eq '{sak['systemID']}'"}
    address = f"{leder.root}loggingogsporing/hendelseslogg/"
    assert leder.get(address, params=about).json()["count"] > 0
    me = named(admin, f"leder@{KOMMUNE}")
    barred = admin.make(
        sak, f"{TILGANGSSTYRING}ny-inhabilitet/", {"referanseBruker": me["systemID"]}
    )

    assert leder.get(address, params=about).json()["count"] == 0

    remove(admin, barred)


def test_the_log_of_what_is_part_of_the_hidden_is_hidden(
    log_in: LogIn, admin: Client, places: Places
) -> None:
    leder, sak = log_in(f"leder@{KOMMUNE}"), places.here["saksmappe"]
    me = named(admin, f"leder@{KOMMUNE}")
    parts = [places.here[name]["systemID"] for name in PARTS]
    about = {"$filter": " or ".join(f"referanseArkivenhet eq '{one}'" for one in parts)}
    address = f"{leder.root}loggingogsporing/hendelseslogg/"
    before = leder.get(address, params=about).json()["count"]

    barred = admin.make(
        sak, f"{TILGANGSSTYRING}ny-inhabilitet/", {"referanseBruker": me["systemID"]}
    )

    gone = admin.make(
        places.here["journalpost"], "arkivstruktur/ny-merknad/", {"merknadstekst": "Vekk"}
    )
    remove(admin, gone)

    assert before == len(parts)
    assert leder.get(address, params=about).json()["count"] == 0
    of_gone = {"$filter": f"referanseArkivenhet eq '{gone['systemID']}'"}
    assert leder.get(address, params=of_gone).json()["count"] == 0
    assert admin.get(address, params=of_gone).json()["count"] == 2
    of_bar = {"$filter": f"referanseArkivenhet eq '{barred['systemID']}'"}
    assert leder.get(address, params=of_bar).json()["count"] == 0
    assert admin.get(address, params=of_bar).json()["count"] == 1
    remove(admin, barred)


def test_rights_are_read_and_given_by_administrators_alone(log_in: LogIn) -> None:
    body = {
        "rolle": "leser",
        "tilgangskategori": {"kode": "M"},
        **dict.fromkeys(EVERYTHING, True),
    }
    for role in ("leser", "saksbehandler", "leder", "arkivar"):
        client = log_in(f"{role}@{KOMMUNE}")
        refused = client.post(f"{client.root}admin/ny-tilgang/", body)
        assert refused.status_code == 403, role


def test_a_right_does_not_give_more_than_the_role(
    log_in: LogIn, admin: Client, places: Places
) -> None:
    right = admin.make(
        admin.follow("admin/"),
        "admin/ny-tilgang/",
        {"rolle": "leser", "tilgangskategori": {"kode": "M"}, **EVERYTHING},
    )
    leser = log_in(f"leser@{KOMMUNE}")

    answer = leser.patch(
        leser.link(places.here["saksmappe"], "self"),
        {"tittel": "Overtatt"},
        headers={"If-Match": leser.etag(places.here["saksmappe"])},
    )

    assert answer.status_code == 403
    remove(admin, right)


def test_what_is_restricted_is_read_in_full_by_those_with_a_right_to_it(
    log_in: LogIn, admin: Client, person: Client, places: Places
) -> None:
    secret = "Solveig Hemmeligsen"
    skjerming = {
        "tilgangsrestriksjon": {"kode": "KL"},
        "skjermingshjemmel": "Offentleglova § 13",
        "skjermingMetadata": [{"kode": "TMO"}, {"kode": "NPS"}],
    }
    sak = admin.make(
        places.here["arkivdel"],
        "sakarkiv/ny-saksmappe/",
        {"tittel": secret, "skjerming": skjerming},
    )
    part = admin.make(sak, "arkivstruktur/ny-partperson/", {"navn": secret})
    leder, leser = log_in(f"leder@{KOMMUNE}"), log_in(f"leser@{KOMMUNE}")

    def readers() -> set[str]:
        """Say who reads the name of the case and of the party, and finds the case by it."""
        found = set()
        for name, client in (
            ("admin", admin),
            ("person", person),
            ("leder", leder),
            ("leser", leser),
        ):
            read = [client.refreshed(one)[key] for one, key in ((sak, "tittel"), (part, "navn"))]
            listed = client.get(
                f"{client.root}sakarkiv/saksmappe/", params={"$filter": f"tittel eq '{secret}'"}
            )
            seen = {one == secret for one in read} | {listed.json()["count"] == 1}
            assert len(seen) == 1, name
            if seen == {True}:
                found.add(name)
        return found

    assert readers() == {"admin", "person", "leder"}
    right = grant(admin, kategori="M", les=True, tilgangsrestriksjon={"kode": "KL"})
    assert readers() == {"person"}
    refused = leder.patch(
        leder.link(sak, "self"), {"beskrivelse": "Ny"}, headers={"If-Match": leder.etag(sak)}
    )
    assert refused.status_code == 403
    may = leder.get(f"{leder.link(sak, 'self')}tilgang/").json()
    assert (may["les"], may["ny"], may["endre"], may["slett"]) == (True, False, False, False)
    told = person.patch(
        person.link(sak, "self"), {"beskrivelse": secret}, headers={"If-Match": "*"}
    )
    assert told.status_code == 200
    log = {
        name: client.get(f"{client.link(sak, 'self')}endringslogg/")
        for name, client in (("admin", admin), ("leder", leder))
    }
    assert {name: one.json()["count"] > 0 for name, one in log.items()} == dict.fromkeys(log, True)
    assert not any(secret in one.text for one in log.values())
    remark = person.make(sak, "arkivstruktur/ny-merknad/", {"merknadstekst": "Kort"})
    retold = person.patch(
        person.link(remark, "self"), {"merknadstekst": secret}, headers={"If-Match": "*"}
    )
    assert retold.status_code == 200, retold.text
    remove(person, remark)
    lines, of_gone = (
        f"{admin.root}loggingogsporing/endringslogg/",
        {"$filter": f"referanseArkivenhet eq '{remark['systemID']}'"},
    )
    found = [client.get(lines, params=of_gone) for client in (admin, leder)]
    assert found[0].json()["count"] == 4
    assert not any(secret in one.text for one in found)
    asked = f"{of_gone['$filter']} and nyVerdi eq '{secret}'"
    assert admin.get(lines, params={"$filter": asked}).json()["count"] == 0
    remove(admin, right)
    assert readers() == {"admin", "person", "leder"}
    assert secret in admin.get(lines, params=of_gone).text
