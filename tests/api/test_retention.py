"""What must be kept is not deleted; what is blocked instead is out of sight (arkivlova § 13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.test_access import PARTS, PDF, UNITS, case, sees
from tests.api.test_isolation import Sql
from tests.conftest import TILGANGSSTYRING, Client, LogIn, Service, World

from sakark_api.db.embedded import EmbeddedServer
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.tilgangsstyring.bevaringspaalegg import KEPT
from sakark_api.rest.reaching import Reaching

PAST, FUTURE = (
    (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds") for days in (-1, 1)
)


class Place(World):
    """A world where what is in the entry may be deleted, if nothing keeps it."""

    @cached_property
    def journalpost(self) -> Any:
        return self.client.make(
            self.saksmappe,
            "sakarkiv/ny-journalpost/",
            {
                "tittel": "Utkastet",
                "journalposttype": {"kode": "U"},
                "journalstatus": {"kode": "R"},
            },
        )

    @cached_property
    def avskrivning(self) -> Any:
        incoming = self.client.make(
            self.saksmappe, "sakarkiv/ny-journalpost/", {"tittel": "Brevet"}
        )
        return self.client.make(incoming, "sakarkiv/ny-avskrivning/", {})


IN_ENTRY = (
    "posisjon",
    "korrespondansepartperson",
    "merknad",
    "dokumentflyt",
    "dokumentobjekt",
    "dokumentbeskrivelse",
    "journalpost",
)
IN_CASE = (*IN_ENTRY, "arkivnotat", "avskrivning", "partperson", "bygning", "presedens")
IN_MAPPE = ("kryssreferanse", "registrering", "mappe", "moetedeltaker", "moetemappe")
COVERED: Mapping[str, tuple[str, ...]] = {
    "journalpost": IN_ENTRY,
    "saksmappe": (*IN_CASE, "saksmappe"),
    "klasse": (*IN_CASE, "saksmappe", "klasse"),
    "arkivdel": (*IN_CASE, *IN_MAPPE, "saksmappe", "arkivdel"),
}
"""What is kept by an order on each level; parts first, so that all but the last may be deleted."""


@dataclass
class Held:
    """A world with an order on one of its units."""

    world: Place
    order: Any


@pytest.fixture(scope="module")
def admin(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, "administrator@molde", "molde")


def order_over(client: Client, unit: Any, **given: Any) -> Any:
    body = {"hjemmel": "Arkivlova § 13", **given}
    return client.make(unit, f"{TILGANGSSTYRING}ny-bevaringspaalegg/", body)


def block(client: Client, unit: Any, **given: Any) -> Any:
    body = {"hjemmel": "Personvernforordningen artikkel 17", **given}
    return client.make(unit, f"{TILGANGSSTYRING}ny-sperring/", body)


def end(client: Client, unit: Any) -> None:
    tag = {"If-Match": client.etag(unit)}
    answer = client.patch(client.link(unit, "self"), {"gyldigTil": PAST}, headers=tag)
    assert answer.status_code == 200, answer.text


def delete(client: Client, unit: Any) -> httpx.Response:
    return client.delete(client.link(unit, "self"))


def named(answer: httpx.Response) -> list[str]:
    """List the units that a refusal names."""
    found = answer.json()["feil"].get("hindringer", ())
    return [unit["_links"]["self"]["href"] for one in found for unit in one["enheter"]]


@pytest.fixture(scope="module")
def held(admin: Client, request: pytest.FixtureRequest) -> Held:
    world = Place(admin)
    for name in COVERED[request.param]:
        getattr(world, name)
    return Held(world, order_over(admin, getattr(world, request.param)))


@pytest.mark.parametrize(
    ("held", "name"),
    [(level, name) for level, names in COVERED.items() for name in names],
    indirect=["held"],
)
def test_nothing_is_deleted_while_an_order_holds_above_it(
    admin: Client, held: Held, name: str
) -> None:
    unit = getattr(held.world, name)

    answer = delete(admin, unit)

    assert answer.status_code == 409, answer.text
    assert named(answer) == [admin.link(held.order, "self")]
    assert admin.get(admin.link(unit, "self")).status_code == 200


def test_what_is_kept_does_not_lose_its_reference(admin: Client) -> None:
    world, other = Place(admin), Place(admin)
    making = f"{admin.link(world.mappe, 'self')}ny-kryssreferanse/$ref"
    named_so = {"$id": admin.link(other.mappe, "self")}
    assert admin.request("POST", making, params=named_so).status_code == 201
    order = order_over(admin, world.mappe)

    refused = delete(admin, other.mappe)
    end(admin, order)

    assert (refused.status_code, named(refused)) == (409, [admin.link(order, "self")])
    assert delete(admin, other.mappe).status_code == 204


@pytest.mark.parametrize(
    ("level", "period"),
    [
        *((level, {"gyldigTil": PAST}) for level in COVERED),
        ("journalpost", {"gyldigFra": FUTURE}),
    ],
)
def test_all_may_be_deleted_when_no_order_holds(
    admin: Client, level: str, period: dict[str, str]
) -> None:
    world = Place(admin)
    parts = [name for name in COVERED[level] if name not in ("saksmappe", "klasse", "arkivdel")]
    units = [(name, getattr(world, name)) for name in parts]
    order_over(admin, getattr(world, level), **period)

    answers = {name: delete(admin, unit).status_code for name, unit in units}

    assert answers == dict.fromkeys(parts, 204)


@pytest.mark.parametrize("role", ["saksbehandler", "leder", "arkivar", "administrator"])
def test_an_order_holds_whoever_asks(log_in: LogIn, world: World, role: str) -> None:
    order = order_over(world.client, world.saksmappe)

    answer = delete(log_in(f"{role}@molde"), world.merknad)

    assert named(answer) == [world.client.link(order, "self")]


def test_an_order_is_ended_before_it_is_deleted(world: World) -> None:
    client, order = world.client, world.bevaringspaalegg

    refused = delete(client, order)
    end(client, order)

    assert (refused.status_code, named(refused)) == (409, [client.link(order, "self")])
    assert delete(client, order).status_code == 204


def move(client: Client, unit: Any, role: str, target: Any) -> httpx.Response:
    reference = f"{client.link(unit, 'self')}{role}/$ref/"
    return client.request("PUT", reference, content=client.link(target, "self"))


MOVES = {
    "registrering": ("mappe", "mappe"),
    "journalpost": ("saksmappe", "mappe"),
    "dokumentobjekt": ("dokumentbeskrivelse", "dokumentbeskrivelse"),
    "mappe": ("arkivdel", "arkivdel"),
    "saksmappe": ("klasse", "klasse"),
}
"""What is moved: what it is in, and what the tie is called."""


@pytest.mark.parametrize("name", MOVES)
def test_nothing_is_moved_out_of_what_an_order_holds_over(admin: Client, name: str) -> None:
    world, other = Place(admin), Place(admin)
    holder, role = MOVES[name]
    unit, target = getattr(world, name), getattr(other, holder)
    held = {"dokumentbeskrivelse": "journalpost"}.get(holder, holder)
    order = order_over(admin, getattr(world, held))

    refused = move(admin, unit, role, target)
    end(admin, order)

    assert (refused.status_code, named(refused)) == (409, [admin.link(order, "self")])
    assert move(admin, unit, role, target).status_code == 204


def test_what_stays_under_the_order_may_be_moved(world: World) -> None:
    client = world.client
    order_over(client, world.arkivdel)
    order_over(client, world.registrering)
    other = client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Ved siden av"})

    assert move(client, world.registrering, "mappe", other).status_code == 204


def test_a_shared_document_is_not_taken_out_of_the_entry_that_is_kept(admin: Client) -> None:
    world, other = Place(admin), Place(admin)
    order = order_over(admin, world.journalpost)
    ties = [
        f"{admin.link(one, 'self')}dokumentbeskrivelse/$ref/"
        for one in (other.journalpost, world.journalpost)
    ]
    named_so = {"$id": admin.link(world.dokumentbeskrivelse, "self")}
    assert admin.request("POST", ties[0], params=named_so).status_code == 204

    out_of_kept, out_of_other = (
        admin.request("DELETE", tie, params=named_so) for tie in reversed(ties)
    )

    assert named(out_of_kept) == [admin.link(order, "self")]
    assert out_of_other.status_code == 204


def test_all_that_is_in_the_archive_is_kept() -> None:
    reaching = Reaching(CATALOG, whole=True)
    inside = {one.name for one in CATALOG.roots if reaching.limits(one) and not one.read_only}
    of_access = {"inhabilitet", "bevaringspaalegg", "sperring"}
    never_deleted = {"konvertering"}
    only_drafts = {"kassasjonsliste"}  # are deleted, and what they are of stays

    assert {one.name for one in KEPT} == inside - of_access - never_deleted - only_drafts


@pytest.mark.parametrize("kind", ["bevaringspaalegg", "sperring"])
@pytest.mark.parametrize(
    ("role", "reads", "keeps"),
    [
        ("leser", False, False),
        ("saksbehandler", True, False),
        ("leder", True, False),
        ("arkivar", True, True),
    ],
)
def test_archivists_keep_orders_and_blockings(
    log_in: LogIn, world: World, kind: str, role: str, *, reads: bool, keeps: bool
) -> None:
    client = log_in(f"{role}@molde")
    body = {"hjemmel": "Arkivlova § 13", "gyldigTil": PAST}
    address = world.client.link(world.mappe, f"{TILGANGSSTYRING}ny-{kind}/")
    unit = world.client.post(address, body).json()

    made, read = client.post(address, body), client.get(client.link(unit, "self"))

    assert (made.status_code, read.status_code) == (201 if keeps else 403, 200 if reads else 403)


@pytest.mark.parametrize("kind", ["bevaringspaalegg", "sperring"])
def test_what_ends_before_it_begins_is_refused(world: World, kind: str) -> None:
    body = {"hjemmel": "Arkivlova § 13", "gyldigFra": FUTURE, "gyldigTil": PAST}

    answer = world.client.post(world.client.link(world.mappe, f"{TILGANGSSTYRING}ny-{kind}/"), body)

    assert answer.status_code == 400


@dataclass
class Blocked:
    """A case that is in sight until it is blocked, and the word it is found by."""

    units: dict[str, Any]
    word: str


@pytest.fixture(scope="module")
def blocked(admin: Client) -> Blocked:
    word = f"sperret{uuid4().hex}"
    units = case(World(admin), word)
    block(admin, units["saksmappe"])
    return Blocked(units, word)


READERS = {
    "leser": False,
    "saksbehandler": False,
    "leder": False,
    "arkivar": True,
    "administrator": True,
}


@pytest.mark.parametrize("name", [one for one in (*UNITS, *PARTS) if one != "arkivdel"])
@pytest.mark.parametrize("role", READERS)
def test_what_is_blocked_is_seen_by_those_who_keep_the_archive(
    log_in: LogIn, blocked: Blocked, role: str, name: str
) -> None:
    assert sees(log_in(f"{role}@molde"), blocked.units[name]) is READERS[role]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("how", ["filter", "search"])
@pytest.mark.parametrize("entity", ["sakarkiv/saksmappe", "arkivstruktur/dokumentbeskrivelse"])
def test_what_is_blocked_is_counted_and_found_by_them_alone(
    log_in: LogIn, blocked: Blocked, role: str, how: str, entity: str
) -> None:
    client = log_in(f"{role}@molde")
    asked = {"filter": f"contains(tittel, '{blocked.word}')", "search": blocked.word}

    found = client.get(f"{client.root}{entity}/", params={f"${how}": asked[how]})

    assert found.json()["count"] == (1 if READERS[role] else 0)


@pytest.mark.parametrize("role", READERS)
def test_files_of_what_is_blocked_are_theirs_too(
    log_in: LogIn, blocked: Blocked, role: str
) -> None:
    client = log_in(f"{role}@molde")

    file = client.get(f"{client.link(blocked.units['dokumentobjekt'], 'self')}fil/")

    assert (file.status_code, file.content == PDF) == (
        (200, True) if READERS[role] else (404, False)
    )


@pytest.mark.parametrize(
    ("period", "seen"),
    [
        ({}, False),
        ({"gyldigFra": PAST, "gyldigTil": FUTURE}, False),
        ({"gyldigFra": FUTURE}, True),
        ({"gyldigTil": PAST}, True),
    ],
)
def test_it_is_blocked_as_long_as_it_says(
    log_in: LogIn, world: World, period: dict[str, str], *, seen: bool
) -> None:
    block(world.client, world.saksmappe, **period)

    assert sees(log_in("saksbehandler@molde"), world.journalpost) is seen


def test_a_blocked_entry_leaves_the_rest_of_the_case_in_sight(log_in: LogIn, world: World) -> None:
    person = log_in("saksbehandler@molde")
    block(world.client, world.journalpost)

    seen = {
        name: sees(person, getattr(world, name))
        for name in ("saksmappe", "arkivnotat", "journalpost", "dokumentobjekt", "merknad")
    }

    assert seen == {
        "saksmappe": True,
        "arkivnotat": True,
        "journalpost": False,
        "dokumentobjekt": False,
        "merknad": False,
    }


def test_what_is_no_longer_blocked_is_in_sight_again(log_in: LogIn, world: World) -> None:
    person = log_in("saksbehandler@molde")
    before = sees(person, world.sperring)

    end(world.client, world.sperring)

    assert (before, sees(person, world.sperring)) == (False, True)


def test_every_process_is_told_of_a_blocking(world: World, database: EmbeddedServer) -> None:
    owner = Sql(database.owner_url)
    version = "SELECT rettigheter_version FROM kommune WHERE slug = 'molde'"
    before = owner.run(version)[0][0]

    block(world.client, world.mappe)

    assert owner.run(version)[0][0] == before + 1
