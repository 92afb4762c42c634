"""The smoke checks of the guide (21), and the rules of this archive, through the whole API."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.conftest import (
    BEVARING,
    MOETER,
    NOARK,
    REL,
    TILGANGSSTYRING,
    Client,
    LogIn,
    Service,
    World,
)

MAPPE, SAK = "arkivstruktur/ny-mappe/", "sakarkiv/ny-saksmappe/"
POST, DOCUMENT = "sakarkiv/ny-journalpost/", "arkivstruktur/ny-dokumentbeskrivelse/"
REGISTRERING = "arkivstruktur/ny-registrering/"
UNKNOWN = "00000000-0000-4000-8000-000000000001"


def changed(client: Client, unit: Mapping[str, Any], patch: Mapping[str, Any]) -> httpx.Response:
    """Send a merge patch for the unit as it is now."""
    here = client.link(unit, "self")
    return client.patch(here, patch, headers={"If-Match": client.etag(unit)})


def replaced(client: Client, unit: Mapping[str, Any], body: Mapping[str, Any]) -> httpx.Response:
    here = client.link(unit, "self")
    return client.put(here, body, headers={"If-Match": client.etag(unit)})


def titles(client: Client, address: str, **query: Any) -> list[str]:
    """List the titles that a query finds, in its order."""
    found = client.get(address, params={f"${name}": value for name, value in query.items()})
    assert found.status_code == 200, found.text
    return [unit["tittel"] for unit in found.json().get("results", ())]


def code(kode: str) -> Mapping[str, str | None]:
    """Name another code in a merge patch, strictly: the name that the code before had goes."""
    return {"kode": kode, "kodenavn": None}


def refusal_of(answer: httpx.Response) -> tuple[int, int]:
    """Give the status of a refusal, as the header and the body say it."""
    assert answer.headers["content-type"] == NOARK
    assert answer.json().keys() == {"feil"}
    assert answer.json()["feil"].keys() == {"kode", "beskrivelse"}
    return answer.status_code, answer.json()["feil"]["kode"]


@pytest.fixture
def mapper(world: World) -> str:
    """Give the address of a list with five mapper."""
    for number, title in enumerate(["Eple", "Pære", "Ærfugl", "eple to", "Banan"]):
        world.client.make(
            world.arkivdel,
            MAPPE,
            {
                "tittel": title,
                "beskrivelse": f"Nummer {number}",
                "dokumentmedium": {"kode": "F" if number < 2 else "B"},
            },
        )
    return world.client.link(world.client.refreshed(world.arkivdel), "arkivstruktur/mappe/")


@pytest.mark.krav("TG0-01", "TG0-02", "TG0-04")
def test_root_is_open_and_shows_packages_and_logins_only(log_in: LogIn) -> None:
    nobody = log_in(None)

    answer = nobody.get(nobody.root)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == NOARK
    assert answer.json().keys() == {"_links"}
    standard = {
        f"{REL}{rel}/"
        for rel in (
            "arkivstruktur",
            "sakarkiv",
            "metadata",
            "admin",
            "loggingogsporing",
            "login/oidc",
            "login/rfc6749",
        )
    }
    assert set(answer.json()["_links"]) == standard | {MOETER, TILGANGSSTYRING, BEVARING}


@pytest.mark.krav("TG0-03")
def test_discovery_of_the_login_is_relative_to_the_root(log_in: LogIn, service: Service) -> None:
    nobody = log_in(None)
    href = nobody.link(nobody.get(nobody.root).json(), "login/oidc/")

    answer = nobody.get(href)

    assert href == f"{nobody.root}.well-known/openid-configuration"
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["issuer"] == service.issuer


@pytest.mark.krav("TG0-01", "TG0-06")
@pytest.mark.parametrize(
    "package", ["arkivstruktur", "sakarkiv", "metadata", "admin", "loggingogsporing"]
)
def test_every_link_of_a_package_leads_somewhere(log_in: LogIn, package: str) -> None:
    client = log_in("administrator@molde")
    links = client.follow(f"{package}/")["_links"]

    answers = {rel: client.get(link["href"]).status_code for rel, link in links.items()}
    options = {rel: client.request("OPTIONS", link["href"]) for rel, link in links.items()}

    assert set(answers.values()) == {200}, answers
    assert {one.status_code for one in options.values()} == {204}
    assert list(links) == sorted(links)


@pytest.mark.krav("TG0-23")
def test_system_information_tells_the_protocol(log_in: LogIn) -> None:
    client = log_in("leser@molde")

    system = client.get(client.link(client.follow(), "admin/system/")).json()

    assert system["protokollversjon"] == "1.1"
    assert system.keys() >= {"leverandoer", "produkt", "versjon", "versjonsdato"}
    assert system["bulkgrense"] == 5_000_000


def test_addresses_may_end_with_a_slash_or_not(world: World) -> None:
    here = world.client.link(world.mappe, "self")

    answers = [world.client.get(here), world.client.get(here.rstrip("/"))]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.krav("TG0-07", "TG0-12")
def test_errors_have_the_standards_body(world: World, log_in: LogIn) -> None:
    client, nobody = world.client, log_in(None)
    here, new = client.link(world.mappe, "self"), client.link(world.arkivdel, MAPPE)

    answers = [
        client.post(new, {}),
        nobody.get(here),
        log_in("leser@molde").post(new, {"tittel": "A"}),
        client.get(f"{client.root}finnes/ikke/"),
        client.request("POST", here),
        client.get(here, headers={"Accept": "text/html"}),
        changed(client, world.arkiv, {"systemID": str(uuid4())}),
        client.put(here, world.mappe, headers={"If-Match": '"0.gammel"'}),
        client.request("POST", new, content="{}", headers={"Content-Type": "application/json"}),
        client.get(client.link(world.arkivdel, "arkivstruktur/mappe/"), params={"$apply": "x"}),
    ]

    wanted = [400, 401, 403, 404, 405, 406, 400, 409, 415, 501]
    assert [refusal_of(answer) for answer in answers] == [(code, code) for code in wanted]


@pytest.mark.parametrize("identity", ["tull", "1", UNKNOWN, "0" * 36, "%00", "-" * 36])
def test_what_does_not_exist_is_not_found(world: World, identity: str) -> None:
    there = f"{world.client.root}arkivstruktur/mappe/{identity}/"

    answers = [world.client.get(there), world.client.get(f"{there}merknad/")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_identity_is_the_same_in_capitals(world: World) -> None:
    here = world.client.link(world.mappe, "self")
    shouted = here.replace(world.mappe["systemID"], world.mappe["systemID"].upper())

    answer = world.client.get(shouted)

    assert answer.json() == world.client.refreshed(world.mappe)


@pytest.mark.parametrize("title", ["", " ", "\t\u00a0\u3000", "\u2003\u0085", None, 5, ["a"]])
def test_title_must_be_seen(world: World, title: object) -> None:
    answer = world.client.post(world.client.link(world.arkivdel, MAPPE), {"tittel": title})

    assert refusal_of(answer) == (400, 400)


@pytest.mark.krav("TG0-09")
@pytest.mark.parametrize(
    "moment", ["2026-01-31", "2026-01-31T12:00:00", "i dag", 1, "2026-02-30T12:00:00Z"]
)
def test_time_without_a_zone_is_refused(world: World, moment: object) -> None:
    new = world.client.link(world.saksmappe, POST)

    answer = world.client.post(new, {"tittel": "A", "mottattDato": moment})

    assert refusal_of(answer) == (400, 400)
    assert "mottattDato" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.krav("TG0-09")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00"),
        ("2026-01-31T12:00:00+01:00", "2026-01-31T12:00:00+01:00"),
        ("2026-07-31T12:00:00+02:00", "2026-07-31T12:00:00+02:00"),
        ("2026-07-31T12:00:00+01:00", "2026-07-31T12:00:00+01:00"),
        ("2026-07-31T12:00:00-09:30", "2026-07-31T12:00:00-09:30"),
        ("2026-01-31T12:00:00.1234567+05:45", "2026-01-31T12:00:00.123456+05:45"),
        ("2026-01-31+01:00", "2026-01-31T00:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_time_comes_back_with_the_offset_it_had(world: World, sent: str, shown: str) -> None:
    client = world.client

    made = client.make(world.saksmappe, POST, {"tittel": "A", "mottattDato": sent})

    assert made["mottattDato"] == shown
    assert client.refreshed(made)["mottattDato"] == shown
    posts = client.get(client.link(world.saksmappe, "arkivstruktur/registrering/")).json()
    assert shown in {post.get("mottattDato") for post in posts["results"]}


def test_offset_follows_the_last_that_was_sent(world: World) -> None:
    client = world.client
    made = client.make(
        world.saksmappe, POST, {"tittel": "A", "forfallsdato": "2026-01-31T12:00:00Z"}
    )

    answer = changed(client, made, {"forfallsdato": "2026-01-31T12:00:00+01:00"})

    assert answer.json()["forfallsdato"] == "2026-01-31T12:00:00+01:00"


def test_times_of_a_put_keep_their_offsets(world: World) -> None:
    client = world.client
    made = client.make(
        world.saksmappe, POST, {"tittel": "A", "mottattDato": "2026-01-31T12:00:00Z"}
    )

    answer = replaced(client, made, {**made, "tittel": "B"})

    assert answer.json()["mottattDato"] == "2026-01-31T12:00:00+00:00"


def test_offset_inside_a_value_is_kept(world: World) -> None:
    kassasjon = {"kassasjonsvedtak": {"kode": "K"}, "kassasjonsdato": "2036-01-31T12:00:00-09:30"}

    made = world.client.make(world.arkivdel, MAPPE, {"tittel": "A", "kassasjon": kassasjon})

    assert made["kassasjon"]["kassasjonsdato"] == "2036-01-31T12:00:00-09:30"


def test_code_alone_comes_back_with_its_name(world: World) -> None:
    made = world.client.make(
        world.arkivdel, MAPPE, {"tittel": "A", "dokumentmedium": {"kode": "F"}}
    )

    assert made["dokumentmedium"] == {"kode": "F", "kodenavn": "Fysisk medium"}


@pytest.mark.parametrize(
    "code",
    [
        {"kode": "F", "kodenavn": "Elektronisk arkiv"},
        {"kode": "ukjent"},
        {"kode": "f"},
        {"kode": ""},
        {"kodenavn": "Fysisk medium"},
        {},
        "F",
    ],
)
def test_code_that_is_not_in_the_list_is_refused(world: World, code: object) -> None:
    new = world.client.link(world.arkivdel, MAPPE)

    answer = world.client.post(new, {"tittel": "A", "dokumentmedium": code})

    assert refusal_of(answer) == (400, 400)


def test_patch_may_name_another_code_by_its_kode_only(world: World) -> None:
    answer = changed(world.client, world.mappe, {"dokumentmedium": {"kode": "F"}})

    assert answer.status_code == 200, answer.text
    assert answer.json()["dokumentmedium"] == {"kode": "F", "kodenavn": "Fysisk medium"}


def test_patch_may_name_another_code_inside_a_value_by_its_kode_only(world: World) -> None:
    client = world.client
    unit = client.make(
        world.arkivdel, MAPPE, {"tittel": "A", "gradering": {"graderingskode": {"kode": "B"}}}
    )

    answer = changed(client, unit, {"gradering": {"graderingskode": {"kode": "F"}}})

    assert answer.status_code == 200, answer.text


def new_code(client: Client, codelist: str) -> Any:
    """Add a code of its own to a list."""
    lists = client.follow("metadata/")
    name = uuid4().hex
    return client.make(
        lists, f"metadata/ny-{codelist}/", {"kode": name, "kodenavn": f"Navn {name}"}
    )


@pytest.mark.krav("Ny-Kodelisteverdi-2")
def test_expired_code_is_refused_on_new_and_kept_on_old(world: World) -> None:
    client, code = world.client, new_code(world.client, "dokumentmedium")
    medium = {"kode": code["kode"]}
    old = client.make(world.arkivdel, MAPPE, {"tittel": "Gammel", "dokumentmedium": medium})
    other = client.make(world.arkivdel, MAPPE, {"tittel": "Annen"})
    expired = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert changed(client, code, {"utdatert": expired}).status_code == 200

    answers = [
        client.post(client.link(world.arkivdel, MAPPE), {"tittel": "A", "dokumentmedium": medium}),
        changed(client, other, {"dokumentmedium": medium}),
        changed(client, old, {"tittel": "Ny tittel"}),
        replaced(client, old, client.refreshed(old)),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 200, 200]
    assert client.refreshed(old)["dokumentmedium"]["kode"] == code["kode"]


@pytest.mark.krav("Ny-Kodelisteverdi-1")
def test_code_keeps_the_name_it_had_when_it_was_chosen(world: World) -> None:
    client, code = world.client, new_code(world.client, "dokumentmedium")
    unit = client.make(
        world.arkivdel, MAPPE, {"tittel": "A", "dokumentmedium": {"kode": code["kode"]}}
    )
    changed(client, code, {"kodenavn": f"Nytt {code['kode']}"})

    answer = replaced(client, unit, {**unit, "tittel": "B"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["dokumentmedium"] == unit["dokumentmedium"]


@pytest.mark.krav("5.2.9", "5.2.20")
def test_code_list_is_open_and_its_codes_may_hold_slashes(world: World) -> None:
    client, kode = world.client, f"vnd/{uuid4().hex}/å"
    lists = client.follow("metadata/")
    template = client.get(client.link(lists, "metadata/ny-format/"))

    made = client.post(
        client.link(lists, "metadata/ny-format/"), {"kode": kode, "kodenavn": f"Form {kode}"}
    )

    assert template.status_code == 200
    assert "self" not in template.json()["_links"]
    assert made.status_code == 201, made.text
    here = made.headers["location"]
    assert client.get(here).json() == made.json()
    assert client.get(here).headers["etag"] == made.headers["etag"]
    put = client.put(
        here,
        {"kode": kode, "kodenavn": f"Format {kode}", "beskrivelse": "Vårt"},
        headers={"If-Match": made.headers["etag"]},
    )
    assert put.status_code == 200, put.text
    assert put.json()["beskrivelse"] == "Vårt"
    patch = client.patch(here, {"beskrivelse": None}, headers={"If-Match": put.headers["etag"]})
    assert "beskrivelse" not in patch.json()
    stale = client.patch(here, {}, headers={"If-Match": put.headers["etag"]})
    assert refusal_of(stale) == (409, 409)


def test_code_of_the_standard_is_found_by_its_address(log_in: LogIn) -> None:
    client = log_in("leser@molde")
    formats = client.get(client.link(client.follow("metadata/"), "metadata/format/"))
    code = next(one for one in formats.json()["results"] if one["kode"] == "fmt/95")

    answers = [
        client.get(client.link(code, "self")),
        client.get(f"{client.root}metadata/format/fmt/95/"),
    ]

    assert [answer.json() for answer in answers] == [code, code]
    assert client.link(code, "metadata/format/") == client.link(code, "self")


@pytest.mark.krav("Ny-Kodelisteverdi-3")
@pytest.mark.parametrize("same", ["kode", "kodenavn"])
def test_code_and_its_name_are_unique_in_the_list(world: World, same: str) -> None:
    client, code = world.client, new_code(world.client, "merknadstype")
    body = {"kode": uuid4().hex, "kodenavn": uuid4().hex, same: code[same]}

    answer = client.post(client.link(client.follow("metadata/"), "metadata/ny-merknadstype/"), body)

    assert refusal_of(answer) == (409, 409)


def test_code_itself_is_not_changed(world: World) -> None:
    code = new_code(world.client, "merknadstype")

    answer = changed(world.client, code, {"kode": "annen"})

    assert refusal_of(answer) in ((400, 400), (409, 409))


def test_codes_are_each_kommunes_own(world: World, log_in: LogIn) -> None:
    code, neighbour = new_code(world.client, "merknadstype"), log_in("administrator@rauma")
    there = world.client.link(code, "self").replace("/molde/", "/rauma/")

    assert neighbour.get(there).status_code == 404


def test_saksbehandler_may_not_add_codes(log_in: LogIn) -> None:
    client = log_in("saksbehandler@molde")
    lists = client.follow("metadata/")

    answer = client.post(f"{client.root}metadata/ny-format/", {"kode": "x", "kodenavn": "x"})

    assert refusal_of(answer) == (403, 403)
    assert not [rel for rel in lists["_links"] if "/ny-" in rel]


def walk(client: Client, href: str) -> Iterator[Any]:
    """Read pages, from one to the next, to the last."""
    page = client.get(href).json()
    yield page
    if "next" in page["_links"]:
        yield from walk(client, page["_links"]["next"]["href"])


@pytest.mark.krav("TG0-14")
def test_server_cuts_long_lists_and_says_where_they_go_on(world: World) -> None:
    client, size = world.client, world.client.service.settings.page_size
    remarks = [{"merknadstekst": f"Nr {number:04}"} for number in range(2 * size + 1)]
    owner = client.make(world.arkivdel, MAPPE, {"tittel": "A", "merknad": remarks})
    address = client.link(owner, "arkivstruktur/merknad/")

    pages = list(walk(client, f"{address}?$orderby=merknadstekst desc"))

    assert [len(page["results"]) for page in pages] == [size, size, 1]
    assert {page["count"] for page in pages} == {2 * size + 1}
    texts = [one["merknadstekst"] for page in pages for one in page["results"]]
    assert texts == sorted((one["merknadstekst"] for one in remarks), reverse=True)


@pytest.mark.whole_world
def test_page_the_client_cut_says_where_it_goes_on(world: World, mapper: str) -> None:
    pages = list(walk(world.client, f"{mapper}?$top=4&$orderby=tittel"))

    seen = [unit["systemID"] for page in pages for unit in page["results"]]
    assert len(seen) == len(set(seen)) == pages[0]["count"] == 7


@pytest.mark.krav("TG0-13")
def test_empty_list_has_no_results(world: World) -> None:
    address = world.client.link(world.mappe, "arkivstruktur/merknad/")

    answer = world.client.get(address)

    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.json() == {
        "count": 0,
        "_links": {
            f"{REL}arkivstruktur/merknad/": {"href": address},
            "self": {"href": address},
        },
    }


@pytest.mark.whole_world
@pytest.mark.krav("TG0-13")
@pytest.mark.parametrize(
    ("query", "count"), [({"$top": 0}, 0), ({"$skip": 7}, 0), ({"$skip": 6}, 1)]
)
def test_count_is_of_all_pages(
    world: World, mapper: str, query: Mapping[str, int], count: int
) -> None:
    page = world.client.get(mapper, params=query).json()

    assert page["count"] == 7
    assert len(page.get("results", ())) == count
    assert ("results" in page) == (count > 0)


def test_list_over_a_missing_owner_is_not_found(world: World) -> None:
    gone = world.client.link(world.mappe, "arkivstruktur/merknad/").replace(
        world.mappe["systemID"], str(uuid4())
    )

    assert refusal_of(world.client.get(gone)) == (404, 404)


@pytest.mark.whole_world
@pytest.mark.krav("5.4.1")
def test_general_list_has_the_special_units_with_all_they_have(world: World) -> None:
    client = world.client
    units = client.get(client.link(world.klasse, "arkivstruktur/mappe/")).json()["results"]

    assert units == [client.refreshed(world.saksmappe)]


@pytest.mark.whole_world
@pytest.mark.krav("TG0-15")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("tittel eq 'Eple'", {"Eple"}),
        ("contains(tittel,'ple')", {"Eple", "eple to"}),
        ("startswith(tittel,'Æ')", {"Ærfugl"}),
        ("dokumentmedium/kode eq 'F'", {"Eple", "Pære"}),
        ("dokumentmedium/kodenavn eq 'Fysisk medium'", {"Eple", "Pære"}),
        ("dokumentmedium/kode eq 'B' and not contains(tittel,'a')", {"Ærfugl", "eple to"}),
        ("tittel eq 'Eple' or tittel eq 'Banan'", {"Eple", "Banan"}),
        ("tittel in ('Eple','Banan')", {"Eple", "Banan"}),
        ("(tittel gt 'B' and tittel lt 'C')", {"Banan"}),
        ("beskrivelse eq null", {"Mappen", "Møtet"}),
        ("opprettetDato ge 2001-01-01 and tittel eq 'Eple'", {"Eple"}),
        ("opprettetDato lt 2001-01-01", set()),
        ("opprettetDato gt 2001-01-01T00:00:00Z and tittel eq 'Eple'", {"Eple"}),
        ("opprettetDato gt 2001-01-01T00:00:00+01:00 and tittel eq 'Eple'", {"Eple"}),
        ("year(opprettetDato) ge 2024 and tittel eq 'Eple'", {"Eple"}),
        ("tolower(tittel) eq 'eple'", {"Eple"}),
        ("saksaar ne null", set()),
        ("gradering/graderingskode/kode eq 'B'", set()),
        ("tittel eq 'It''s'", set()),
    ],
)
def test_filter_finds(world: World, mapper: str, condition: str, found: set[str]) -> None:
    assert set(titles(world.client, mapper, filter=condition)) == found


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "finnesIkke eq 1"},
        {"$filter": "tittel eq 1"},
        {"$filter": "tittel eq"},
        {"$filter": "tittel"},
        {"$filter": "opprettetDato gt '2001'"},
        {"$filter": "saksaar eq 'x'"},
        {"$filter": "dokumentmedium/finnesIkke eq 'F'"},
        {"$orderby": "finnesIkke"},
        {"$orderby": "tittel opp"},
        {"$top": "-1"},
        {"$skip": "x"},
        {"filter": "x"},
    ],
)
def test_query_that_makes_no_sense_is_refused(
    world: World, mapper: str, query: Mapping[str, str]
) -> None:
    assert refusal_of(world.client.get(mapper, params=query)) == (400, 400)


def test_saksdato_is_compared_with_a_day(world: World) -> None:
    client = world.client
    client.make(world.klasse, SAK, {"tittel": "Den dagen", "saksdato": "2017-02-15T00:00:00+01:00"})
    client.make(world.klasse, SAK, {"tittel": "Før", "saksdato": "2017-02-14T23:59:59+01:00"})
    address = client.link(world.klasse, "arkivstruktur/mappe/")

    found = titles(client, address, filter="saksdato ge 2017-02-15 and saksdato lt 2017-02-16")

    assert found == ["Den dagen"]


@pytest.mark.krav("TG0-15")
def test_order_is_as_asked(world: World, mapper: str) -> None:
    client = world.client

    up = titles(client, mapper, orderby="beskrivelse", filter="beskrivelse ne null")
    down = titles(client, mapper, orderby="dokumentmedium/kode,beskrivelse desc", top=3)

    assert up == ["Eple", "Pære", "Ærfugl", "eple to", "Banan"]
    assert down == ["Banan", "eple to", "Ærfugl"]


@pytest.mark.krav("TG0-15")
def test_top_and_skip_cut_the_list(world: World, mapper: str) -> None:
    found = titles(
        world.client, mapper, orderby="beskrivelse", filter="beskrivelse ne null", top=2, skip=1
    )

    assert found == ["Pære", "Ærfugl"]


@pytest.mark.krav("TG0-15")
@pytest.mark.parametrize("words", ["banan", "BANANER", "'banan'", "nummer banan"])
def test_search_finds_words_whatever_their_form(world: World, mapper: str, words: str) -> None:
    assert titles(world.client, mapper, search=words) == ["Banan"]


def test_next_page_is_of_the_same_query(world: World, mapper: str) -> None:
    client, condition = world.client, "beskrivelse ne null and tittel ne 'a+b&c'"
    first = client.get(
        mapper, params={"$filter": condition, "$orderby": "beskrivelse desc", "$top": 4}
    ).json()

    alone = client.get(
        mapper, params={"$filter": condition, "$orderby": "beskrivelse desc", "$skip": 4}
    ).json()

    assert first["count"] == alone["count"] == 5
    assert [unit["tittel"] for unit in alone["results"]] == ["Eple"]
    assert "next" not in alone["_links"]


@pytest.mark.krav("5.4.9", "M011", "M012")
def test_case_numbers_are_never_given_twice(world: World) -> None:
    client = world.client
    new = client.link(world.klasse, SAK)

    with ThreadPoolExecutor(20) as pool:
        made = list(
            pool.map(lambda number: client.post(new, {"tittel": f"Nr {number}"}), range(20))
        )

    assert {answer.status_code for answer in made} == {201}
    cases = [answer.json() for answer in made]
    assert len({case["sakssekvensnummer"] for case in cases}) == 20
    assert {case["mappeID"] for case in cases} == {
        f"{case['saksaar']}/{case['sakssekvensnummer']}" for case in cases
    }


@pytest.mark.whole_world
@pytest.mark.krav("M014", "M015", "M004")
def test_journal_numbers_are_never_given_twice(world: World) -> None:
    client = world.client
    new = client.link(world.saksmappe, POST)

    with ThreadPoolExecutor(20) as pool:
        made = list(
            pool.map(lambda number: client.post(new, {"tittel": f"Nr {number}"}), range(20))
        )

    assert {answer.status_code for answer in made} == {201}
    posts = [answer.json() for answer in made]
    # The entry and the note of the world have the first two numbers.
    assert {post["journalpostnummer"] for post in posts} == set(range(3, 23))
    assert len({post["journalsekvensnummer"] for post in posts}) == 20
    assert {post["registreringsID"] for post in posts} == {
        f"{world.saksmappe['mappeID']}-{number}" for number in range(3, 23)
    }


@pytest.mark.krav("M014")
def test_numbers_increase_and_are_not_used_again(world: World) -> None:
    client = world.client
    body = {"tittel": "A", "journalposttype": {"kode": "U"}}
    first = client.make(world.saksmappe, POST, body)
    assert client.delete(client.link(first, "self")).status_code == 204

    second = client.make(world.saksmappe, POST, body)

    assert second["journalpostnummer"] > first["journalpostnummer"]
    assert second["journalsekvensnummer"] > first["journalsekvensnummer"]


def test_numbers_start_anew_in_each_kommune(world: World, log_in: LogIn) -> None:
    neighbour = log_in("saksbehandler@rauma")
    classes = f"{neighbour.root}arkivstruktur/klasse/"
    asked = {"$filter": "klasseID eq '033'"}
    klasse = neighbour.get(classes, params=asked).json()["results"][0]
    theirs = neighbour.make(klasse, SAK, {"tittel": "Her"})

    ours = [world.client.make(world.klasse, SAK, {"tittel": "Der"}) for _ in range(3)]

    following = neighbour.make(klasse, SAK, {"tittel": "Her"})
    assert following["sakssekvensnummer"] == theirs["sakssekvensnummer"] + 1
    assert len(ours) == 3


@pytest.mark.whole_world
@pytest.mark.krav("M007")
def test_documents_are_numbered_and_the_first_is_the_main_one(world: World) -> None:
    second = world.client.make(world.journalpost, DOCUMENT, {"tittel": "Vedlegg"})

    assert world.dokumentbeskrivelse["dokumentnummer"] == 1
    assert world.dokumentbeskrivelse["tilknyttetRegistreringSom"]["kode"] == "H"
    assert second["dokumentnummer"] == 2
    assert second["tilknyttetRegistreringSom"]["kode"] == "V"


@pytest.mark.whole_world
@pytest.mark.krav("M005")
def test_first_version_is_number_zero(world: World) -> None:
    second = world.client.make(world.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", {})

    assert [world.dokumentobjekt["versjonsnummer"], second["versjonsnummer"]] == [0, 1]


@pytest.mark.krav("5.5.14", "Ny-Arkivenhet-1")
def test_parts_are_made_with_the_unit_they_belong_to(world: World) -> None:
    client = world.client

    made = client.make(
        world.saksmappe,
        POST,
        {
            "tittel": "Brevet",
            "korrespondansepartperson": [{"navn": "Kari"}, {"navn": "Ola"}],
            "korrespondansepart": [{"navn": "Firma", "kontaktperson": "Per"}],
            "partperson": [{"navn": "Anne"}],
            "merknad": [{"merknadstekst": "Husk"}],
        },
    )

    parties = client.get(client.link(made, "arkivstruktur/korrespondansepart/")).json()["results"]
    assert {(one["navn"], one["korrespondanseparttype"]["kode"]) for one in parties} == {
        ("Kari", "EA"),
        ("Ola", "EA"),
        ("Firma", "EA"),
    }
    (person,) = client.get(client.link(made, "arkivstruktur/part/")).json()["results"]
    assert client.link(person, "arkivstruktur/partperson/") == client.link(person, "self")
    (remark,) = client.get(client.link(made, "arkivstruktur/merknad/")).json()["results"]
    assert remark["merknadRegistrertAv"] == made["opprettetAv"]


def test_part_of_no_certain_kind_is_refused_with_a_hint(world: World) -> None:
    new = world.client.link(world.klasse, SAK)

    answer = world.client.post(new, {"tittel": "A", "part": [{"navn": "Kari"}]})

    assert refusal_of(answer) == (400, 400)
    assert "partperson / partenhet" in answer.json()["feil"]["beskrivelse"]


@pytest.mark.whole_world
def test_nothing_is_made_when_a_part_is_wrong(world: World) -> None:
    client = world.client
    body = {"tittel": "Halv", "merknad": [{"merknadstekst": "A", "merknadstype": {"kode": "?"}}]}

    answer = client.post(client.link(world.arkivdel, MAPPE), body)

    assert refusal_of(answer) == (400, 400)
    address = client.link(world.arkivdel, "arkivstruktur/mappe/")
    assert sorted(titles(client, address)) == ["Mappen", "Møtet"]


def test_parts_die_with_the_unit_they_belong_to(world: World) -> None:
    client = world.client
    owner = client.make(world.arkivdel, MAPPE, {"tittel": "A", "merknad": [{"merknadstekst": "B"}]})
    (remark,) = client.get(client.link(owner, "arkivstruktur/merknad/")).json()["results"]

    assert client.delete(client.link(owner, "self")).status_code == 204

    assert client.get(client.link(remark, "self")).status_code == 404


@pytest.mark.parametrize(
    ("key", "given", "status"),
    [
        ("personidentifikator", [{"foedselsnummer": "01817000173"}], 201),
        ("personidentifikator", [{"dNummer": "41817000167"}], 201),
        ("personidentifikator", [{"foedselsnummer": "01817000174"}], 400),
        ("personidentifikator", {"foedselsnummer": "01817000173"}, 400),
        ("postadresse", {"poststed": "MOLDE", "postnr": {"kode": "6413"}}, 201),
        ("postadresse", {"poststed": "MOLDE", "landkode": {"kode": "SE"}}, 201),
        ("postadresse", {"postnr": {"kode": "6413"}}, 400),
        ("postadresse", {"poststed": "MOLDE", "postnr": {"kode": "0000"}}, 400),
    ],
)
def test_person_is_checked(world: World, key: str, given: object, status: int) -> None:
    new = world.client.link(world.journalpost, "arkivstruktur/ny-korrespondansepartperson/")

    answer = world.client.post(new, {"navn": "Kari", key: given})

    assert answer.status_code == status, answer.text


def test_country_and_post_office_are_named(world: World) -> None:
    made = world.client.make(
        world.journalpost,
        "arkivstruktur/ny-korrespondansepartperson/",
        {"navn": "Kari", "postadresse": {"poststed": "MOLDE", "postnr": {"kode": "6413"}}},
    )

    assert made["postadresse"] == {
        "poststed": "MOLDE",
        "postnr": {"kode": "6413", "kodenavn": "MOLDE"},
        "landkode": {"kode": "NO", "kodenavn": "Norge"},
    }


@pytest.mark.krav("TG0-18")
def test_put_removes_what_it_leaves_out(world: World) -> None:
    client = world.client
    unit = client.make(
        world.arkivdel,
        MAPPE,
        {"tittel": "A", "beskrivelse": "B", "noekkelord": ["c"], "dokumentmedium": {"kode": "F"}},
    )

    answer = replaced(client, unit, {"tittel": "D"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["tittel"] == "D"
    assert not {"beskrivelse", "noekkelord"} & answer.json().keys()
    assert answer.json()["systemID"] == unit["systemID"]
    assert answer.headers["location"] == client.link(unit, "self")


@pytest.mark.krav("TG0-19")
def test_patch_with_null_removes(world: World) -> None:
    client = world.client
    unit = client.make(world.arkivdel, MAPPE, {"tittel": "A", "beskrivelse": "B"})

    answer = changed(client, unit, {"beskrivelse": None})

    assert answer.status_code == 200, answer.text
    assert "beskrivelse" not in answer.json()
    assert answer.json()["tittel"] == "A"


@pytest.mark.krav("TG0-19")
def test_patch_replaces_lists_as_wholes(world: World) -> None:
    client = world.client
    unit = client.make(world.arkivdel, MAPPE, {"tittel": "A", "noekkelord": ["a", "b"]})

    assert changed(client, unit, {"noekkelord": ["c"]}).json()["noekkelord"] == ["c"]
    assert "noekkelord" not in changed(client, unit, {"noekkelord": []}).json()


SKJERMING = {
    "tilgangsrestriksjon": {"kode": "P"},
    "skjermingshjemmel": "Offentleglova § 13",
    "skjermingMetadata": [{"kode": "NPS"}],
    "skjermingsvarighet": 60,
}


@pytest.mark.krav("6.6.25")
def test_patch_inside_skjerming_keeps_the_rest(world: World) -> None:
    client = world.client
    unit = client.make(world.arkivdel, MAPPE, {"tittel": "A", "skjerming": SKJERMING})

    answer = changed(client, unit, {"skjerming": {"skjermingsvarighet": 1}})

    skjerming = answer.json()["skjerming"]
    assert skjerming["tilgangsrestriksjon"] == {"kode": "P", "kodenavn": "Personalsaker"}
    assert skjerming["skjermingMetadata"] == unit["skjerming"]["skjermingMetadata"]
    assert skjerming["skjermingshjemmel"] == "Offentleglova § 13"
    year = datetime.fromisoformat(unit["opprettetDato"]).year
    assert skjerming["skjermingOpphoererDato"].startswith(str(year + 1))
    assert unit["skjerming"]["skjermingOpphoererDato"].startswith(str(year + 60))


@pytest.mark.parametrize(
    "forged",
    [
        {"gradertAv": "Ingen"},
        {"graderingsdato": "2001-01-01T00:00:00Z"},
        {"referanseGradertAv": UNKNOWN},
        {"nedgradertAv": "Ingen"},
        {"graderingsdato": None},
    ],
    ids=str,
)
def test_stamps_of_a_grading_are_not_the_clients(world: World, forged: Mapping[str, Any]) -> None:
    client = world.client
    unit = client.make(
        world.arkivdel,
        MAPPE,
        {"tittel": "A", "gradering": {"graderingskode": {"kode": "B"}, **forged}},
    )

    answer = changed(client, unit, {"gradering": forged})

    assert unit["gradering"]["gradertAv"] == unit["opprettetAv"]
    assert unit["gradering"]["referanseGradertAv"] == unit["referanseOpprettetAv"]
    assert answer.status_code in (200, 400)
    assert client.refreshed(unit)["gradering"] == unit["gradering"]


def test_changed_grading_is_stamped_anew(world: World) -> None:
    client = world.client
    unit = client.make(
        world.arkivdel, MAPPE, {"tittel": "A", "gradering": {"graderingskode": {"kode": "B"}}}
    )

    answer = changed(client, unit, {"gradering": {"graderingskode": code("F")}})

    assert answer.status_code == 200, answer.text
    gradering = answer.json()["gradering"]
    assert gradering["graderingskode"] == {
        "kode": "F",
        "kodenavn": "Fortrolig (beskyttelsesgrad)",
    }
    assert gradering["graderingsdato"] > unit["gradering"]["graderingsdato"]


def test_grading_and_screening_can_be_removed(world: World) -> None:
    client = world.client
    unit = client.make(
        world.arkivdel,
        MAPPE,
        {
            "tittel": "A",
            "skjerming": SKJERMING,
            "gradering": {"graderingskode": {"kode": "B"}},
        },
    )

    answer = changed(client, unit, {"skjerming": None, "gradering": None})

    assert not {"skjerming", "gradering"} & answer.json().keys()


def test_reference_to_what_does_not_exist_is_refused(world: World) -> None:
    answer = changed(world.client, world.registrering, {"referanseArkivdel": str(uuid4())})

    assert answer.status_code in (400, 409)


def test_reference_to_another_kommunes_unit_is_refused(world: World, log_in: LogIn) -> None:
    neighbour = log_in("administrator@rauma")
    theirs = neighbour.get(f"{neighbour.root}arkivstruktur/arkivdel/").json()["results"][0]

    answer = changed(world.client, world.registrering, {"referanseArkivdel": theirs["systemID"]})

    assert answer.status_code in (400, 409)


def closed_case(world: World) -> Any:
    """Close an empty case by its status."""
    case = world.client.make(world.klasse, SAK, {"tittel": "Ferdig"})
    answer = changed(world.client, case, {"saksstatus": code("A")})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.krav("6.1.6", "6.1.3")
def test_closing_a_case_dates_and_signs_it(world: World) -> None:
    case = closed_case(world)

    assert case["saksstatus"] == {"kode": "A", "kodenavn": "Avsluttet"}
    assert case["avsluttetAv"] == case["opprettetAv"]
    assert case["referanseAvsluttetAv"] == case["referanseOpprettetAv"]
    assert datetime.fromisoformat(case["avsluttetDato"]) <= datetime.now(UTC)


@pytest.mark.krav("5.4.7")
def test_closed_case_offers_and_takes_no_new_units(world: World) -> None:
    client, case = world.client, closed_case(world)
    new = f"{client.link(case, 'self')}ny-journalpost/"

    answers = [
        client.post(new, {"tittel": "For sent"}),
        client.post(new.replace("ny-journalpost", "ny-registrering"), {"tittel": "For sent"}),
        client.post(new.replace("ny-journalpost", "ny-mappe"), {"tittel": "For sent"}),
    ]

    assert [refusal_of(answer) for answer in answers] == [(409, 409)] * 3
    offered = {rel.removeprefix(REL) for rel in case["_links"] if "/ny-" in rel}
    assert {"arkivstruktur/ny-merknad/", "arkivstruktur/ny-partperson/"} <= offered
    assert not {"ny-journalpost", "ny-registrering", "ny-mappe", "ny-presedens"} & {
        rel.split("/")[-2] for rel in offered
    }


@pytest.mark.krav("6.1.13", "6.1.2", "M100")
@pytest.mark.parametrize(
    "patch",
    [
        {"tittel": "Ny"},
        {"dokumentmedium": {"kode": "F", "kodenavn": None}},
        {"saksdato": "2026-01-01+01:00"},
        {"administrativEnhet": "Ny"},
        {"saksansvarlig": "Ny"},
        {"avsluttetDato": None},
        {"avsluttetDato": "2026-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_closed_case_keeps(world: World, patch: Mapping[str, Any]) -> None:
    case = closed_case(world)

    answer = changed(world.client, case, patch)

    assert answer.status_code in (400, 409), answer.text
    assert world.client.refreshed(case) == case


@pytest.mark.krav("6.1.14", "M106 Saksmappe")
def test_closed_case_takes_other_changes(world: World) -> None:
    case = closed_case(world)

    answer = changed(world.client, case, {"beskrivelse": "Lånt ut", "utlaantTil": "Kari"})

    assert answer.status_code == 200, answer.text


@pytest.mark.krav("6.1.17")
def test_closed_case_is_not_deleted(world: World) -> None:
    client = world.client
    case = client.make(world.klasse, SAK, {"tittel": "A", "saksstatus": {"kode": "A"}})

    answer = client.delete(client.link(case, "self"))

    assert case["avsluttetDato"]
    assert refusal_of(answer) == (409, 409)


def test_closing_a_case_dates_its_disposal(world: World) -> None:
    client = world.client
    kassasjon = {"kassasjonsvedtak": {"kode": "K"}, "bevaringstid": 10}
    case = client.make(world.klasse, SAK, {"tittel": "A", "kassasjon": kassasjon})

    answer = changed(client, case, {"saksstatus": code("A")})

    year = datetime.fromisoformat(answer.json()["avsluttetDato"]).year
    assert answer.json()["kassasjon"].get("kassasjonsdato", "")[:4] == str(year + 10)


@pytest.mark.krav("C3.2.19")
@pytest.mark.parametrize("status", ["E", "J", "A", "U"])
def test_entry_that_has_been_journalled_is_not_deleted(world: World, status: str) -> None:
    client = world.client
    body = {
        "tittel": "A",
        "journalposttype": {"kode": "U"},
        "korrespondansepartperson": [{"navn": "Kari"}],
    }
    post = client.make(world.saksmappe, POST, body)
    assert changed(client, post, {"journalstatus": code(status)}).status_code == 200
    back = changed(client, post, {"journalstatus": code("R")})

    answer = client.delete(client.link(post, "self"))

    assert refusal_of(answer) == (409, 409)
    assert back.status_code == (409 if status == "A" else 200)


def archived(world: World) -> Any:
    changed(world.client, world.dokumentbeskrivelse, {"dokumentstatus": code("F")})
    answer = changed(world.client, world.journalpost, {"journalstatus": code("A")})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.whole_world
@pytest.mark.krav("Ny-Registrering-2", "M604", "M605", "C3.2.18")
def test_archiving_dates_and_signs_the_entry(world: World) -> None:
    post = archived(world)

    assert post["arkivertAv"] == post["opprettetAv"]
    assert post["referanseArkivertAv"] == post["referanseOpprettetAv"]
    assert post["journaldato"] == post["arkivertDato"]


@pytest.mark.whole_world
@pytest.mark.krav("M020 Registrering", "M101", "M103", "C3.2.14")
@pytest.mark.parametrize(
    "patch",
    [
        {"tittel": "Ny"},
        {"dokumentmedium": {"kode": "F", "kodenavn": None}},
        {"referanseArkivdel": None},
        {"journaldato": "2026-01-01+01:00"},
        {"dokumentetsDato": "2026-01-01+01:00"},
        {"journalstatus": {"kode": "J", "kodenavn": None}},
        {"arkivertDato": None},
    ],
    ids=str,
)
def test_archived_entry_keeps(world: World, patch: Mapping[str, Any]) -> None:
    post = archived(world)

    answer = changed(world.client, post, patch)

    assert answer.status_code in (400, 409), answer.text
    assert world.client.refreshed(post) == post


@pytest.mark.whole_world
@pytest.mark.krav("C3.2.16", "C3.2.17")
def test_archived_entry_takes_no_documents_and_is_not_deleted(world: World) -> None:
    client, new = world.client, world.client.link(world.journalpost, DOCUMENT)
    post = archived(world)

    answers = [client.post(new, {"tittel": "Ny"}), client.delete(client.link(post, "self"))]

    assert [refusal_of(answer) for answer in answers] == [(409, 409)] * 2
    assert REL + DOCUMENT not in post["_links"]


@pytest.mark.whole_world
def test_archived_entry_takes_remarks_and_descriptions(world: World) -> None:
    post = archived(world)

    answer = changed(world.client, post, {"beskrivelse": "Lest"})

    assert answer.status_code == 200
    assert world.client.make(post, "arkivstruktur/ny-merknad/", {"merknadstekst": "Lest"})


@pytest.mark.krav("5.2.19", "5.2.22", "M020 Arkivdel")
def test_closed_period_takes_no_more(world: World) -> None:
    client = world.client
    arkivdel = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Tom"})
    addresses = [client.link(arkivdel, rel) for rel in (MAPPE, REGISTRERING, SAK)]
    closed = changed(client, arkivdel, {"arkivdelstatus": code("P")})

    answers = [client.post(address, {"tittel": "For sent"}) for address in addresses]

    assert closed.json()["avsluttetDato"] == closed.json()["arkivperiodeSluttDato"]
    assert [refusal_of(answer) for answer in answers] == [(409, 409)] * 3
    assert refusal_of(client.delete(client.link(arkivdel, "self"))) == (409, 409)
    assert refusal_of(changed(client, arkivdel, {"tittel": "Ny"})) == (409, 409)


@pytest.mark.krav("5.2.4")
def test_closed_arkiv_takes_no_more(world: World) -> None:
    client = world.client
    closed = changed(client, world.arkiv, {"arkivstatus": code("A")})

    answer = client.post(client.link(world.arkiv, "arkivstruktur/ny-arkivdel/"), {"tittel": "A"})

    assert closed.status_code == 200
    assert refusal_of(answer) == (409, 409)


@pytest.mark.krav("C2.4.5")
def test_closed_klasse_takes_no_more(world: World) -> None:
    client = world.client
    closed = changed(client, world.klasse, {"avsluttetDato": "2026-01-01T00:00:00+01:00"})

    answer = client.post(client.link(world.klasse, SAK), {"tittel": "A"})

    assert closed.json()["avsluttetAv"] == world.klasse["opprettetAv"]
    assert refusal_of(answer) == (409, 409)


@pytest.mark.whole_world
def test_arkivdel_has_one_system(world: World) -> None:
    client = world.client
    address = f"{client.link(world.arkivdel, 'self')}ny-klassifikasjonssystem/"

    answer = client.post(address, {"tittel": "Et til"})

    assert refusal_of(answer) == (409, 409)
    offered = client.refreshed(world.arkivdel)["_links"]
    assert f"{REL}arkivstruktur/ny-klassifikasjonssystem/" not in offered


@pytest.mark.whole_world
def test_class_code_is_unique_in_its_system(world: World) -> None:
    new = world.client.link(world.klassifikasjonssystem, "arkivstruktur/ny-klasse/")

    answer = world.client.post(new, {"klasseID": "L42", "tittel": "En til"})

    assert refusal_of(answer) == (409, 409)


@pytest.mark.krav("5.4.5", "5.4.19")
def test_links_to_the_same_kind_are_there_when_they_lead_somewhere(world: World) -> None:
    client = world.client
    before = client.refreshed(world.mappe)["_links"]

    inner = client.make(world.mappe, MAPPE, {"tittel": "Indre"})

    after = client.refreshed(world.mappe)["_links"]
    assert f"{REL}arkivstruktur/undermappe/" not in before
    assert f"{REL}arkivstruktur/undermappe/" in after
    assert f"{REL}arkivstruktur/overmappe/" not in after
    assert inner["referanseForelderMappe"] == world.mappe["systemID"]
    assert client.get(client.link(inner, "arkivstruktur/overmappe/")).json() == client.refreshed(
        world.mappe
    )


def test_etag_changes_when_links_do(world: World) -> None:
    client = world.client
    before = client.etag(world.mappe)

    client.make(world.mappe, MAPPE, {"tittel": "Indre"})

    assert client.etag(world.mappe) != before


def logged(service: Service, unit: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read a unit's lines of the log as the database's owner, in Molde."""

    async def fetch() -> list[dict[str, Any]]:
        url = service.settings.database_owner_url or ""
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
        try:
            tenant = await connection.fetchval("SELECT id FROM kommune WHERE slug = 'molde'")
            await connection.execute(f"SELECT set_config('app.tenant_id', '{tenant}', false)")
            rows = await connection.fetch(
                "SELECT * FROM endringslogg WHERE referanse_arkivenhet = $1"
                " ORDER BY endret_dato, referanse_metadata",
                unit["systemID"],
            )
        finally:
            await connection.close()
        return [dict(row) for row in rows]

    return asyncio.run(fetch())


