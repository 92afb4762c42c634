"""Every resource there is, over HTTP: what the standard promises of all of them alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.conftest import NOARK, Client, LogIn, World, build_world

from sakark_api.access.caller import Role
from sakark_api.access.policy import Action, may
from sakark_api.noark.attribute import BoundAttribute, Mutability, SetBy
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.model import Arkivenhet
from sakark_api.noark.resource import REL, Resource
from sakark_api.noark.structure import Offer

FILE_REL = f"{REL}arkivstruktur/fil/"
QUERY = "{?$filter&$orderby&$top&$skip&$search}"
CONCRETE = {one.name: one for one in CATALOG.resources if not one.abstract}
READABLE = list(CONCRETE)
NAMES = [name for name, one in CONCRETE.items() if not one.read_only]
WRITTEN = [name for name in NAMES if not CONCRETE[name].by_reference]
"""Those that are made of a body; the others of a reference (tests/api/test_references.py)."""

LISTED = [name for name in NAMES if CONCRETE[name].listed]
UNITS_OF_THE_ARCHIVE = [name for name in WRITTEN if issubclass(CONCRETE[name].model, Arkivenhet)]
DELETABLE: Mapping[str, Mapping[str, Any]] = {
    "journalpost": {"journalposttype": {"kode": "U"}},
    "bevaringspaalegg": {"gyldigTil": "2001-01-01T00:00:00+01:00"},
}
"""What else a unit needs to be one that may be deleted.

What comes in is journalled at once, and an order is kept as long as it holds.
"""

FAR_REACHING = ("bevaringspaalegg", "sperring")
"""What changes what may be done with its owner: it is made of one that no other test uses."""

KEPT = {"konvertering": "M615"}
"""Units that are never deleted by themselves, with what says so (tests/noark/tries.py)."""

WITHOUT_TEXT: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "avskrivning": (
        {"avskrivningsmaate": {"kode": "TLF", "kodenavn": "Besvart på telefon"}},
        {"avskrivningsmaate": {"kode": "TO", "kodenavn": "Tatt til orientering"}},
    )
}
"""How a unit without text of the clients' own is changed."""

CHANGEABLE = (Mutability.ALWAYS, Mutability.UNTIL_CLOSED, Mutability.UNTIL_ARCHIVED)
CLOSING = "M602"
"""The date of closing is given in other ways than with the unit (tests/api/test_krav.py)."""

ARCHIVING = "M604"
"""A journalpost is archived by its status (tests/noark/test_frysing.py)."""

FOR_GOOD = (Mutability.NEVER, Mutability.ONCE)
GIVEN_FOR_GOOD = [
    (name, attribute)
    for name, resource in CONCRETE.items()
    for attribute in resource.attributes
    if attribute.spec.set_by is not SetBy.CORE
    and attribute.spec.change in FOR_GOOD
    and attribute.spec.number != CLOSING
    and attribute.python is not UUID
    and (name, attribute.spec.number) != ("journalpost", ARCHIVING)
]
"""What a client gives once, by resource; references want units of their own."""

GIVEN_WITH: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("dokumentflyt", "flytMottattDato"): {"flytTil": "Ola"},
    ("dokumentflyt", "flytSendtDato"): {"flytTil": "Ola"},
    ("kassasjonsliste", "kassasjonsvedtak"): {"kassasjonsvedtak": {"kode": "G"}},
    ("kassasjonsliste", "tilDato"): {"tilDato": "2015-12-31T23:59:59+01:00"},
}
"""What must be there for the rest to be given, or instead: what is kept or comes is on no list."""

FIRST_VALUES: Mapping[str, Any] = {
    "sjekksum": "0" * 64,
    "sjekksumAlgoritme": "SHA-256",
    "mimeType": "text/plain",
}
NOTHING_TAKES: tuple[Any, ...] = (True, 1.5, [{}], {"a": {"b": []}}, [["x"]])
JSON_TYPES: Mapping[type[Any], type[Any]] = {bool: bool, Decimal: float}
"""The two types that do take one of these."""
OTHER_VALUES: Mapping[type[Any], Any] = {
    str: "Noe annet",
    int: 987_654,
    datetime: "2001-02-03T04:05:06+01:00",
    UUID: "00000000-0000-4000-8000-000000000001",
}


