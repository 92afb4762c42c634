"""References between units: `$ref`, moves, kryssreferanser and `utvid-til-…` (GUIDE 8 and 9)."""

from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import REL, Client, LogIn, World

NO_VALIDATOR = {"If-Match": "*"}


def ref(client: Client, unit: Any, rel: str) -> str:
    """Give the address of a relation's references."""
    return f"{client.link(unit, rel)}$ref"


def here(client: Client, unit: Any) -> str:
    return client.link(unit, "self")


def named(client: Client, unit: Any) -> dict[str, str]:
    return {"$id": here(client, unit)}


def ids(client: Client, unit: Any, rel: str) -> list[str]:
    found = client.get(client.link(unit, rel)).json()
    return [one["systemID"] for one in found.get("results", ())]


def put_ref(client: Client, address: str, target: str) -> Any:
    return client.request("PUT", address, content=target, headers={"Content-Type": "text/plain"})


def move(client: Client, unit: Any, rel: str, target: str) -> Any:
    """Move a unit by changing its link."""
    return client.patch(
        here(client, unit), {"_links": {REL + rel: {"href": target}}}, headers=NO_VALIDATOR
    )


@pytest.mark.krav("TG0-22", "5.5.5")
def test_document_is_shared_by_registreringer(world: World) -> None:
    client, document = world.client, world.dokumentbeskrivelse
    address = ref(client, world.registrering, "arkivstruktur/dokumentbeskrivelse/")

    answer = client.request("POST", address, params=named(client, document))

    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    assert ids(client, world.registrering, "arkivstruktur/dokumentbeskrivelse/") == [
        document["systemID"]
    ]
    assert set(ids(client, document, "arkivstruktur/registrering/")) == {
        world.registrering["systemID"],
        world.journalpost["systemID"],
    }


def test_what_is_tied_already_is_not_tied_again(world: World) -> None:
    client = world.client
    address = ref(client, world.journalpost, "arkivstruktur/dokumentbeskrivelse/")

    answer = client.request("POST", address, params=named(client, world.dokumentbeskrivelse))

    assert answer.status_code == 409


@pytest.mark.krav("TG0-22")
def test_shared_document_is_taken_out_again(world: World) -> None:
    client, document = world.client, world.dokumentbeskrivelse
    address = ref(client, world.registrering, "arkivstruktur/dokumentbeskrivelse/")
    client.request("POST", address, params=named(client, document))

    answer = client.delete(address, params=named(client, document))

    assert answer.status_code == 204, answer.text
    assert ids(client, document, "arkivstruktur/registrering/") == [world.journalpost["systemID"]]
    assert client.delete(address, params=named(client, document)).status_code in {404, 409}


def test_last_registrering_of_a_document_stays(world: World) -> None:
    client = world.client
    address = ref(client, world.journalpost, "arkivstruktur/dokumentbeskrivelse/")

    answer = client.delete(address, params=named(client, world.dokumentbeskrivelse))

    assert answer.status_code == 409
    assert ids(client, world.journalpost, "arkivstruktur/dokumentbeskrivelse/") == [
        world.dokumentbeskrivelse["systemID"]
    ]


def test_document_is_moved_by_its_link(world: World) -> None:
    client, document = world.client, world.dokumentbeskrivelse
    # As in the standard's example, the address may end in the list that is moved to.
    target = client.link(world.registrering, "arkivstruktur/dokumentbeskrivelse/")

    answer = move(client, document, "arkivstruktur/registrering/", target)

    assert answer.status_code == 200, answer.text
    assert ids(client, document, "arkivstruktur/registrering/") == [world.registrering["systemID"]]