STAMPS = {"endretDato", "endretAv", "referanseEndretAv"}


def events(rows: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None, str | None]]:
    """Tell what happened, beside the stamps that every change brings with it."""
    return [
        (row["hendelsetype"], row["referanse_metadata"], row["tidligere_verdi"], row["ny_verdi"])
        for row in rows
        if row["referanse_metadata"] not in STAMPS
    ]


@pytest.mark.krav("6.1.14")
def test_making_changing_and_deleting_are_logged(world: World, service: Service) -> None:
    client = world.client
    unit = client.make(world.arkivdel, MAPPE, {"tittel": "Før", "beskrivelse": "Borte"})
    patch = {"tittel": "Etter", "beskrivelse": None, "noekkelord": ["a", "b"]}
    assert changed(client, unit, patch).status_code == 200
    assert client.delete(client.link(unit, "self")).status_code == 204

    rows = logged(service, unit)

    assert events(rows) == [
        ("C", None, None, None),
        ("U", "beskrivelse", "Borte", None),
        ("U", "noekkelord", None, "a; b"),
        ("U", "tittel", "Før", "Etter"),
        ("D", None, "Etter", None),
    ]
    assert {row["type"] for row in rows} == {"mappe"}
    assert {row["endret_av"] for row in rows} == {unit["opprettetAv"]}
    assert {str(row["referanse_endret_av"]) for row in rows} == {unit["referanseOpprettetAv"]}