@dataclass(frozen=True)
class Place:
    """Somewhere a unit may be made: below (or above) another unit, or at a package's top."""

    made: Resource[Any]
    owner: Resource[Any] | None
    offer: Offer | None

    @property
    def rel(self) -> str:
        return (
            f"{self.made.package.rel}ny-{self.made.name}/" if self.offer is None else self.offer.rel
        )

    def __str__(self) -> str:
        return f"{self.owner.name if self.owner else self.made.package}-{self.made.name}"


def all_places() -> Iterator[Place]:
    for made in CONCRETE.values():
        if made.top:
            yield Place(made, None, None)
    for owner in CONCRETE.values():
        for offer in CATALOG.offers(owner):
            if offer.made.by_reference:
                continue
            yield Place(offer.made, owner, offer)


PLACES = list(all_places())
BELOW = [place for place in PLACES if place.offer is not None]


PROVEN: dict[str, str] = {
    "foedselsnummer": "01817000173",
    "dNummer": "41817000086",
    "organisasjonsnummer": "312345609",
    "kommunenummer": "1506",
    "type": "string",
}
"""Values that must be right in themselves; one will do."""


@pytest.fixture(autouse=True)
def somebody(log_in: LogIn) -> None:
    """Name a user that there is, where one must be named."""
    if "referanseBruker" not in PROVEN:
        admin = log_in("administrator@molde")
        made = admin.make(admin.follow("admin/"), "admin/ny-bruker/", {"brukerNavn": "En annen"})
        PROVEN["referanseBruker"] = made["systemID"]


OTHER_PROVEN = {
    "organisasjonsnummer": ("312345617", "312345625"),
    "kommunenummer": ("1507", "1508"),
}


def required_body(resource: Resource[Any]) -> dict[str, Any]:
    """Give only what must be given; texts are others than all before."""
    return {one.wire: some_value(one) for one in resource.attributes if one.spec.required}


def some_value(attribute: BoundAttribute) -> Any:
    """Give a value that an attribute takes."""
    if attribute.spec.codelist:
        kode, kodenavn = attribute.spec.codelist.values[0]
        return {"kode": kode, "kodenavn": kodenavn}
    if attribute.wire in PROVEN:
        return PROVEN[attribute.wire]
    if attribute.spec is DEFINED_NAME:
        return f"prove-1:felt{uuid4().hex}"
    return SOME_VALUES.get(attribute.python) or f"Prøve {uuid4()}"


SOME_VALUES: Mapping[type[Any], Any] = {
    int: 17,
    bool: True,
    Decimal: 62.5,
    datetime: "2026-12-17T10:00:00+01:00",
}
DEFINED_NAME = next(
    one.spec for one in CONCRETE["virksomhetsspesifikkeMetadata"].attributes if one.wire == "navn"
)
"""The name of a field of the kommune's own, which is written in a way of its own."""


def owner_of(place: Place, world: World) -> Any:
    """Give the unit or package that a unit is made from: one that takes no other kind already."""
    client = world.client
    if place.owner is None:
        return client.follow(place.made.package.rel)
    if place.made.name == "klassifikasjonssystem" and place.owner.name == "arkivdel":
        return client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Uten system"})
    if (place.owner.name, place.made.name) == ("arkiv", "arkiv"):
        return client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Uten deler"})
    if place.made.name in FAR_REACHING:
        return make_one(world, place.owner.name)
    if place.owner.name == "klasse":
        body = {"klasseID": str(uuid4()), "tittel": "Tom"}
        return client.make(world.klassifikasjonssystem, "arkivstruktur/ny-klasse/", body)
    return client.refreshed(getattr(world, place.owner.name))


def make_one(world: World, name: str) -> Any:
    """Make a unit at the first place that offers it, from what is required."""
    if CONCRETE[name].by_reference:
        target = world.client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Målet"})
        return world.client.refer(world.mappe, target)
    place = next(place for place in PLACES if place.made.name == name)
    body = {**required_body(place.made), **DELETABLE.get(name, {})}
    return world.client.make(owner_of(place, world), place.rel, body)


