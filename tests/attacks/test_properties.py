"""API3:2023 Broken object property level authorization: what the core alone may write.

POST, PUT and PATCH of each resource by itself are in `tests/test_catalog.py`.
"""

from typing import Any

import pytest
from tests.attacks.conftest import DESCRIPTION
from tests.conftest import World

FORGED: dict[str, Any] = {
    "systemID": "00000000-0000-4000-8000-00000000feed",
    "opprettetDato": "1814-05-17T00:00:00+01:00",
    "opprettetAv": "En annen",
    "referanseOpprettetAv": "00000000-0000-4000-8000-00000000feed",
    "registreringsID": "1814/1-1",
    "journalaar": 1814,
    "journalsekvensnummer": 1,
    "mappeID": "1814/1",
    "saksaar": 1814,
    "sakssekvensnummer": 1,
    "avskrevetAv": "En annen",
    "merknadRegistrertAv": "En annen",
}


def assert_not_forged(shown: dict[str, Any]) -> None:
    taken = {name for name, value in FORGED.items() if shown.get(name) == value}
    assert taken == set()


@pytest.mark.parametrize(
    ("owner", "made", "key", "body"),
    [
        ("saksmappe", "journalpost", "korrespondansepartperson", {"navn": "Kari"}),
        ("saksmappe", "journalpost", "partperson", {"navn": "Kari"}),
        ("saksmappe", "journalpost", "merknad", {"merknadstekst": "Husk"}),
        ("saksmappe", "journalpost", "avskrivning", {}),
        ("arkivdel", "mappe", "merknad", {"merknadstekst": "Husk"}),
        ("klasse", "saksmappe", "partenhet", {"navn": "Firmaet"}),
    ],
)
def test_what_the_core_sets_is_not_taken_from_a_part_inside_a_body(
    ours: World, owner: str, made: str, key: str, body: dict[str, Any]
) -> None:
    client = ours.client
    package = "arkivstruktur" if made == "mappe" else "sakarkiv"
    schema = next(
        one
        for name, one in DESCRIPTION["components"]["schemas"].items()
        if name.lower().startswith(key) and "properties" in one
    )
    forged = {name: value for name, value in FORGED.items() if name in schema["properties"]}

    unit = client.make(
        getattr(ours, owner),
        f"{package}/ny-{made}/",
        {"tittel": "Brev", "opprettetAv": FORGED["opprettetAv"], key: [{**body, **forged}]},
    )

    role = "korrespondansepart" if key.startswith("korr") else key.removesuffix("person")
    role = role.removesuffix("enhet")
    answer = client.get(f"{client.link(unit, 'self')}{role}/")
    assert_not_forged(unit)
    for one in answer.json()["results"]:
        assert_not_forged(one)