@pytest.mark.krav("TG0-22", "5.4.19")
@pytest.mark.parametrize("way", ["patch", "put"])
def test_mappe_is_moved_to_another_place(world: World, way: str) -> None:
    client, moved = world.client, world.mappe
    klasse = here(client, world.klasse)

    answer = (
        move(client, moved, "arkivstruktur/klasse/", klasse)
        if way == "patch"
        else put_ref(client, f"{here(client, moved)}klasse/$ref", klasse)
    )

    assert answer.status_code == (200 if way == "patch" else 204), answer.text
    links = client.refreshed(moved)["_links"]
    assert f"{REL}arkivstruktur/klasse/" in links
    assert f"{REL}arkivstruktur/arkivdel/" not in links
    assert moved["systemID"] in ids(client, world.klasse, "arkivstruktur/mappe/")
    assert moved["systemID"] not in ids(client, world.arkivdel, "arkivstruktur/mappe/")


@pytest.mark.krav("5.4.5", "5.4.19")
def test_mappe_is_put_under_another_by_attribute(world: World) -> None:
    client = world.client
    sub = client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Blir undermappe"})

    answer = client.patch(
        here(client, sub),
        {"referanseForelderMappe": world.mappe["systemID"]},
        headers=NO_VALIDATOR,
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["referanseForelderMappe"] == world.mappe["systemID"]
    assert ids(client, client.refreshed(world.mappe), "arkivstruktur/undermappe/") == [
        sub["systemID"]
    ]


@pytest.mark.parametrize("below", [False, True])
def test_mappe_is_not_put_under_itself(world: World, below: bool) -> None:
    client = world.client
    sub = client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Under"})
    target = sub if below else world.mappe

    answer = put_ref(client, f"{here(client, world.mappe)}overmappe/$ref", here(client, target))

    assert answer.status_code == 400, answer.text


@pytest.mark.krav("5.2.10", "5.2.11")
def test_arkiv_is_put_under_another(world: World) -> None:
    client = world.client
    below = client.make(world.arkivskaper, "arkivstruktur/ny-arkiv/", {"tittel": "Nytt arkiv"})

    answer = put_ref(client, f"{here(client, below)}overarkiv/$ref", here(client, world.arkiv))

    assert answer.status_code == 204, answer.text
    over = client.get(client.link(client.refreshed(below), "arkivstruktur/overarkiv/")).json()
    assert over["systemID"] == world.arkiv["systemID"]
    assert client.delete(f"{here(client, below)}overarkiv/$ref").status_code == 204
    assert f"{REL}arkivstruktur/overarkiv/" not in client.refreshed(below)["_links"]


def test_mappe_always_has_a_place(world: World) -> None:
    client = world.client

    answers = [
        client.delete(f"{here(client, world.mappe)}arkivdel/$ref"),
        client.delete(
            ref(client, world.arkivdel, "arkivstruktur/mappe/"), params=named(client, world.mappe)
        ),
        client.patch(
            here(client, world.mappe),
            {"_links": {f"{REL}arkivstruktur/arkivdel/": None}},
            headers=NO_VALIDATOR,
        ),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]


def test_moved_mappe_brings_its_contents_to_the_new_arkivdel(world: World) -> None:
    client = world.client
    other = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Neste"})
    sub = client.make(world.mappe, "arkivstruktur/ny-mappe/", {"tittel": "Under"})
    inside = client.make(sub, "arkivstruktur/ny-registrering/", {"tittel": "Inni"})

    answer = put_ref(client, f"{here(client, world.mappe)}arkivdel/$ref", here(client, other))

    assert answer.status_code == 204, answer.text
    assert client.refreshed(inside)["referanseArkivdel"] == other["systemID"]
    assert client.etag(inside) != f'"1.{client.etag(inside).partition(".")[2]}'


@pytest.mark.krav("5.2.2", "TG0-22")
def test_arkiv_is_shared_by_arkivskapere(world: World) -> None:
    client = world.client
    second = client.make(
        client.follow("arkivstruktur/"),
        "arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": "2", "arkivskaperNavn": "Nabokommunen"},
    )

    answer = client.request(
        "POST",
        ref(client, world.arkiv, "arkivstruktur/arkivskaper/"),
        params=named(client, second),
    )

    assert answer.status_code == 204, answer.text
    assert set(ids(client, world.arkiv, "arkivstruktur/arkivskaper/")) == {
        world.arkivskaper["systemID"],
        second["systemID"],
    }
    assert ids(client, second, "arkivstruktur/arkiv/") == [world.arkiv["systemID"]]