def leads_to(client: Client, address: str, system_id: str) -> bool:
    """Tell whether a relation leads to a unit: as one of a list, or as the one there is."""
    found = client.get(address).json()
    if "count" not in found:
        return bool(found["systemID"] == system_id)
    # There may be more than a page of them.
    one = {"$filter": f"systemID eq '{system_id}'"}
    return bool(client.get(address, params=one).json()["count"] == 1)


def relation_back(place: Place, owner: Mapping[str, Any]) -> str:
    """Give the address where the owner shows what has been made from it."""
    assert place.owner is not None
    assert place.offer is not None
    relation = next(
        one
        for one in CATALOG.relations(place.owner)
        if one.target is place.made.root
        and one.via == place.offer.tie.via
        and one.upward == place.offer.upward
    )
    return str(owner["_links"][relation.rel]["href"]).split("{?")[0]


def changeable(resource: Resource[Any]) -> list[BoundAttribute]:
    """List the attributes that clients may change, texts first."""
    found = [
        one
        for one in resource.attributes
        if one.python in NEW_VALUES
        and not one.many
        and one.spec.set_by is not SetBy.CORE
        and one.spec.change in CHANGEABLE
    ]
    return sorted(found, key=lambda one: one.python is not str)


def a_change(resource: Resource[Any], nth: int = 0) -> dict[str, Any]:
    """Give a change of one attribute; another for each `nth`."""
    if resource.name in WITHOUT_TEXT:
        return WITHOUT_TEXT[resource.name][nth]
    attribute = changeable(resource)[0]
    if attribute.wire in OTHER_PROVEN:
        return {attribute.wire: OTHER_PROVEN[attribute.wire][nth]}
    return {attribute.wire: NEW_VALUES[attribute.python][nth]}


NEW_VALUES: Mapping[type[Any], tuple[Any, Any]] = {
    str: ("Endret", "Endret igjen"),
    int: (1901, 1902),
    Decimal: (6.5, 7.5),
}
CHANGING = [name for name, one in CONCRETE.items() if name in WITHOUT_TEXT or changeable(one)]
"""What clients may change in some way; the number of a person they may not."""


def core_attributes(resource: Resource[Any]) -> list[BoundAttribute]:
    return [one for one in resource.attributes if one.spec.set_by is SetBy.CORE]


def addresses_of(unit: Mapping[str, Any]) -> dict[str, str]:
    """Give the address of every link of a unit, without templates."""
    return {rel: link["href"].split("{?")[0] for rel, link in unit["_links"].items()}


def readable(unit: Mapping[str, Any]) -> dict[str, str]:
    """Give the links that can be read now; where files are sent there may be none yet."""
    return {
        rel: href
        for rel, href in addresses_of(unit).items()
        if rel != FILE_REL and "/utvid-til-" not in rel
    }


@pytest.fixture(scope="module")
def standing(http: Any, service: Any) -> World:
    """A world that the tests of this file share: they add to it, and change only their own."""
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.mark.krav("TG0-16")
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_template_is_a_start_and_makes_nothing(standing: World, place: Place) -> None:
    client, owner = standing.client, owner_of(place, standing)
    everything = f"{client.root}{place.made.package}/{place.made.root.name}/"
    before = client.get(everything).text

    answer = client.get(client.link(owner, place.rel))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == NOARK
    assert "etag" not in answer.headers
    assert "self" not in answer.json()["_links"]
    assert client.get(everything).text == before


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_template_can_be_sent_back_filled_in(standing: World, place: Place) -> None:
    client, owner = standing.client, owner_of(place, standing)
    address = client.link(owner, place.rel)
    template = client.get(address).json()
    given = {key: value for key, value in template.items() if value is not None}
    del given["_links"]

    answer = client.post(address, {**given, **required_body(place.made)})

    assert answer.status_code == 201, answer.text


@pytest.mark.krav("TG0-11", "TG0-17")
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_create_with_only_what_is_required(standing: World, place: Place) -> None:
    client, owner = standing.client, owner_of(place, standing)
    body = required_body(place.made)

    answer = client.post(client.link(owner, place.rel), body)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made.items() >= body.items()
    assert str(UUID(made["systemID"])) == made["systemID"]
    assert answer.headers["location"] == made["_links"]["self"]["href"]
    assert answer.headers["etag"] == client.etag(made)