def test_what_the_core_changes_is_logged_too(world: World, service: Service) -> None:
    case = closed_case(world)

    rows = logged(service, case)

    assert {row["referanse_metadata"] for row in rows if row["hendelsetype"] == "U"} >= {
        "saksstatus",
        "avsluttetDato",
        "avsluttetAv",
    }


def test_change_of_nothing_is_not_logged(world: World, service: Service) -> None:
    replaced(world.client, world.mappe, world.client.refreshed(world.mappe))
    changed(world.client, world.mappe, {"tittel": world.mappe["tittel"]})

    assert events(logged(service, world.mappe)) == [("C", None, None, None)]


def test_refused_writes_are_not_logged(world: World, service: Service) -> None:
    changed(world.client, world.mappe, {"tittel": "A", "dokumentmedium": {"kode": "?"}})

    assert events(logged(service, world.mappe)) == [("C", None, None, None)]


def test_parts_made_inside_are_logged(world: World, service: Service) -> None:
    client = world.client
    owner = client.make(world.arkivdel, MAPPE, {"tittel": "A", "partperson": [{"navn": "B"}]})
    (part,) = client.get(client.link(owner, "arkivstruktur/part/")).json()["results"]

    assert events(logged(service, part)) == [("C", None, None, None)]


def test_log_is_read_by_nobody_who_has_not_said_which_kommune(service: Service) -> None:
    async def count() -> int:
        url = service.settings.database_url or ""
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
        try:
            return int(await connection.fetchval("SELECT count(*) FROM endringslogg"))
        finally:
            await connection.close()

    assert asyncio.run(count()) == 0


