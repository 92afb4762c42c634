"""What a newcomer does: from one address to a journalled letter, found again, bytes and all."""

from typing import Any

import pytest
from tests.conftest import Client, LogIn, World


def an_open_class(client: Client) -> Any:
    classes = client.get(
        f"{client.root}arkivstruktur/klasse/", params={"$filter": "klasseID eq 'L42'"}
    ).json()
    return classes["results"][0]


def test_a_letter_is_journalled_found_and_downloaded(log_in: LogIn) -> None:
    client = log_in("saksbehandler@molde")
    sak = client.make(an_open_class(client), "sakarkiv/ny-saksmappe/", {"tittel": "Naust"})
    post = client.make(sak, "sakarkiv/ny-journalpost/", {"tittel": "Søknad om naustplass"})
    document = client.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": "Søknad"})
    sent = b"%PDF-1.4 " + bytes(range(256)) * 100

    uploaded = client.request(
        "POST",
        client.link(document, "arkivstruktur/fil/"),
        content=sent,
        headers={"Content-Type": "application/pdf"},
    )

    assert uploaded.status_code == 201, uploaded.text
    found = client.get(
        f"{client.root}sakarkiv/journalpost/",
        params={"$search": "naustplassen", "$filter": f"systemID eq '{post['systemID']}'"},
    ).json()
    assert [unit["systemID"] for unit in found["results"]] == [post["systemID"]]
    downloaded = client.get(client.link(uploaded.json(), "arkivstruktur/fil/"))
    assert downloaded.content == sent
    assert downloaded.headers["content-type"] == "application/pdf"


def test_every_kind_of_unit_can_be_made_by_following_links(world: World) -> None:
    journalpost = world.client.refreshed(world.journalpost)

    assert journalpost["registreringsID"].startswith(world.saksmappe["mappeID"] + "-")
    assert journalpost["journalstatus"] == {"kode": "J", "kodenavn": "Journalført"}


@pytest.mark.parametrize("user", ["saksbehandler@rauma", "administrator@vestnes"])
def test_another_kommune_sees_nothing(log_in: LogIn, world: World, user: str) -> None:
    foreigner = log_in(user)
    here = world.client.link(world.journalpost, "self")
    there = here.replace("/molde/", f"/{user.split('@')[1]}/")

    answers = [foreigner.get(here), foreigner.get(there)]

    assert [answer.status_code for answer in answers] == [404, 404]