@pytest.mark.parametrize("place", BELOW, ids=str)
def test_made_unit_is_in_the_list_of_its_owner(standing: World, place: Place) -> None:
    client, owner = standing.client, owner_of(place, standing)

    made = client.make(owner, place.rel, required_body(place.made))

    back = relation_back(place, client.refreshed(owner))
    assert leads_to(client, back, made["systemID"])


@pytest.mark.parametrize("name", LISTED)
def test_made_unit_is_in_the_list_of_its_package(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    package = client.follow(CONCRETE[name].package.rel)
    address = client.link(package, CONCRETE[name].rel)

    found = client.get(address, params={"$filter": f"systemID eq '{made['systemID']}'"}).json()

    assert found == {
        "count": 1,
        "results": [client.refreshed(made)],
        "_links": found["_links"],
    }


@pytest.mark.parametrize("name", WRITTEN)
def test_required_attributes_must_be_given(standing: World, name: str) -> None:
    place = next(place for place in PLACES if place.made.name == name)
    address = standing.client.link(owner_of(place, standing), place.rel)
    body = required_body(place.made)

    answers = {
        wire: standing.client.post(address, {**body, wire: bad}).status_code
        for wire in body
        for bad in (None, "", " \t\u00a0\u3000")
    } | {
        f"no {wire}": standing.client.post(
            address, {key: value for key, value in body.items() if key != wire}
        ).status_code
        for wire in body
    }

    assert set(answers.values()) <= {400}, answers


@pytest.mark.krav("Ny-Arkivenhet-1")
@pytest.mark.parametrize("name", NAMES)
def test_what_is_always_there_is_there_from_the_start(standing: World, name: str) -> None:
    made = make_one(standing, name)

    missing = {one.wire for one in CONCRETE[name].attributes if one.spec.always} - made.keys()

    assert missing == set()


@pytest.mark.krav("TG0-01", "TG0-07")
@pytest.mark.parametrize("name", NAMES)
def test_read_tells_its_type_by_its_links(standing: World, name: str) -> None:
    made = make_one(standing, name)

    answer = standing.client.get(standing.client.link(made, "self"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == NOARK
    assert answer.headers["etag"].startswith('"')
    links = answer.json()["_links"]
    here = links["self"]["href"]
    assert [rel for rel, link in links.items() if link["href"] == here] == [
        CONCRETE[name].rel,
        "self",
    ]
    assert list(links) == sorted(links)


@pytest.mark.parametrize("name", READABLE)
def test_head_is_a_read_without_the_body(standing: World, name: str) -> None:
    client, here = standing.client, standing.client.link(getattr(standing, name), "self")
    read = client.get(here)

    answer = client.request("HEAD", here)

    assert answer.status_code == 200
    assert answer.content == b""
    assert {key: answer.headers[key] for key in ("etag", "content-type", "content-length")} == {
        key: read.headers[key] for key in ("etag", "content-type", "content-length")
    }


@pytest.mark.parametrize("name", NAMES)
def test_known_representation_is_not_sent_again(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    tag = client.etag(made)

    answer = client.get(client.link(made, "self"), headers={"If-None-Match": tag})

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == tag


@pytest.mark.parametrize("name", NAMES)
def test_put_of_what_was_read_changes_nothing(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), client.etag(made)

    answer = client.put(here, client.get(here).json(), headers={"If-Match": tag})

    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == tag
    assert answer.json() == made


@pytest.mark.parametrize("name", NAMES)
def test_patch_of_nothing_changes_nothing(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    tag = client.etag(made)

    answer = client.patch(client.link(made, "self"), {}, headers={"If-Match": tag})

    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == tag
    assert answer.json() == made


@pytest.mark.krav("TG0-18", "TG0-19", "TG0-20")
@pytest.mark.parametrize("verb", ["patch", "put"])
@pytest.mark.parametrize("name", CHANGING)
def test_change_is_kept_under_a_new_etag(standing: World, name: str, verb: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), client.etag(made)
    change = a_change(CONCRETE[name])
    body = {**({} if verb == "patch" else made), **change}

    answer = getattr(client, verb)(here, body, headers={"If-Match": tag})

    assert answer.status_code == 200, answer.text
    assert answer.json().items() >= change.items()
    assert answer.headers["etag"] != tag
    assert answer.headers["etag"] == client.etag(made)
    assert answer.json() == client.refreshed(made)


@pytest.mark.parametrize("name", UNITS_OF_THE_ARCHIVE)
def test_change_is_signed_and_dated(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)

    changed = client.patch(
        client.link(made, "self"),
        a_change(CONCRETE[name]),
        headers={"If-Match": client.etag(made)},
    ).json()

    assert not {"endretDato", "endretAv", "referanseEndretAv"} & made.keys()
    assert changed["endretAv"] == made["opprettetAv"]
    assert changed["referanseEndretAv"] == made["referanseOpprettetAv"]
    assert datetime.fromisoformat(changed["endretDato"]) >= datetime.fromisoformat(
        made["opprettetDato"]
    )


@pytest.mark.krav("TG0-20")
@pytest.mark.parametrize("header", ["If-Match", "ETag"])
@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
@pytest.mark.parametrize("name", CHANGING)
def test_stale_validator_is_refused(standing: World, name: str, verb: str, header: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, old = client.link(made, "self"), client.etag(made)
    first, last = a_change(CONCRETE[name]), a_change(CONCRETE[name], 1)
    client.patch(here, first, headers={"If-Match": old})

    answer = client.request(
        verb.upper(),
        here,
        headers={
            header: old,
            "Content-Type": "application/merge-patch+json" if verb == "patch" else NOARK,
        },
        json={**({} if verb == "patch" else made), **last},
    )

    assert answer.status_code == 409
    assert answer.json()["feil"]["kode"] == 409
    assert client.refreshed(made).items() >= first.items()


@pytest.mark.parametrize("name", NAMES)
def test_change_without_validator_is_refused(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here = client.link(made, "self")

    answers = [client.put(here, made), client.patch(here, {})]

    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.krav("5.2.6")
@pytest.mark.parametrize("name", NAMES)
def test_what_the_core_sets_is_not_taken_from_clients(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}
    wrong = {
        one.wire: OTHER_VALUES[one.python]
        for one in core_attributes(CONCRETE[name])
        if not one.is_value
    }

    answers = {
        (verb, wire): getattr(client, verb)(here, {**start, wire: value}, headers=tag).status_code
        for verb, start in (("put", made), ("patch", {}))
        for wire, value in wrong.items()
    }

    assert set(answers.values()) <= {400, 409}, answers
    assert client.refreshed(made) == made


def first_value(attribute: BoundAttribute) -> Any:
    """Give a value that an attribute takes, other than what it is changed to."""
    if attribute.spec.codelist:
        return {"kode": attribute.spec.codelist.values[0][0]}
    fitting = {str: f"Prøve {uuid4()}", int: 1, datetime: "2000-01-01T12:00:00+01:00"}
    given = {**PROVEN, **FIRST_VALUES}
    return given.get(attribute.wire, fitting.get(attribute.python))


def other_value(attribute: BoundAttribute) -> Any:
    if attribute.spec.codelist:
        return {"kode": attribute.spec.codelist.values[1][0], "kodenavn": None}
    return OTHER_VALUES[attribute.python]


@pytest.mark.krav("Ny-AdministrativEnhet-1", "Ny-Bruker-1")
@pytest.mark.parametrize(
    ("name", "attribute"), GIVEN_FOR_GOOD, ids=lambda one: getattr(one, "wire", one)
)
def test_what_is_given_for_good_is_not_changed(
    standing: World, name: str, attribute: BoundAttribute
) -> None:
    client, place = standing.client, next(place for place in PLACES if place.made.name == name)
    body = {
        attribute.wire: first_value(attribute),
        **GIVEN_WITH.get((name, attribute.wire), {}),
        **required_body(place.made),
    }
    made = client.make(owner_of(place, standing), place.rel, body)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}

    answers = [
        client.patch(here, {attribute.wire: value}, headers=tag)
        for value in (other_value(attribute), None)
    ]

    assert {answer.status_code for answer in answers} <= {400, 409}
    assert client.refreshed(made) == made


@pytest.mark.krav("5.2.7")
@pytest.mark.parametrize("name", NAMES)
def test_what_must_be_there_cannot_be_removed(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}
    always = [one.wire for one in CONCRETE[name].attributes if one.spec.always]

    answers = {wire: client.patch(here, {wire: None}, headers=tag).status_code for wire in always}

    assert set(answers.values()) <= {400, 409}, answers
    assert client.refreshed(made) == made


@pytest.mark.krav("Ny-Registrering-1", "Ny-Mappe-1")
@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_core_sets_is_ignored_on_creation(standing: World, name: str) -> None:
    place = next(place for place in PLACES if place.made.name == name)
    wrong = {
        one.wire: OTHER_VALUES[one.python]
        for one in core_attributes(place.made)
        if not one.is_value
    }

    made = standing.client.make(
        owner_of(place, standing), place.rel, {**required_body(place.made), **wrong}
    )

    assert not made.items() & wrong.items()


@pytest.mark.parametrize("name", WRITTEN)
def test_unknown_attribute_is_refused(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}
    place = next(place for place in PLACES if place.made.name == name)
    new = client.link(owner_of(place, standing), place.rel)

    answers = [
        client.post(new, {**required_body(place.made), "ukjent": 1}),
        client.put(here, {**made, "ukjent": 1}, headers=tag),
        client.patch(here, {"ukjent": 1}, headers=tag),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert all("ukjent" in answer.json()["feil"]["beskrivelse"] for answer in answers)


@pytest.mark.krav("TG0-10")
@pytest.mark.parametrize("name", NAMES)
def test_wrong_types_are_refused(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here, tag = client.link(made, "self"), {"If-Match": client.etag(made)}

    answers = {
        (one.wire, str(wrong)): client.patch(here, {one.wire: wrong}, headers=tag).status_code
        for one in CONCRETE[name].attributes
        for wrong in NOTHING_TAKES
        if type(wrong) is not JSON_TYPES.get(one.python)
    }

    assert set(answers.values()) <= {400, 409}, answers
    assert client.refreshed(made) == made


@pytest.mark.krav("TG0-21")
@pytest.mark.parametrize("name", [name for name in NAMES if name not in KEPT])
def test_delete_is_lasting(standing: World, name: str) -> None:
    client, made = standing.client, make_one(standing, name)
    here = client.link(made, "self")

    answer = client.delete(here, headers={"If-Match": client.etag(made)})

    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    assert client.get(here).status_code == 404
    assert client.delete(here).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "arkivskaper",
        "arkiv",
        "arkivdel",
        "klassifikasjonssystem",
        "klasse",
        "mappe",
        "saksmappe",
        "registrering",
        "dokumentbeskrivelse",
    ],
)
def test_unit_that_holds_others_is_not_deleted(log_in: LogIn, name: str) -> None:
    world = build_world(log_in("administrator@molde"))
    client, owner = world.client, getattr(world, name)
    client.make(world.registrering, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "D"})

    answer = client.delete(client.link(owner, "self"))

    assert answer.status_code == 409, answer.text
    assert client.get(client.link(owner, "self")).status_code == 200


@pytest.mark.parametrize("name", READABLE)
def test_every_link_leads_somewhere(standing: World, name: str) -> None:
    unit = standing.client.refreshed(getattr(standing, name))

    answers = {rel: standing.client.get(href).status_code for rel, href in readable(unit).items()}

    assert set(answers.values()) == {200}, answers


@pytest.mark.krav("TG0-15")
@pytest.mark.parametrize("name", READABLE)
def test_only_lists_are_templated(standing: World, name: str) -> None:
    client, unit = standing.client, standing.client.refreshed(getattr(standing, name))

    lists = {rel for rel, href in readable(unit).items() if "count" in client.get(href).json()}
    templated = {rel for rel, link in unit["_links"].items() if link.get("templated")}

    assert templated == lists
    assert all(unit["_links"][rel]["href"].endswith(QUERY) for rel in templated)


@pytest.mark.krav("TG0-06")
@pytest.mark.parametrize("name", NAMES)
def test_options_is_answered_everywhere_without_a_token(
    standing: World, log_in: LogIn, name: str
) -> None:
    nobody = log_in(None, "molde")
    unit = standing.client.refreshed(getattr(standing, name))

    answers = {rel: nobody.request("OPTIONS", href) for rel, href in addresses_of(unit).items()}

    assert {answer.status_code for answer in answers.values()} == {204}
    assert all("OPTIONS" in answer.headers["allow"] for answer in answers.values())
    assert answers["self"].headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"


@pytest.mark.krav("TG0-25")
@pytest.mark.parametrize("name", READABLE)
def test_another_kommune_finds_nothing(standing: World, log_in: LogIn, name: str) -> None:
    foreigner = log_in("administrator@rauma")
    unit = standing.client.refreshed(getattr(standing, name))
    here = list(addresses_of(unit).values())
    there = [href.replace("/molde/", "/rauma/") for href in here if "/metadata/" not in href]

    answers = {
        (verb, href): foreigner.request(verb, href, headers={"Content-Type": kind}, content=b"{}")
        for verb, kind in (
            ("GET", NOARK),
            ("POST", NOARK),
            ("PUT", NOARK),
            ("PATCH", "application/merge-patch+json"),
            ("DELETE", NOARK),
        )
        for href in (*here, *there)
    }

    seen = {key: one.status_code for key, one in answers.items() if one.status_code != 405}
    assert set(seen.values()) <= {404, 400}, seen
    assert {code for (verb, _), code in seen.items() if verb in ("GET", "DELETE")} == {404}
    assert standing.client.refreshed(getattr(standing, name)) == unit


@pytest.mark.parametrize("name", WRITTEN)
def test_what_another_kommune_sends_to_a_unit_finds_no_unit(
    standing: World, log_in: LogIn, name: str
) -> None:
    foreigner = log_in("administrator@rauma")
    unit = standing.client.refreshed(getattr(standing, name))
    there = standing.client.link(unit, "self").replace("/molde/", "/rauma/")
    offered = {
        place.made.name: f"{there}ny-{place.made.name}/"
        for place in BELOW
        if place.owner is CONCRETE[name]
    }

    answers = [
        foreigner.put(there, unit, headers={"If-Match": "*"}),
        foreigner.patch(there, {}, headers={"If-Match": "*"}),
        *(foreigner.post(new, required_body(CONCRETE[made])) for made, new in offered.items()),
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.krav("TG0-05")
@pytest.mark.parametrize("name", READABLE)
def test_nobody_is_asked_who_they_are(standing: World, log_in: LogIn, name: str) -> None:
    nobody = log_in(None, "molde")
    unit = standing.client.refreshed(getattr(standing, name))

    answers = [
        *(nobody.get(href) for href in readable(unit).values()),
        nobody.put(standing.client.link(unit, "self"), unit),
        nobody.patch(standing.client.link(unit, "self"), {}),
        nobody.delete(standing.client.link(unit, "self")),
    ]

    # A method that is not there needs no token to be refused.
    wrong = {one.url: one.status_code for one in answers if one.status_code not in {401, 405}}
    assert {code for url, code in wrong.items() if not url.path.endswith("/fil/")} == set()
    assert all(
        "www-authenticate" in answer.headers for answer in answers if answer.status_code == 401
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_leser_may_not_write(standing: World, log_in: LogIn, name: str) -> None:
    leser, made = log_in("leser@molde"), make_one(standing, name)
    here = standing.client.link(made, "self")
    place = next(place for place in PLACES if place.made.name == name)
    new = standing.client.link(owner_of(place, standing), place.rel)
    valid = {"If-Match": standing.client.etag(made)}

    answers = [
        leser.get(new),
        leser.post(new, required_body(place.made)),
        leser.put(here, made, headers=valid),
        leser.patch(here, {}, headers=valid),
        leser.delete(here),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert standing.client.refreshed(made) == made


@pytest.mark.parametrize(
    "name", [name for name in NAMES if may({Role.LESER}, Action.READ, CONCRETE[name].work)]
)
def test_leser_is_offered_nothing_to_make(standing: World, log_in: LogIn, name: str) -> None:
    unit = log_in("leser@molde").refreshed(getattr(standing, name))

    offered = [rel for rel in unit["_links"] if "/ny-" in rel]

    assert unit["systemID"] == getattr(standing, name)["systemID"]
    assert offered == []
