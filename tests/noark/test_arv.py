"""Inheritance: what units take over from the arkivdel they belong to, wherever they hang."""

from typing import Any

import pytest
from tests.conftest import Client, World
from tests.noark.conftest import Patch

SCREENED = {
    "tilgangsrestriksjon": {"kode": "6"},
    "skjermingMetadata": [{"kode": "TMO"}],
    "skjermingsvarighet": 10,
}
RULES = {
    "dokumentmedium": {"kode": "F"},
    "oppbevaringssted": ["Kjelleren"],
    "skjerming": SCREENED,
    "kassasjon": {"kassasjonsvedtak": {"kode": "K"}, "bevaringstid": 3},
}
OF_KLASSE = {"kassasjon": {"kassasjonsvedtak": {"kode": "B"}, "bevaringstid": 30}}


@pytest.fixture
def ruled(world: World, client: Client) -> Any:
    """Give an arkivdel with rules of its own."""
    body = {"tittel": "Papir", **RULES}
    return client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", body)


@pytest.fixture
def klasse(client: Client, ruled: Any) -> Any:
    """Give the klasse of a system that orders that arkivdel alone."""
    system = client.make(ruled, "arkivstruktur/ny-klassifikasjonssystem/", {"tittel": "Nøkkel"})
    body = {"klasseID": "1", "tittel": "Klassen", **OF_KLASSE}
    return client.make(system, "arkivstruktur/ny-klasse/", body)


def taken_over(unit: Any) -> tuple[Any, ...]:
    return (
        unit["dokumentmedium"]["kode"],
        unit.get("oppbevaringssted"),
        unit.get("skjerming", {}).get("skjermingsvarighet"),
        unit.get("kassasjon", {}).get("bevaringstid"),
    )


@pytest.mark.krav("M300", "M301", "6.6.26", "5.10.9", "5.10.10")
@pytest.mark.parametrize(
    "rel",
    ["arkivstruktur/ny-mappe/", "sakarkiv/ny-saksmappe/", "arkivstruktur/ny-registrering/"],
)
def test_what_hangs_on_a_klasse_takes_after_its_arkivdel(
    client: Client, klasse: Any, rel: str
) -> None:
    made = client.make(klasse, rel, {"tittel": "Ny"})

    assert taken_over(made) == ("F", ["Kjelleren"], 10, 3)


@pytest.mark.krav("6.6.26")
def test_screening_of_the_klasse_is_nearer(client: Client, klasse: Any, patch: Patch) -> None:
    patch(klasse, skjerming={**SCREENED, "skjermingsvarighet": 60})

    made = client.make(klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Sak"})

    assert made["skjerming"]["skjermingsvarighet"] == 60


@pytest.mark.krav("M208", "M300", "M301", "6.6.26", "5.10.9")
def test_registrering_takes_after_the_arkivdel_it_refers_to(
    world: World, client: Client, ruled: Any
) -> None:
    body = {"tittel": "Papir", "referanseArkivdel": ruled["systemID"]}

    made = client.make(world.mappe, "arkivstruktur/ny-registrering/", body)

    assert taken_over(made) == ("F", ["Kjelleren"], 10, 3)


@pytest.mark.krav("M300", "5.10.9")
def test_what_is_given_is_kept(world: World, client: Client, ruled: Any) -> None:
    given = {"dokumentmedium": {"kode": "B"}, **OF_KLASSE}
    body = {"tittel": "Blandet", "referanseArkivdel": ruled["systemID"], **given}

    made = client.make(world.mappe, "arkivstruktur/ny-registrering/", body)

    assert taken_over(made) == ("B", ["Kjelleren"], 10, 30)


@pytest.mark.krav("M300", "TG0-16")
def test_template_that_is_sent_back_inherits_the_medium(client: Client, ruled: Any) -> None:
    template = client.get(client.link(ruled, "arkivstruktur/ny-mappe/")).json()
    given = {wire: value for wire, value in template.items() if value is not None}

    made = client.make(ruled, "arkivstruktur/ny-mappe/", {**given, "tittel": "Papir"})

    assert made["dokumentmedium"]["kode"] == "F"


@pytest.mark.krav("M301")
def test_document_is_kept_where_its_registrering_is(client: Client, ruled: Any) -> None:
    unit = client.make(ruled, "arkivstruktur/ny-registrering/", {"tittel": "Papir"})

    made = client.make(unit, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Arket"})

    assert made["oppbevaringssted"] == "Kjelleren"


@pytest.mark.krav("5.2.19", "5.11.6", "M208")
def test_klasse_of_a_closed_arkivdel_takes_no_registrering(
    client: Client, klasse: Any, ruled: Any, patch: Patch
) -> None:
    new = client.link(klasse, "arkivstruktur/ny-registrering/")
    made = client.post(new, {"tittel": "I perioden"})
    patch(ruled, arkivdelstatus={"kode": "P"})

    late = client.post(new, {"tittel": "Etter perioden"})

    assert made.json()["referanseArkivdel"] == ruled["systemID"]
    assert late.status_code == 409