@pytest.mark.krav("5.2.13", "5.2.18")
def test_system_serves_several_arkivdeler(world: World) -> None:
    client = world.client
    other = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Neste"})

    answer = put_ref(
        client,
        f"{here(client, other)}klassifikasjonssystem/$ref",
        here(client, world.klassifikasjonssystem),
    )

    assert answer.status_code == 204, answer.text
    assert set(ids(client, world.klassifikasjonssystem, "arkivstruktur/arkivdel/")) == {
        other["systemID"],
        world.arkivdel["systemID"],
    }
    emptied = client.delete(f"{here(client, other)}klassifikasjonssystem/$ref")
    assert emptied.status_code == 204, emptied.text
    assert ids(client, world.klassifikasjonssystem, "arkivstruktur/arkivdel/") == [
        world.arkivdel["systemID"]
    ]


@pytest.mark.krav("5.11.2")
def test_neighbouring_arkivdeler_name_each_other(world: World) -> None:
    client = world.client
    after = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Neste"})

    answer = put_ref(
        client, f"{here(client, after)}forrigearkivdel/$ref", here(client, world.arkivdel)
    )

    assert answer.status_code == 204, answer.text
    first, second = client.refreshed(world.arkivdel), client.refreshed(after)
    assert second["referanseForloeper"] == first["systemID"]
    assert first["referanseArvtaker"] == second["systemID"]
    found = client.get(client.link(first, "arkivstruktur/nestearkivdel/")).json()
    assert found["systemID"] == second["systemID"]
    assert client.delete(f"{here(client, first)}nestearkivdel/$ref").status_code == 204
    assert "referanseForloeper" not in client.refreshed(second)


def test_arkivdel_has_one_successor(world: World) -> None:
    client = world.client
    client.make(
        world.arkiv,
        "arkivstruktur/ny-arkivdel/",
        {"tittel": "Neste", "referanseForloeper": world.arkivdel["systemID"]},
    )
    late = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Enda en"})

    answer = client.patch(
        here(client, late),
        {"referanseForloeper": world.arkivdel["systemID"]},
        headers=NO_VALIDATOR,
    )

    assert answer.status_code == 409, answer.text


@pytest.mark.krav("5.4.10")
def test_saksmappe_has_secondary_classification(world: World) -> None:
    client = world.client
    second = client.make(
        world.klassifikasjonssystem,
        "arkivstruktur/ny-sekundaerklassifikasjonssystem/",
        {"tittel": "Gårds- og bruksnummer", "klassifikasjonstype": {"kode": "GBN"}},
    )
    klasse = client.make(
        second, "arkivstruktur/ny-klasse/", {"klasseID": "24/1", "tittel": "Fjordvegen 12"}
    )

    answer = client.request(
        "POST",
        ref(client, world.saksmappe, "sakarkiv/sekundaerklassifikasjon/"),
        params=named(client, klasse),
    )

    assert answer.status_code == 204, answer.text
    assert ids(client, world.saksmappe, "sakarkiv/sekundaerklassifikasjon/") == [klasse["systemID"]]
    assert ids(
        client, world.klassifikasjonssystem, "arkivstruktur/sekundaerklassifikasjonssystem/"
    ) == [second["systemID"]]