def send(client: Client, unit: Mapping[str, Any], data: bytes, kind: str) -> httpx.Response:
    return client.request(
        "POST",
        client.link(unit, "arkivstruktur/fil/"),
        content=data,
        headers={"Content-Type": kind},
    )


def test_second_file_is_refused(world: World) -> None:
    client = world.client

    answers = [send(client, world.dokumentobjekt, b"a", "text/plain") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[0].json()["referanseDokumentfil"] == client.link(
        answers[0].json(), "arkivstruktur/fil/"
    )


def test_file_is_not_referred_to_before_it_is_there(world: World) -> None:
    assert "referanseDokumentfil" not in world.dokumentobjekt


@pytest.mark.krav("TG0-24", "M705", "M707")
@pytest.mark.parametrize(
    "announced", [{"sjekksum": "00" * 32}, {"filstoerrelse": 2}, {"mimeType": "image/png"}]
)
def test_file_that_is_not_as_announced_is_refused(
    world: World, announced: Mapping[str, Any]
) -> None:
    client = world.client
    unit = client.make(world.dokumentbeskrivelse, "arkivstruktur/ny-dokumentobjekt/", announced)

    assert refusal_of(send(client, unit, b"a", "text/plain")) == (400, 400)


@pytest.mark.krav("TG0-24")
def test_download_is_as_accepted(world: World) -> None:
    client = world.client
    made = send(client, world.dokumentobjekt, "Journalført".encode(), "text/plain").json()
    address = client.link(made, "arkivstruktur/fil/")

    answers = [
        client.get(address, headers={"Accept": accept})
        for accept in ("*/*", "text/plain", "image/png")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 406]
    assert answers[0].content.decode() == "Journalført"


def test_too_large_a_file_is_forbidden(world: World) -> None:
    answer = send(world.client, world.dokumentobjekt, b"a" * 5_000_001, "text/plain")

    assert refusal_of(answer) == (403, 403)


@pytest.mark.krav("TG0-08")
def test_norwegian_letters_are_utf_8(world: World) -> None:
    answer = world.client.get(world.client.link(world.journalpost, "self"))

    assert "Journalført".encode() in answer.content
    assert json.loads(answer.content)["journalstatus"]["kodenavn"] == "Journalført"
