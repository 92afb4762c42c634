"""What is screened is not shown, found, ordered by or searched out by those without clearance."""

from typing import Any

import pytest
from tests.conftest import REL, Client, LogIn, World

SECRET = "Varsel om Solveig Hemmeligsen"


def screened(*codes: str, **more: Any) -> dict[str, Any]:
    return {
        "skjerming": {
            "tilgangsrestriksjon": {"kode": "6"},
            "skjermingMetadata": [{"kode": code} for code in codes],
            **more,
        }
    }


@pytest.fixture
def leser(log_in: LogIn) -> Client:
    return log_in("leser@molde")


def case(world: World, *codes: str, **more: Any) -> Any:
    body = {"tittel": SECRET, **screened(*codes, **more.pop("until", {})), **more}
    return world.client.make(world.klasse, "sakarkiv/ny-saksmappe/", body)


def listed(client: Client, unit: Any, **query: str) -> list[Any]:
    """Give what a query finds among the saksmapper, of this one unit."""
    package = client.follow("sakarkiv/")
    this = f"systemID eq '{unit['systemID']}'"
    narrowed = {**query, "filter": f"{this} and ({query['filter']})" if "filter" in query else this}
    found = client.get(
        client.link(package, "sakarkiv/saksmappe/"),
        params={f"${name}": value for name, value in narrowed.items()},
    )
    assert found.status_code == 200, found.text
    results: list[Any] = found.json().get("results", [])
    return results


@pytest.mark.parametrize("code", ["TMO", "M"])
def test_screened_title_is_masked(world: World, leser: Client, code: str) -> None:
    unit = case(world, code)

    seen = leser.refreshed(unit)

    assert seen["tittel"] == "*****"
    assert world.client.refreshed(unit)["tittel"] == SECRET


def test_public_title_is_shown_instead(world: World, leser: Client) -> None:
    unit = case(world, "TMO", offentligTittel="Varsel om *****")

    assert leser.refreshed(unit)["tittel"] == "Varsel om *****"


def test_other_codes_leave_the_title(world: World, leser: Client) -> None:
    unit = case(world, "NPS")

    assert leser.refreshed(unit)["tittel"] == SECRET


def test_lapsed_screening_hides_nothing(world: World, leser: Client) -> None:
    unit = case(world, "TMO", until={"skjermingsvarighet": 0})

    assert leser.refreshed(unit)["tittel"] == SECRET


@pytest.mark.parametrize(
    "query",
    [
        {"filter": f"tittel eq '{SECRET}'"},
        {"filter": "contains(tittel, 'Hemmeligsen')"},
        {"filter": "startswith(tolower(tittel), 'varsel om solveig')"},
        {"filter": "length(tittel) gt 10"},
        {"filter": "tittel ge 'V' and tittel lt 'W'"},
        {"filter": "tittel in ('x', 'Varsel om Solveig Hemmeligsen')"},
        {"filter": "registrering/any(r: r/mappe/tittel eq 'Varsel om Solveig Hemmeligsen')"},
        {"search": "Hemmeligsen"},
    ],
)
def test_screened_title_is_not_asked_out(world: World, leser: Client, query: Any) -> None:
    unit = case(world, "TMO")
    world.client.make(unit, "sakarkiv/ny-journalpost/", {"tittel": "Brev"})

    assert listed(world.client, unit, **query)
    assert not listed(leser, unit, **query)


def test_order_does_not_tell_of_screened_titles(world: World, leser: Client) -> None:
    client = world.client
    prefix = f"Rekke {world.klasse['systemID']}"
    for name, codes in (("B", ()), ("A", ("TMO",)), ("C", ())):
        body = {"tittel": f"{prefix} {name}", **(screened(*codes) if codes else {})}
        client.make(world.klasse, "sakarkiv/ny-saksmappe/", body)
    klasse = client.refreshed(world.klasse)

    def titles(caller: Client, order: str) -> list[str]:
        answer = caller.get(client.link(klasse, "arkivstruktur/mappe/"), params={"$orderby": order})
        found = (one["tittel"].removeprefix(prefix).strip() for one in answer.json()["results"])
        return [one for one in found if one in {"A", "B", "C", "*****"}]

    assert titles(client, "tittel") == ["A", "B", "C"]
    assert titles(leser, "tittel") == ["*****", "B", "C"]
    assert titles(leser, "tittel desc") == ["C", "B", "*****"]