def test_journalpost_lies_in_a_saksmappe_only(world: World) -> None:
    client = world.client

    answers = [
        put_ref(client, f"{here(client, world.journalpost)}mappe/$ref", here(client, world.mappe)),
        put_ref(
            client, f"{here(client, world.journalpost)}arkivdel/$ref", here(client, world.arkivdel)
        ),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.krav("5.4.8")
@pytest.mark.parametrize("verb", ["PUT", "POST"])
def test_mappe_becomes_a_saksmappe(world: World, verb: str) -> None:
    client = world.client
    mappe = client.make(
        world.klasse, "arkivstruktur/ny-mappe/", {"tittel": "Tilsyn", "noekkelord": ["brann"]}
    )
    address = client.link(mappe, "sakarkiv/utvid-til-saksmappe/")
    send = client.put if verb == "PUT" else client.post

    answer = send(address, {"saksdato": "2026-03-01T00:00:00+01:00"})

    assert answer.status_code == 200, answer.text
    case = answer.json()
    assert case["systemID"] == mappe["systemID"]
    assert "/sakarkiv/saksmappe/" in here(client, case)
    assert case["saksdato"] == "2026-03-01T00:00:00+01:00"
    assert case["mappeID"] == f"{case['saksaar']}/{case['sakssekvensnummer']}"
    assert case["tittel"] == "Tilsyn"
    assert case["noekkelord"] == ["brann"]
    assert case["opprettetDato"] == mappe["opprettetDato"]
    assert client.get(here(client, mappe)).json() == case
    assert client.put(address, {}).status_code == 409


@pytest.mark.krav("5.5.7")
def test_registrering_in_a_case_becomes_a_journalpost(world: World) -> None:
    client = world.client
    entry = client.make(world.saksmappe, "arkivstruktur/ny-registrering/", {"tittel": "Befaring"})

    answer = client.put(
        client.link(entry, "sakarkiv/utvid-til-journalpost/"),
        {"journalposttype": {"kode": "X"}},
    )

    assert answer.status_code == 200, answer.text
    post = answer.json()
    assert post["systemID"] == entry["systemID"]
    assert post["journalposttype"]["kodenavn"] == "Organinternt dokument uten oppfølging"
    assert post["registreringsID"].startswith(f"{world.saksmappe['mappeID']}-")
    assert client.refreshed(post) == post


def test_nothing_is_extended_in_a_closed_klasse(world: World) -> None:
    client = world.client
    made = client.make(world.klasse, "arkivstruktur/ny-mappe/", {"tittel": "Mappe"})
    client.patch(
        here(client, world.klasse),
        {"avsluttetDato": "2026-11-01T12:00:00+01:00"},
        headers=NO_VALIDATOR,
    )

    answer = client.put(client.link(made, "sakarkiv/utvid-til-saksmappe/"), {})

    assert answer.status_code == 409, answer.text


def test_extension_is_offered_where_it_can_be_done(world: World, log_in: LogIn) -> None:
    client = world.client
    offer = f"{REL}sakarkiv/utvid-til-journalpost/"
    in_case = client.make(world.saksmappe, "arkivstruktur/ny-registrering/", {"tittel": "A"})

    assert offer in in_case["_links"]
    assert offer not in client.refreshed(world.registrering)["_links"]
    assert offer not in client.refreshed(world.journalpost)["_links"]
    assert offer not in log_in("leser@molde").refreshed(in_case)["_links"]
    plain = f"{here(client, world.registrering)}utvid-til-journalpost/"
    assert client.put(plain, {}).status_code == 400


@pytest.mark.krav("TG0-22")
@pytest.mark.parametrize("to", ["klasse", "saksmappe", "registrering"])
@pytest.mark.parametrize("of", ["klasse", "mappe", "journalpost"])
def test_kryssreferanse_leads_from_one_unit_to_another(world: World, of: str, to: str) -> None:
    client, target = world.client, getattr(world, to)
    owner = {
        "klasse": client.make(
            world.klassifikasjonssystem,
            "arkivstruktur/ny-klasse/",
            {"klasseID": "9", "tittel": "Ni"},
        ),
        "mappe": client.make(world.arkivdel, "arkivstruktur/ny-mappe/", {"tittel": "Fra"}),
        "journalpost": world.journalpost,
    }[of]
    template = client.get(client.link(owner, "arkivstruktur/ny-kryssreferanse/")).json()

    answer = client.request("POST", template["url"] + here(client, target))

    assert list(template) == ["url"]
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == here(client, made)
    role = {"saksmappe": "mappe"}.get(to, to)
    found = client.get(client.link(made, f"arkivstruktur/{role}/")).json()
    assert found["systemID"] == target["systemID"]
    assert ids(client, owner, "arkivstruktur/kryssreferanse/") == [made["systemID"]]
    assert client.request("POST", template["url"] + here(client, target)).status_code == 400
    assert client.delete(here(client, made)).status_code == 204


def test_unit_is_no_kryssreferanse_of_its_own(world: World) -> None:
    client = world.client
    template = client.get(client.link(world.klasse, "arkivstruktur/ny-kryssreferanse/")).json()

    answer = client.request("POST", template["url"] + here(client, world.klasse))

    assert answer.status_code == 400


def test_kryssreferanse_is_pointed_elsewhere(world: World) -> None:
    client = world.client
    made = client.refer(world.registrering, world.klasse)

    answer = client.request(
        "PUT", f"{here(client, made)}$ref", params=named(client, world.saksmappe)
    )

    assert answer.status_code == 200, answer.text
    links = answer.json()["_links"]
    assert f"{REL}arkivstruktur/klasse/" not in links
    found = client.get(client.link(answer.json(), "arkivstruktur/mappe/")).json()
    assert found["systemID"] == world.saksmappe["systemID"]


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("", 400),
        ("mappe", 400),
        ("https://andre.example/molde/api/arkivstruktur/mappe/x/", 400),
        ("/molde/api/arkivstruktur/mappe/", 400),
        ("/molde/api/arkivstruktur/merknadd/8f14e45f-ceea-467a-9575-6d5b2f1d3c11/", 400),
        ("/molde/api/sakarkiv/mappe/8f14e45f-ceea-467a-9575-6d5b2f1d3c11/", 400),
        ("/molde/api/arkivstruktur/mappe/ikke-en-id/", 404),
        ("/molde/api/arkivstruktur/klasse/8f14e45f-ceea-467a-9575-6d5b2f1d3c11/", 404),
        ("/rauma/api/arkivstruktur/klasse/8f14e45f-ceea-467a-9575-6d5b2f1d3c11/", 404),
        ('{"@odata.id": 7}', 400),
        ('{"@odata.id"', 400),
    ],
)
def test_odd_targets_are_refused(world: World, written: str, status: int) -> None:
    client = world.client

    answer = put_ref(client, f"{here(client, world.mappe)}klasse/$ref", written)

    assert answer.status_code == status, answer.text
    assert answer.json()["feil"]["kode"] == status


