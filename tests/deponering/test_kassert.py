"""What two people have had destroyed is deposited as that, and no check misses it."""

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import BEVARING, LogIn, Service
from tests.deponering.conftest import KOMMUNE, Arkiv, Export, texts_of
from tests.deponering.test_beredskap import counted, summary
from tests.jobs.conftest import Worker
from tests.jobs.disposal import DUE, approved, executed, filled

from sakark_api.deponering.kontroll import check


@pytest.fixture
def disposed(log_in: LogIn, service: Service) -> Arkiv:
    """A closed arkivdel with two letters, one of which has been disposed of."""
    arkiv = Arkiv(log_in(f"administrator@{KOMMUNE}"))
    sak = arkiv.case(administrativEnhet="Plan og bygg", kassasjon=DUE)
    posts = [arkiv.letter(sak, "U", tittel=tittel) for tittel in ("Kasseres", "Bevares")]
    kept = {**DUE, "kassasjonsvedtak": {"kode": "B"}}
    arkiv.change(paper_of(arkiv, posts[1]), kassasjon=kept)
    for post in posts:
        arkiv.archived(arkiv.client.refreshed(post))
    arkiv.close(sak, arkiv.arkivdel)
    worker, client = Worker(service.settings), arkiv.client
    made = client.make(arkiv.arkivdel, f"{BEVARING}ny-kassasjonsliste/", {})
    liste = filled(worker, client, made)
    approved(client, log_in(f"arkivar@{KOMMUNE}"), liste)
    done = executed(worker, client, liste)
    assert done["kassasjonsbevis"]["antallDokumenter"] == 1
    assert "Skulle kasserast seinast:" in done["bevistekst"]
    return arkiv


def paper_of(arkiv: Arkiv, post: Any) -> Any:
    listed = arkiv.client.get(arkiv.client.link(post, "arkivstruktur/dokumentbeskrivelse/"))
    return listed.json()["results"][0]


def test_what_was_disposed_of_is_deposited_as_that_and_missed_by_nobody(
    disposed: Arkiv, service: Service, export: Export, tmp_path: Path
) -> None:
    target = tmp_path / "ut"
    counted(service, disposed.arkivdel)

    export(target, disposed.arkivdel)

    structure = target / "arkivstruktur.xml"
    assert summary(disposed.client, disposed.arkivdel)["score"] == 1
    assert not check(target, None).faulty
    assert len(texts_of(structure, "kassertDato")) == 1
    assert len(texts_of(structure, "referanseDokumentfil")) == 1
    assert len([*(target / "dokumenter").rglob("*.pdf")]) == 1