@pytest.mark.parametrize(
    ("code", "rel", "role", "name"),
    [
        ("NPS", "ny-partperson", "part", "navn"),
        ("MT", "ny-merknad", "merknad", "merknadstekst"),
    ],
)
def test_parts_are_screened_by_their_owner(
    world: World, leser: Client, code: str, rel: str, role: str, name: str
) -> None:
    client, unit = world.client, case(world, code)
    made = client.make(unit, f"arkivstruktur/{rel}/", {name: "Ragnfrid"})
    query = {"filter": f"{role}/any(x: x/{'Default.PartPerson/' if role == 'part' else ''}{name}"}

    asked = {"filter": f"{query['filter']} eq 'Ragnfrid')"}

    assert leser.refreshed(made)[name] == "*****"
    assert listed(client, unit, **asked)
    assert not listed(leser, unit, **asked)
    assert not listed(leser, unit, search="Ragnfrid")
    expanded = leser.get(client.link(unit, "self"), params={"$expand": role}).json()
    assert expanded[role][0][name] == "*****"


@pytest.mark.parametrize("code", ["NA", "NM"])
def test_correspondents_are_screened_by_their_entry(world: World, leser: Client, code: str) -> None:
    client = world.client
    post = client.make(
        world.saksmappe,
        "sakarkiv/ny-journalpost/",
        {
            "tittel": "Brev",
            **screened(code),
            "korrespondansepartperson": [{"navn": "Solveig", "postadresse": {"poststed": "Molde"}}],
        },
    )

    (seen,) = leser.get(client.link(post, "arkivstruktur/korrespondansepart/")).json()["results"]

    assert seen["navn"] == "*****"
    assert "postadresse" not in seen


@pytest.mark.parametrize("code", ["M", "NPS"])
def test_personal_numbers_are_screened_with_the_names(
    world: World, leser: Client, code: str
) -> None:
    client, unit = world.client, case(world, code)
    number = {"foedselsnummer": "01817000173"}
    made = client.make(unit, "arkivstruktur/ny-foedselsnummer/", number)
    asked = {"filter": "foedselsnummer/any(f: f/foedselsnummer eq '01817000173')"}

    assert leser.refreshed(made)["foedselsnummer"] == "*****"
    assert listed(client, unit, **asked)
    assert not listed(leser, unit, **asked)


def test_what_is_not_assessed_yet_is_hidden_in_every_part(world: World, leser: Client) -> None:
    client, unit, navn = world.client, case(world, "M"), world.virksomhetsspesifikkeMetadata["navn"]
    fields = {"virksomhetsspesifikkeMetadata": {navn: "Solveig"}}
    part = client.make(unit, "arkivstruktur/ny-partperson/", {"navn": "Solveig", **fields})
    plan = client.make(unit, "arkivstruktur/ny-plan/", {"planidentifikasjon": "202604"})
    post = client.make(unit, "sakarkiv/ny-journalpost/", {"tittel": "Brev", **fields})
    flow = {"flytTil": "Ola", "flytMerknad": "Gjelder Solveig"}
    sent = client.make(post, "sakarkiv/ny-dokumentflyt/", flow)

    seen = [leser.refreshed(one) for one in (part, plan, post, sent)]

    assert all("virksomhetsspesifikkeMetadata" not in one for one in seen)
    assert seen[1]["planidentifikasjon"] == "*****"
    assert "flytMerknad" not in seen[3]
    assert not listed(leser, unit, search="202604")
    assert not listed(leser, unit, filter="plan/any(p: p/planidentifikasjon eq '202604')")


