"""Every kode of a screening, by every way of reading, for who is cleared and who is not (M502)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.api.test_screening import screened
from tests.conftest import Client, LogIn, Service, World

LINE = "Varsel om tilsyn"
WORD = "Hemmeligsen"
MASKED = "*****"
ADDRESS = {"postadresse": {"adresselinje1": WORD, "poststed": "Molde"}}


@dataclass(frozen=True)
class Hidden:
    """What a kode hides: of which unit, which field, and what is shown instead."""

    code: str
    unit: str
    field: str
    shown: Any = MASKED
    asked: str = ""
    """How a filter asks for the secret; the field itself, if nothing is said."""


HIDDEN = (
    Hidden("KID", "klasse", "klasseID"),
    Hidden("TKL", "klasse", "tittel"),
    Hidden("TM1", "saksmappe", "tittel", f"{LINE}\n{MASKED}"),
    Hidden("TMO", "saksmappe", "tittel"),
    Hidden("TR1", "journalpost", "tittel", f"{LINE}\n{MASKED}"),
    Hidden("TRO", "journalpost", "tittel"),
    Hidden("TD", "dokumentbeskrivelse", "tittel"),
    Hidden("TD", "dokumentobjekt", "filnavn", None),
    Hidden("NPS", "partperson", "navn"),
    Hidden("NPS", "foedselsnummer", "foedselsnummer"),
    Hidden("AD", "partperson", "postadresse", None, "postadresse/adresselinje1"),
    Hidden("NA", "korrespondansepartperson", "navn"),
    Hidden("NM", "korrespondansepartperson", "navn"),
    Hidden("AD", "korrespondansepartperson", "postadresse", None, "postadresse/adresselinje1"),
    Hidden("MT", "merknad", "merknadstekst"),
    Hidden("TMO", "presedens", "tittel"),
    Hidden("TD", "konvertering", "konverteringskommentar", None),
    *(
        Hidden("M", unit, field, shown)
        for unit, field, shown in (
            ("klasse", "tittel", MASKED),
            ("saksmappe", "tittel", MASKED),
            ("saksmappe", "beskrivelse", None),
            ("journalpost", "tittel", MASKED),
            ("journalpost", "beskrivelse", None),
            ("dokumentbeskrivelse", "tittel", MASKED),
            ("dokumentobjekt", "filnavn", None),
            ("partperson", "navn", MASKED),
            ("korrespondansepartperson", "navn", MASKED),
            ("merknad", "merknadstekst", MASKED),
            ("presedens", "tittel", MASKED),
            ("konvertering", "konverteringskommentar", None),
        )
    ),
)
CODES = sorted({one.code for one in HIDDEN})
LISTED = {
    "klasse": "arkivstruktur",
    "saksmappe": "sakarkiv",
    "journalpost": "sakarkiv",
    "dokumentbeskrivelse": "arkivstruktur",
    "dokumentobjekt": "arkivstruktur",
    "presedens": "sakarkiv",
}
"""The units that their package lists; the others are listed by what they belong to."""
OWNERS = {
    "partperson": ("saksmappe", "part", "Default.PartPerson/"),
    "foedselsnummer": ("saksmappe", "foedselsnummer", ""),
    "korrespondansepartperson": (
        "journalpost",
        "korrespondansepart",
        "Default.KorrespondansepartPerson/",
    ),
    "merknad": ("saksmappe", "merknad", ""),
    "konvertering": ("dokumentobjekt", "konvertering", ""),
}


@pytest.fixture(scope="module")
def cleared(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, "administrator@molde", "molde")


@pytest.fixture(scope="module")
def leser(http: httpx.Client, service: Service) -> Client:
    return Client(http, service, "leser@molde", "molde")


@pytest.fixture(scope="module")
def trees(cleared: Client) -> Mapping[str, Mapping[str, Any]]:
    """A whole branch for each kode, screened from its klasse down after all of it was made."""
    world = World(cleared)
    return {code: branch(world, number, code) for number, code in enumerate(CODES)}


def secret_of(unit: str) -> str:
    return f"{LINE}\n{WORD}{unit}"


def branch(world: World, number: int, code: str) -> Mapping[str, Any]:
    make = world.client.make

    def texts(unit: str) -> dict[str, str]:
        return {"tittel": secret_of(unit), "beskrivelse": secret_of(unit)}

    def person(unit: str) -> dict[str, Any]:
        return {"navn": secret_of(unit), **ADDRESS}

    klasse = make(
        world.klassifikasjonssystem,
        "arkivstruktur/ny-klasse/",
        {**texts("klasse"), "klasseID": f"{WORD}{number}"},
    )
    case = make(klasse, "sakarkiv/ny-saksmappe/", texts("saksmappe"))
    post = make(case, "sakarkiv/ny-journalpost/", texts("journalpost"))
    document = make(post, "arkivstruktur/ny-dokumentbeskrivelse/", texts("dokumentbeskrivelse"))
    named_file = {"filnavn": f"{WORD}dokumentobjekt", "variantformat": {"kode": "P"}}
    file = make(document, "arkivstruktur/ny-dokumentobjekt/", named_file)
    number_of = {"foedselsnummer": "01817000173"}
    ruling = {"tittel": secret_of("presedens"), "rettskildefaktor": "Praksis"}
    units = {
        "klasse": klasse,
        "saksmappe": case,
        "journalpost": post,
        "dokumentbeskrivelse": document,
        "dokumentobjekt": file,
        "partperson": make(case, "arkivstruktur/ny-partperson/", person("partperson")),
        "foedselsnummer": make(case, "arkivstruktur/ny-foedselsnummer/", number_of),
        "korrespondansepartperson": make(
            post,
            "arkivstruktur/ny-korrespondansepartperson/",
            person("korrespondansepartperson"),
        ),
        "merknad": make(case, "arkivstruktur/ny-merknad/", {"merknadstekst": secret_of("merknad")}),
        "presedens": make(case, "sakarkiv/ny-presedens/", ruling),
        "konvertering": make(
            file,
            "arkivstruktur/ny-konvertering/",
            {"konverteringskommentar": secret_of("konvertering")},
        ),
    }
    answer = world.client.patch(
        world.client.link(klasse, "self"), screened(code), headers={"If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text
    return units


def named(one: Hidden) -> str:
    return f"{one.code}-{one.unit}-{one.field}"


each = pytest.mark.parametrize("hidden", HIDDEN, ids=named)
Trees = Mapping[str, Mapping[str, Any]]


def value(client: Client, unit: Any, hidden: Hidden, **query: str) -> Any:
    found = client.get(client.link(unit, "self"), params={f"${k}": v for k, v in query.items()})
    assert found.status_code == 200, found.text
    return found.json().get(hidden.field)


@each
def test_read_by_itself(trees: Trees, cleared: Client, leser: Client, hidden: Hidden) -> None:
    unit = trees[hidden.code][hidden.unit]

    assert value(leser, unit, hidden) == hidden.shown
    assert value(cleared, unit, hidden) == unit[hidden.field]


@each
def test_read_by_its_field_alone(trees: Trees, leser: Client, hidden: Hidden) -> None:
    unit = trees[hidden.code][hidden.unit]

    assert value(leser, unit, hidden, select=hidden.field) == hidden.shown


@each
def test_no_way_of_reading_gives_the_secret(trees: Trees, leser: Client, hidden: Hidden) -> None:
    """Neither in the list it is in, nor inside what it belongs to."""
    units = trees[hidden.code]
    unit = units[hidden.unit]
    owner, role, _ = OWNERS.get(hidden.unit, ("", "", ""))
    address, params = leser.link(unit, "self"), {}
    if owner:
        address, params = leser.link(units[owner], "self"), {"$expand": role}
    elif hidden.unit in LISTED:
        package = leser.follow(f"{LISTED[hidden.unit]}/")
        address = leser.link(package, f"{LISTED[hidden.unit]}/{hidden.unit}/")
        params = {"$filter": f"systemID eq {unit['systemID']}"}

    answer = leser.get(address, params=params)
    found = answer.json()
    inside = found[role] if owner else found["results"]
    (shown,) = [one for one in inside if one["systemID"] == unit["systemID"]]

    assert shown.get(hidden.field) == hidden.shown


def asking(units: Mapping[str, Any], hidden: Hidden, condition: str) -> tuple[str, str, str]:
    """Give the package, the list and the filter that ask for a unit by what is hidden."""
    owner, role, cast = OWNERS.get(hidden.unit, (hidden.unit, "", ""))
    field = hidden.asked or hidden.field
    asked = condition.format(f"x/{cast}{field}" if role else field)
    whole = f"{role}/any(x: {asked})" if role else asked
    return LISTED[owner], owner, f"systemID eq {units[owner]['systemID']} and {whole}"


def count(client: Client, package: str, listed: str, query: Mapping[str, str]) -> int:
    address = client.link(client.follow(f"{package}/"), f"{package}/{listed}/")
    answer = client.get(address, params=query)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["count"])


@each
@pytest.mark.parametrize("condition", ["contains({0}, '{1}')", "{0} ne null and length({0}) gt 5"])
def test_asked_out_by_nobody(
    trees: Trees, cleared: Client, leser: Client, hidden: Hidden, condition: str
) -> None:
    part = "01817" if hidden.unit == "foedselsnummer" else WORD
    units = trees[hidden.code]
    package, listed, asked = asking(units, hidden, condition.replace("{1}", part))

    found = [count(one, package, listed, {"$filter": asked}) for one in (cleared, leser)]

    assert found == [1, 0]


@pytest.mark.parametrize("hidden", [one for one in HIDDEN if one.unit in LISTED], ids=named)
def test_searched_out_by_nobody(
    trees: Trees, cleared: Client, leser: Client, hidden: Hidden
) -> None:
    unit = trees[hidden.code][hidden.unit]
    word = unit["klasseID"] if hidden.field == "klasseID" else f"{WORD}{hidden.unit}"
    query = {"$search": word, "$filter": f"systemID eq {unit['systemID']}"}

    found = [count(one, LISTED[hidden.unit], hidden.unit, query) for one in (cleared, leser)]

    assert found == [1, 0]


@pytest.mark.parametrize("hidden", [one for one in HIDDEN if one.unit in LISTED], ids=named)
@pytest.mark.parametrize("way", ["asc", "desc"])
def test_order_tells_nothing(trees: Trees, leser: Client, hidden: Hidden, way: str) -> None:
    """What is screened comes last or first of all, as what is not there does."""
    unit, package = trees[hidden.code][hidden.unit], LISTED[hidden.unit]
    others = [one[hidden.unit]["systemID"] for one in trees.values()]
    known = " or ".join(f"systemID eq {one}" for one in others)
    address = leser.link(leser.follow(f"{package}/"), f"{package}/{hidden.unit}/")

    answer = leser.get(
        address, params={"$filter": known, "$orderby": f"{hidden.field} {way}", "$top": "50"}
    )
    order = [one["systemID"] for one in answer.json()["results"]]
    absent = [
        one for one in answer.json()["results"] if MASKED in str(one.get(hidden.field, MASKED))
    ]
    edge = order[: len(absent)] if way == "asc" else order[-len(absent) :]

    assert unit["systemID"] in edge


@pytest.mark.parametrize("role", ["leser", "saksbehandler", "leder", "arkivar", "administrator"])
def test_who_may_read_the_log_is_cleared(log_in: LogIn, trees: Trees, role: str) -> None:
    """It tells earlier values."""
    unit = trees["M"]["saksmappe"]
    client = log_in(f"{role}@molde")
    address = f"{client.link(unit, 'self')}endringslogg/"

    may_log = client.get(address).status_code == 200

    assert not may_log or client.refreshed(unit)["tittel"].startswith(LINE)
