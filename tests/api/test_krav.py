"""Requirements of the standard that no other test proves: structure, closing, who may, and logs."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.conftest import REL, Client, LogIn, Service, World, build_world

MAPPE, SAK = "arkivstruktur/ny-mappe/", "sakarkiv/ny-saksmappe/"
REGISTRERING, POST = "arkivstruktur/ny-registrering/", "sakarkiv/ny-journalpost/"
ARKIVDEL, ARKIV = "arkivstruktur/ny-arkivdel/", "arkivstruktur/ny-arkiv/"
DOCUMENT, OBJEKT = "arkivstruktur/ny-dokumentbeskrivelse/", "arkivstruktur/ny-dokumentobjekt/"
SYSTEM, KLASSE = "arkivstruktur/ny-klassifikasjonssystem/", "arkivstruktur/ny-klasse/"
ENHET, BRUKER = "admin/ny-administrativenhet/", "admin/ny-bruker/"

SKJERMING = {
    "tilgangsrestriksjon": {"kode": "P"},
    "skjermingshjemmel": "Offentleglova § 13",
    "skjermingMetadata": [{"kode": "TM1"}],
    "skjermingsvarighet": 5,
}
KASSASJON = {
    "kassasjonsvedtak": {"kode": "K"},
    "kassasjonshjemmel": "Bevarings- og kassasjonsplanen",
    "bevaringstid": 10,
}


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    """A world that the tests of this file share: they add to it, and change only their own."""
    return build_world(Client(http, service, "administrator@molde", "molde"))


def changed(client: Client, unit: Mapping[str, Any], patch: Mapping[str, Any]) -> httpx.Response:
    """Send a merge patch for the unit as it is now."""
    here = client.link(unit, "self")
    return client.patch(here, patch, headers={"If-Match": client.etag(unit)})


def ids(client: Client, owner: Mapping[str, Any], rel: str) -> set[str]:
    """Give the systemIDs of the units that a relation leads to."""
    found = client.get(client.link(client.refreshed(owner), rel)).json()
    return {unit["systemID"] for unit in found.get("results", ())}


def parents(unit: Mapping[str, Any], *names: str) -> list[str]:
    """List which of some relations a unit has."""
    return [name for name in names if f"{REL}arkivstruktur/{name}/" in unit["_links"]]


@pytest.mark.krav("5.2.1", "5.2.2")
def test_arkivskaper_has_many_arkiv_and_an_arkiv_many_arkivskaper(ours: World) -> None:
    client = ours.client
    other = {"arkivskaperID": "2", "arkivskaperNavn": "En til"}

    arkiv = client.make(ours.arkivskaper, ARKIV, {"tittel": "Det andre"})
    skaper = client.make(arkiv, "arkivstruktur/ny-arkivskaper/", other)

    held = ids(client, ours.arkivskaper, "arkivstruktur/arkiv/")
    assert held >= {ours.arkiv["systemID"], arkiv["systemID"]}
    assert ids(client, arkiv, "arkivstruktur/arkivskaper/") == {
        ours.arkivskaper["systemID"],
        skaper["systemID"],
    }


@pytest.mark.krav("5.2.3")
def test_arkiv_has_many_arkivdeler_and_each_has_one_arkiv(ours: World) -> None:
    client = ours.client

    made = client.make(ours.arkiv, ARKIVDEL, {"tittel": "Neste periode"})

    assert ids(client, ours.arkiv, "arkivstruktur/arkivdel/") >= {
        ours.arkivdel["systemID"],
        made["systemID"],
    }
    arkiv = client.get(client.link(made, "arkivstruktur/arkiv/")).json()
    assert arkiv["systemID"] == ours.arkiv["systemID"]


@pytest.mark.krav("5.2.10", "5.2.11")
def test_arkiv_is_placed_below_another(ours: World) -> None:
    client = ours.client

    outer = opened(ours, "arkiv")

    inner = client.make(outer, ARKIV, {"tittel": "Underarkivet"})

    below = ids(client, client.refreshed(outer), "arkivstruktur/underarkiv/")
    assert below == {inner["systemID"]}
    above = client.get(client.link(inner, "arkivstruktur/overarkiv/")).json()
    assert above["systemID"] == outer["systemID"]


@pytest.mark.krav("5.2.12", "5.13.4", "5.13.5", "5.13.6")
@pytest.mark.parametrize("role", ["arkivar", "leder", "saksbehandler", "leser"])
def test_arkiv_and_arkivdel_are_the_administrators(ours: World, log_in: LogIn, role: str) -> None:
    other, client = log_in(f"{role}@molde"), ours.client
    inner = client.make(opened(ours, "arkiv"), ARKIV, {"tittel": "Underarkivet"})
    package = client.link(client.follow("arkivstruktur/"), ARKIV)

    answers = [
        other.post(package, {"tittel": "Nytt"}),
        other.post(client.link(ours.arkiv, ARKIV), {"tittel": "Nytt"}),
        other.post(client.link(ours.arkiv, ARKIVDEL), {"tittel": "Ny"}),
        *(changed(other, unit, {"tittel": "Ny"}) for unit in (ours.arkiv, inner, ours.arkivdel)),
        *(other.delete(client.link(unit, "self")) for unit in (inner, ours.arkivdel)),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert not {ARKIV, ARKIVDEL} & {
        rel.removeprefix(REL) for rel in other.refreshed(ours.arkiv)["_links"]
    }


@pytest.mark.krav("5.2.14", "5.2.15", "5.10.1")
@pytest.mark.parametrize(("name", "value"), [("skjerming", SKJERMING), ("kassasjon", KASSASJON)])
def test_arkivdel_has_one_at_most_and_others_may_have_the_same(
    ours: World, name: str, value: Mapping[str, Any]
) -> None:
    client, new = ours.client, ours.client.link(ours.arkiv, ARKIVDEL)

    first, second = (client.make(ours.arkiv, ARKIVDEL, {"tittel": "A", name: value}) for _ in "AB")
    many = client.post(new, {"tittel": "C", name: [value, value]})

    assert [first[name][key] for key in value] == [second[name][key] for key in value]
    assert many.status_code == 400


@pytest.mark.krav("5.10.8")
def test_disposal_of_an_arkivdel_is_maintained(ours: World) -> None:
    client = ours.client
    unit = client.make(ours.arkiv, ARKIVDEL, {"tittel": "A", "kassasjon": KASSASJON})
    other = {"kassasjonsvedtak": {"kode": "B", "kodenavn": None}, "kassasjonshjemmel": "Arkivlova"}

    answer = changed(client, unit, {"kassasjon": {**other, "bevaringstid": 25}})
    gone = changed(client, unit, {"kassasjon": None})

    kassasjon = answer.json()["kassasjon"]
    assert kassasjon["kassasjonsvedtak"] == {"kode": "B", "kodenavn": "Bevares"}
    assert (kassasjon["kassasjonshjemmel"], kassasjon["bevaringstid"]) == ("Arkivlova", 25)
    assert "kassasjon" not in gone.json()


@pytest.mark.krav("6.6.25")
@pytest.mark.parametrize(
    "name", ["arkivdel", "klasse", "mappe", "registrering", "dokumentbeskrivelse"]
)
def test_screening_is_maintained(ours: World, name: str) -> None:
    client, unit = ours.client, getattr(ours, name)

    given = changed(client, unit, {"skjerming": SKJERMING})
    longer = changed(client, unit, {"skjerming": {"skjermingsvarighet": 60}})
    gone = changed(client, unit, {"skjerming": None})

    assert given.json()["skjerming"]["skjermingshjemmel"] == "Offentleglova § 13"
    assert given.json()["skjerming"]["tilgangsrestriksjon"]["kodenavn"] == "Personalsaker"
    assert longer.json()["skjerming"]["skjermingsvarighet"] == 60
    assert "skjerming" not in gone.json()


@pytest.mark.krav("5.2.16")
def test_arkivdel_has_any_number_of_mapper(ours: World) -> None:
    client = ours.client
    unit = client.make(ours.arkiv, ARKIVDEL, {"tittel": "Tom"})
    before = ids(client, unit, "arkivstruktur/mappe/")

    made = {client.make(unit, MAPPE, {"tittel": title})["systemID"] for title in "ABC"}

    assert before == set()
    assert ids(client, unit, "arkivstruktur/mappe/") == made


@pytest.mark.krav("5.2.21", "5.2.23", "5.11.1", "5.11.13", "M107", "M108")
def test_arkivdel_tells_of_its_period_medium_and_place(ours: World) -> None:
    client = ours.client
    facts = {
        "beskrivelse": "Perioden følger valgperioden",
        "dokumentmedium": {"kode": "F", "kodenavn": "Fysisk medium"},
        "oppbevaringssted": ["Kjelleren", "Depotet"],
        "arkivperiodeStartDato": "2023-10-01T00:00:00+02:00",
        "arkivperiodeSluttDato": "2027-09-30T00:00:00+02:00",
    }
    unit = client.make(ours.arkiv, ARKIVDEL, {"tittel": "Perioden"})

    answer = changed(client, unit, {**facts, "dokumentmedium": {"kode": "F", "kodenavn": None}})

    assert unit["arkivperiodeStartDato"]
    assert answer.status_code == 200, answer.text
    assert answer.json().items() >= facts.items()


@pytest.mark.krav("5.11.2")
def test_arkivdel_refers_to_the_one_before_and_the_one_after(ours: World) -> None:
    client = ours.client
    first, last = (client.make(ours.arkiv, ARKIVDEL, {"tittel": title}) for title in "AB")
    references = {
        "referanseForloeper": first["systemID"],
        "referanseArvtaker": last["systemID"],
    }

    made = client.make(ours.arkiv, ARKIVDEL, {"tittel": "Mellom", **references})

    assert client.refreshed(made).items() >= references.items()


@pytest.mark.krav("5.4.6", "5.5.2", "5.5.3", "5.5.4")
@pytest.mark.parametrize("owner", ["mappe", "arkivdel", "klasse"])
def test_registrering_is_in_one_place(ours: World, owner: str) -> None:
    client = ours.client
    holder = opened(ours, owner)

    made = [client.make(holder, REGISTRERING, {"tittel": title}) for title in "AB"]

    assert [parents(unit, "mappe", "arkivdel", "klasse") for unit in made] == [[owner], [owner]]
    found = ids(client, holder, "arkivstruktur/registrering/")
    assert found >= {unit["systemID"] for unit in made}


@pytest.mark.krav("Ny-Mappe-3")
@pytest.mark.parametrize(
    ("owner", "role"), [("mappe", "overmappe"), ("arkivdel", "arkivdel"), ("klasse", "klasse")]
)
def test_mappe_is_in_one_place(ours: World, owner: str, role: str) -> None:
    made = ours.client.make(getattr(ours, owner), MAPPE, {"tittel": "Her"})

    assert parents(made, "overmappe", "arkivdel", "klasse") == [role]


@pytest.mark.krav("5.5.5")
def test_registrering_has_any_number_of_documents(ours: World) -> None:
    client = ours.client
    unit = client.make(ours.mappe, REGISTRERING, {"tittel": "Uten dokumenter"})
    before = ids(client, unit, "arkivstruktur/dokumentbeskrivelse/")

    made = [client.make(unit, DOCUMENT, {"tittel": title}) for title in "AB"]

    assert before == set()
    assert ids(client, unit, "arkivstruktur/dokumentbeskrivelse/") == {
        one["systemID"] for one in made
    }
    assert ids(client, made[0], "arkivstruktur/registrering/") == {unit["systemID"]}


@pytest.mark.krav("5.13.18", "5.13.22", "5.13.26")
@pytest.mark.parametrize(
    "asked",
    [
        "variantformat/kode eq 'P' and versjonsnummer eq 1",
        "variantformat/kode eq 'A'",
        "variantformat/kode eq 'O'",
    ],
)
def test_versions_and_variants_of_documents_are_found(ours: World, asked: str) -> None:
    client = ours.client
    document = client.make(ours.registrering, DOCUMENT, {"tittel": "I flere utgaver"})
    made = [
        client.make(document, OBJEKT, {"variantformat": {"kode": kode}})["systemID"]
        for kode in ("P", "P", "A", "O")
    ]
    everything = client.link(client.follow("arkivstruktur/"), "arkivstruktur/dokumentobjekt/")
    among = ",".join(f"'{one}'" for one in made)

    found = client.get(everything, params={"$filter": f"{asked} and systemID in ({among})"}).json()

    assert found["count"] == 1
    assert found["results"][0]["systemID"] in made[1:]


def test_documents_without_archive_format_are_found(ours: World) -> None:
    client = ours.client
    archived, lacking = (
        client.make(ours.registrering, DOCUMENT, {"tittel": title}) for title in "AB"
    )
    for document, kode in ((archived, "P"), (archived, "A"), (lacking, "P")):
        client.make(document, OBJEKT, {"variantformat": {"kode": kode}})
    here = client.link(ours.registrering, "arkivstruktur/dokumentbeskrivelse/")
    asked = "not dokumentobjekt/any(d: d/variantformat/kode eq 'A')"
    among = f"systemID in ('{archived['systemID']}','{lacking['systemID']}')"

    found = client.get(here, params={"$filter": f"{asked} and {among}"}).json()

    assert [one["systemID"] for one in found["results"]] == [lacking["systemID"]]


CLOSED: Mapping[str, Mapping[str, Any]] = {
    "arkiv": {"arkivstatus": {"kode": "A", "kodenavn": None}},
    "arkivdel": {"arkivdelstatus": {"kode": "P", "kodenavn": None}},
    "klassifikasjonssystem": {"avsluttetDato": "2026-01-31T12:00:00+01:00"},
    "klasse": {"avsluttetDato": "2026-01-31T12:00:00+01:00"},
    "mappe": {"avsluttetDato": "2026-01-31T12:00:00+01:00"},
    "saksmappe": {"saksstatus": {"kode": "A", "kodenavn": None}},
    "administrativenhet": {"avsluttetDato": "2026-01-31T12:00:00+01:00"},
    "bruker": {"avsluttetDato": "2026-01-31T12:00:00+01:00"},
}
"""How each unit that can be closed is closed."""


def opened(world: World, name: str) -> Any:
    """Make a unit with nothing in it."""
    owners: Mapping[str, tuple[Any, str, Mapping[str, Any]]] = {
        "arkiv": (world.arkivskaper, ARKIV, {"tittel": "A"}),
        "arkivdel": (world.arkiv, ARKIVDEL, {"tittel": "A"}),
        "klasse": (world.klassifikasjonssystem, KLASSE, {"klasseID": uuid4().hex, "tittel": "A"}),
        "mappe": (world.arkivdel, MAPPE, {"tittel": "A"}),
        "saksmappe": (world.klasse, SAK, {"tittel": "A"}),
        "bruker": (world.administrativenhet, BRUKER, {"brukerNavn": "A"}),
        "versjon": (world.dokumentbeskrivelse, OBJEKT, {}),
        "variant": (world.dokumentbeskrivelse, OBJEKT, {"variantformat": {"kode": "O"}}),
    }
    if name == "klassifikasjonssystem":
        return world.client.make(opened(world, "arkivdel"), SYSTEM, {"tittel": "A"})
    if name == "administrativenhet":
        body = {"administrativEnhetNavn": "A", "administrativEnhetsstatus": "Aktiv"}
        return world.client.make(world.client.follow("admin/"), ENHET, body)
    return world.client.make(*owners[name])


@pytest.mark.krav("5.2.8", "6.1.1", "M602 Arkiv", "M602 Arkivdel", "M602 Klasse", "M602 Mappe")
@pytest.mark.krav("M602 AdministrativEnhet", "M602 Bruker")
@pytest.mark.parametrize("name", CLOSED)
def test_closing_is_dated_and_stays(ours: World, name: str) -> None:
    client, unit = ours.client, opened(ours, name)

    closed = changed(client, unit, CLOSED[name]).json()
    answers = [
        changed(client, unit, {"avsluttetDato": other})
        for other in (None, "2020-01-31T12:00:00+01:00")
    ]

    assert "avsluttetDato" not in unit
    assert closed["avsluttetDato"]
    assert {answer.status_code for answer in answers} <= {400, 409}
    assert client.refreshed(unit) == closed


@pytest.mark.krav("M603 Arkiv", "M603 Arkivdel", "M603 Mappe")
@pytest.mark.krav("Ny-Arkiv-1", "Ny-Arkivdel-2", "Ny-Mappe-2")
@pytest.mark.parametrize(
    "name", [name for name in CLOSED if name not in ("administrativenhet", "bruker")]
)
def test_closing_is_signed(ours: World, name: str) -> None:
    unit = opened(ours, name)

    closed = changed(ours.client, unit, CLOSED[name]).json()

    assert closed["avsluttetAv"] == unit["opprettetAv"]
    assert closed["referanseAvsluttetAv"] == unit["referanseOpprettetAv"]


@pytest.mark.krav(
    "M020 Arkiv", "M020 Arkivdel", "M020 Klassifikasjonssystem", "M020 Klasse", "6.1.2"
)
@pytest.mark.parametrize("name", ["arkiv", "arkivdel", "klassifikasjonssystem", "klasse", "mappe"])
def test_closed_unit_keeps_its_title(ours: World, name: str) -> None:
    client, unit = ours.client, opened(ours, name)
    before = changed(client, unit, {"tittel": "Mens den er åpen"})
    changed(client, unit, CLOSED[name])

    after = changed(client, unit, {"tittel": "Etterpå"})

    assert (before.status_code, after.status_code) == (200, 409)
    assert client.refreshed(unit)["tittel"] == "Mens den er åpen"


@pytest.mark.krav("5.4.7", "6.1.17")
def test_closed_mappe_takes_no_registrering_and_stays(ours: World) -> None:
    client, unit = ours.client, opened(ours, "mappe")
    new = client.link(unit, REGISTRERING)
    closed = changed(client, unit, CLOSED["mappe"]).json()

    answers = [client.post(new, {"tittel": "For sent"}), client.delete(client.link(unit, "self"))]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert REL + REGISTRERING not in closed["_links"]


@pytest.mark.krav("5.4.11", "5.4.12", "5.5.10", "5.5.12", "5.5.13", "M308")
def test_case_and_entry_have_one_unit_and_one_responsible(ours: World) -> None:
    client = ours.client
    case = client.make(ours.klasse, SAK, {"tittel": "A", "journalenhet": "Postmottaket"})
    post = client.make(case, POST, {"tittel": "A"})
    inner = {"saksbehandler": "Ola Nordmann", "administrativEnhet": "Plan"}
    handler = client.make(post, "arkivstruktur/ny-korrespondansepartintern/", inner)

    moved = changed(client, handler, {"administrativEnhet": "Bygg", "saksbehandler": "Per Hansen"})
    unit = changed(client, post, {"journalenhet": "Servicetorget"})
    many = changed(client, case, {"administrativEnhet": ["Plan", "Bygg"]})

    assert post["journalenhet"] == "Postmottaket"
    assert moved.json()["administrativEnhet"] == "Bygg"
    assert moved.json()["saksbehandler"] == "Per Hansen"
    assert unit.json()["journalenhet"] == "Servicetorget"
    assert many.status_code == 400


@pytest.mark.krav("M101", "M103", "M104", "M105")
@pytest.mark.parametrize("field", ["journaldato", "dokumentetsDato", "mottattDato", "sendtDato"])
def test_dates_of_an_entry_are_edited_until_it_is_archived(ours: World, field: str) -> None:
    client = ours.client
    receiver = {"navn": "Kari", "korrespondanseparttype": {"kode": "EM"}}
    body = {"journalposttype": {"kode": "U"}, "korrespondansepartperson": [receiver]}
    post = client.make(ours.saksmappe, POST, {"tittel": "A", **body})

    before = changed(client, post, {field: "2026-01-31T12:00:00+01:00"})
    archived = changed(client, post, {"journalstatus": {"kode": "A", "kodenavn": None}}).json()
    after = changed(client, post, {field: "2020-01-31T12:00:00+01:00"})

    assert before.json()[field] == "2026-01-31T12:00:00+01:00"
    assert after.status_code == 409
    assert client.refreshed(post) == archived


@pytest.mark.krav("6.2.1", "M106", "M309")
def test_loan_is_noted_and_ended_after_closing(ours: World) -> None:
    client, case = ours.client, opened(ours, "saksmappe")
    changed(client, case, CLOSED["saksmappe"])
    loan = {"utlaantDato": "2026-01-31T12:00:00+01:00", "utlaantTil": "Kari"}

    lent = changed(client, case, loan)
    returned = changed(client, case, {"utlaantDato": None, "utlaantTil": None})

    assert lent.json().items() >= loan.items()
    assert returned.status_code == 200
    assert not loan.keys() & returned.json().keys()


@pytest.mark.krav("6.1.3")
@pytest.mark.parametrize("kode", ["B", "U", "R", "S", "P", "F"])
def test_status_of_a_case_is_set(ours: World, kode: str) -> None:
    case = opened(ours, "saksmappe")

    answer = changed(ours.client, case, {"saksstatus": {"kode": kode, "kodenavn": None}})

    assert answer.json()["saksstatus"]["kode"] == kode


@pytest.mark.krav("5.5.8")
@pytest.mark.parametrize("kode", ["I", "U", "N", "X", "S"])
def test_entries_are_of_different_types(ours: World, kode: str) -> None:
    made = ours.client.make(
        ours.saksmappe, POST, {"tittel": "A", "journalposttype": {"kode": kode}}
    )

    assert made["journalposttype"]["kode"] == kode


def log_of(service: Service, unit: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Read what the log says was done to a unit and by whom, as the database's owner, in Molde."""

    async def fetch() -> list[tuple[str, str]]:
        url = service.settings.database_owner_url or ""
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
        try:
            tenant = await connection.fetchval("SELECT id FROM kommune WHERE slug = 'molde'")
            await connection.execute(f"SELECT set_config('app.tenant_id', '{tenant}', false)")
            rows = await connection.fetch(
                "SELECT hendelsetype, endret_av FROM endringslogg"
                " WHERE referanse_arkivenhet = $1 ORDER BY endret_dato",
                unit["systemID"],
            )
        finally:
            await connection.close()
        return [(row["hendelsetype"], row["endret_av"]) for row in rows]

    return asyncio.run(fetch())


@pytest.mark.krav("5.2.5", "5.2.17", "5.13.20", "5.13.24", "5.13.28")
@pytest.mark.parametrize("name", ["arkiv", "arkivdel", "versjon", "variant"])
def test_deletion_is_logged(ours: World, service: Service, name: str) -> None:
    unit = opened(ours, name)

    answer = ours.client.delete(ours.client.link(unit, "self"))

    assert answer.status_code == 204
    assert log_of(service, unit)[-1] == ("D", unit["opprettetAv"])


@pytest.mark.krav("Ny-Systeminformasjon-1")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_system_information_is_only_read(log_in: LogIn, method: str) -> None:
    client = log_in("administrator@molde")

    answer = client.request(method, client.link(client.follow(), "admin/system/"))

    assert answer.status_code == 405