def file_of(world: World, screening: Any, variant: str = "P") -> Any:
    """Make a document with a screening and a file, and give the dokumentobjekt."""
    client = world.client
    document = client.make(
        world.journalpost, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": SECRET, **screening}
    )
    unit = client.make(
        document,
        "arkivstruktur/ny-dokumentobjekt/",
        {"variantformat": {"kode": variant}, "filnavn": f"{SECRET}.txt"},
    )
    sent = client.request(
        "POST",
        client.link(unit, "arkivstruktur/fil/"),
        content=SECRET.encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert sent.status_code == 201, sent.text
    return sent.json()


@pytest.mark.krav("6.6.26")
@pytest.mark.parametrize(
    "screening",
    [
        screened("M"),
        screened("TD", skjermingDokument={"kode": "H"}),
        screened("TD", skjermingDokument={"kode": "D"}),
    ],
)
def test_file_of_a_screened_document_is_not_there(
    world: World, leser: Client, screening: Any
) -> None:
    unit = file_of(world, screening)

    seen, fetched = leser.refreshed(unit), leser.get(unit["referanseDokumentfil"])

    assert fetched.status_code == 404
    assert not {"filnavn", "referanseDokumentfil"} & seen.keys()
    assert f"{REL}arkivstruktur/fil/" not in seen["_links"]
    assert world.client.get(unit["referanseDokumentfil"]).text == SECRET


@pytest.mark.parametrize(
    ("screening", "variant"),
    [
        (screened("TD", skjermingDokument={"kode": "D"}), "O"),
        (screened("TD"), "P"),
        (screened("TD", skjermingsvarighet=0, skjermingDokument={"kode": "H"}), "P"),
    ],
)
def test_file_is_there_when_nothing_in_it_is_screened(
    world: World, leser: Client, screening: Any, variant: str
) -> None:
    unit = file_of(world, screening, variant)

    answer = leser.get(leser.link(leser.refreshed(unit), "arkivstruktur/fil/"))

    assert answer.status_code == 200
    assert answer.text == SECRET


def test_name_of_a_file_is_screened_as_the_title(world: World, leser: Client) -> None:
    unit = file_of(world, screened("TD"))
    package = leser.follow("arkivstruktur/")

    answer = leser.get(unit["referanseDokumentfil"])
    found = [
        leser.get(leser.link(package, "arkivstruktur/dokumentobjekt/"), params=query).json()
        for query in (
            {"$filter": f"filnavn eq '{SECRET}.txt' and systemID eq {unit['systemID']}"},
            {"$search": "Hemmeligsen", "$filter": f"systemID eq {unit['systemID']}"},
        )
    ]

    assert answer.headers["content-disposition"] == "attachment"
    assert [one["count"] for one in found] == [0, 0]


@pytest.mark.krav("6.6.26")
def test_screening_is_taken_over_and_can_be_given_anew(world: World, leser: Client) -> None:
    client, unit = world.client, case(world, "TMO", "TRO", "TD")
    post = client.make(unit, "sakarkiv/ny-journalpost/", {"tittel": "Brev om Solveig"})
    document = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Om Solveig"})
    other = client.make(
        unit, "sakarkiv/ny-journalpost/", {"tittel": "Åpent brev", **screened("NA")}
    )

    assert post["skjerming"] == unit["skjerming"] == document["skjerming"]
    assert [leser.refreshed(one)["tittel"] for one in (post, document, other)] == [
        "*****",
        "*****",
        "Åpent brev",
    ]


def test_klasse_is_screened_by_its_own_codes(world: World, leser: Client) -> None:
    client = world.client
    klasse = client.make(
        world.klassifikasjonssystem,
        "arkivstruktur/ny-klasse/",
        {"klasseID": "01017012345", "tittel": "Solveig", **screened("KID", "TKL")},
    )

    seen = leser.refreshed(klasse)

    assert (seen["klasseID"], seen["tittel"]) == ("*****", "*****")


@pytest.mark.parametrize("role", ["saksbehandler", "leder", "arkivar", "administrator"])
def test_those_who_do_the_casework_see_what_is_screened(
    world: World, log_in: LogIn, role: str
) -> None:
    unit = case(world, "M")

    assert log_in(f"{role}@molde").refreshed(unit)["tittel"] == SECRET