@pytest.mark.parametrize("user", ["saksbehandler@molde", "leder@molde"])
@pytest.mark.parametrize("there", [True, False])
def test_lines_of_the_log_are_no_targets(
    world: World, log_in: LogIn, user: str, there: bool
) -> None:
    client, caller = world.client, log_in(user)
    line = here(client, world.hendelseslogg)
    line = line if there else line.replace(world.hendelseslogg["systemID"], str(uuid4()))

    answers = [
        put_ref(caller, f"{here(client, world.mappe)}klasse/$ref", line),
        move(caller, world.mappe, "arkivstruktur/klasse/", line),
        caller.request(
            "POST",
            ref(client, world.journalpost, "arkivstruktur/dokumentbeskrivelse/"),
            params={"$id": line},
        ),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3


def test_kryssreferanse_leads_to_no_line_of_the_log(world: World) -> None:
    client = world.client
    line = here(client, world.hendelseslogg)
    made = client.get(client.link(world.mappe, "arkivstruktur/ny-kryssreferanse/")).json()["url"]

    answers = [
        client.request("POST", made + line),
        put_ref(client, f"{here(client, world.kryssreferanse)}$ref", line),
    ]

    assert [answer.status_code for answer in answers] == [400] * 2


def test_target_may_be_sent_as_json(world: World) -> None:
    client = world.client

    answer = client.request(
        "PUT",
        f"{here(client, world.mappe)}klasse/$ref",
        json={"@odata.id": here(client, world.klasse)},
    )

    assert answer.status_code == 204, answer.text


def test_links_sent_back_unchanged_change_nothing(world: World) -> None:
    client, unit = world.client, world.client.refreshed(world.saksmappe)
    tag = client.etag(unit)

    answer = client.patch(here(client, unit), unit, headers={"If-Match": tag})

    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == tag


@pytest.mark.parametrize(
    "links",
    [
        [],
        {f"{REL}arkivstruktur/klasse/": {}},
        {f"{REL}arkivstruktur/klasse/": "x"},
        {f"{REL}arkivstruktur/merknad/": {"href": "/molde/api/"}},
        {"ukjent": None},
    ],
)
def test_odd_links_are_refused(world: World, links: Any) -> None:
    client = world.client

    answer = client.patch(here(client, world.mappe), {"_links": links}, headers=NO_VALIDATOR)

    assert answer.status_code == 400, answer.text


def test_other_kommuner_are_not_referred_to(world: World, log_in: LogIn) -> None:
    foreigner = log_in("administrator@rauma")
    client = world.client
    address = ref(client, world.registrering, "arkivstruktur/dokumentbeskrivelse/")
    query = named(client, world.dokumentbeskrivelse)

    answers = [
        foreigner.request("POST", address, params=query),
        foreigner.delete(address, params=query),
        foreigner.request("POST", address.replace("/molde/", "/rauma/"), params=query),
        put_ref(foreigner, f"{here(client, world.mappe)}klasse/$ref", here(client, world.klasse)),
        foreigner.put(f"{here(client, world.mappe)}utvid-til-saksmappe/", {}),
        foreigner.request(
            "POST", f"{here(client, world.mappe)}ny-kryssreferanse/$ref", params=query
        ),
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_nobody_and_readers_tie_nothing(world: World, log_in: LogIn) -> None:
    client = world.client
    address = ref(client, world.registrering, "arkivstruktur/dokumentbeskrivelse/")
    query = named(client, world.dokumentbeskrivelse)

    def codes(caller: Client) -> list[int]:
        return [
            answer.status_code
            for answer in (
                caller.request("POST", address, params=query),
                caller.delete(address, params=query),
                put_ref(
                    caller, f"{here(client, world.mappe)}klasse/$ref", here(client, world.klasse)
                ),
                caller.put(f"{here(client, world.mappe)}utvid-til-saksmappe/", {}),
                caller.request(
                    "POST", f"{here(client, world.mappe)}ny-kryssreferanse/$ref", params=query
                ),
                caller.get(f"{here(client, world.mappe)}ny-kryssreferanse/"),
            )
        ]

    assert codes(log_in(None, "molde")) == [401] * 6
    assert codes(log_in("leser@molde")) == [403] * 6


def test_stale_validator_stops_a_move(world: World) -> None:
    client = world.client
    old = client.etag(world.mappe)
    client.patch(here(client, world.mappe), {"tittel": "Ny"}, headers={"If-Match": old})

    answer = client.request(
        "PUT",
        f"{here(client, world.mappe)}klasse/$ref",
        content=here(client, world.klasse),
        headers={"If-Match": old},
    )

    assert answer.status_code == 409


@pytest.mark.krav("5.4.7", "C3.2.40")
def test_closed_mappe_takes_nothing_and_moves_only_by_archivists(
    world: World, log_in: LogIn
) -> None:
    client, handler = world.client, log_in("saksbehandler@molde")
    client.patch(
        here(client, world.mappe),
        {"avsluttetDato": "2026-11-01T12:00:00+01:00"},
        headers=NO_VALIDATOR,
    )
    other = client.make(world.saksmappe, "arkivstruktur/ny-registrering/", {"tittel": "Vil inn"})

    into = put_ref(client, f"{here(client, other)}mappe/$ref", here(client, world.mappe))
    by_handler = put_ref(
        handler, f"{here(client, world.mappe)}klasse/$ref", here(client, world.klasse)
    )
    by_archivist = put_ref(
        log_in("arkivar@molde"),
        f"{here(client, world.mappe)}klasse/$ref",
        here(client, world.klasse),
    )

    assert [into.status_code, by_handler.status_code, by_archivist.status_code] == [409, 403, 204]
