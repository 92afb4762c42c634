"""What stands in the way of a deposit is told before anything is written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.orm import Session
from tests.conftest import Client, Service, changing, in_kommune
from tests.deponering.conftest import KOMMUNE, PDF, Arkiv, Export, export_with
from tests.noark.stage import SOME

from sakark_api.errors import Blocked, Conflict, Invalid, NotFound
from sakark_api.formats import Verdict
from sakark_api.noark.bevaring.dokumentkontroll import Found, Kontrolltype, record

Lacking = Callable[[Arkiv], Any]


@pytest.fixture
def made(http: httpx.Client, service: Service) -> Arkiv:
    """An archive with nothing in it yet."""
    return Arkiv(Client(http, service, f"administrator@{KOMMUNE}", KOMMUNE))


def open_case(arkiv: Arkiv) -> Any:
    return arkiv.case(administrativEnhet="Plan")


def without_klasse(arkiv: Arkiv) -> Any:
    assert arkiv.klasse
    return arkiv.new_mappe()


def unfinished_document(arkiv: Arkiv) -> Any:
    return arkiv.paper(arkiv.entry("X", owner=open_case(arkiv)), "B")


def without_archive_format(arkiv: Arkiv) -> Any:
    paper = arkiv.paper(arkiv.entry("X", owner=open_case(arkiv)), "B")
    here = f"{arkiv.client.link(paper, 'self')}fil/"
    sent = arkiv.client.request("POST", here, content=b"a", headers={"Content-Type": "text/plain"})
    assert sent.is_success, sent.text
    return paper


def unaddressed(arkiv: Arkiv) -> Any:
    return arkiv.entry("X", owner=open_case(arkiv), korrespondansepartperson=[])


def without_bevaringstid(arkiv: Arkiv) -> Any:
    decided = {"kassasjonsvedtak": {"kode": "K"}, "kassasjonsdato": SOME}
    return arkiv.case(administrativEnhet="Plan", kassasjon=decided)


def mixed(arkiv: Arkiv) -> Any:
    mappe = arkiv.new_mappe(arkiv.klasse)
    arkiv.new_mappe(mappe)
    arkiv.made(mappe, "registrering")
    return mappe


def mappe_of_two(arkiv: Arkiv) -> Any:
    assert arkiv.klasse
    arkiv.orders(arkiv.new_arkivdel())
    return arkiv.new_mappe(arkiv.klasse)


def entry_of_two(arkiv: Arkiv) -> Any:
    assert arkiv.klasse
    arkiv.orders(arkiv.new_arkivdel())
    return arkiv.made(arkiv.klasse, "registrering")


def archived_in_plain_pdf(arkiv: Arkiv) -> Any:
    paper = arkiv.paper(arkiv.entry("X", owner=open_case(arkiv)), "B")
    return arkiv.filed(paper, "A", b"%PDF-1.4", "fmt/18")


def with_virus(arkiv: Arkiv) -> Any:
    paper = arkiv.paper(arkiv.entry("X", owner=open_case(arkiv)), "B")
    file = arkiv.filed(paper, "A", PDF)

    def note(session: Session) -> None:
        change, unit = changing(session, UUID(file["systemID"]))
        found = Found(Kontrolltype.FORMAT, "virus", Verdict.VIRUS.text, krever_handling=True)
        record(change, unit, found)

    in_kommune(arkiv.client.service.settings, KOMMUNE, note)
    return file


def classified_outside(arkiv: Arkiv) -> Any:
    case = open_case(arkiv)
    here = f"{arkiv.client.link(case, 'self')}sekundaerklassifikasjon/$ref/"
    klasse = arkiv.client.link(arkiv.new_klasse(), "self")
    answer = arkiv.client.request("POST", here, params={"$id": klasse})
    assert answer.is_success, answer.text
    return case


LACKING: dict[str, Lacking] = {
    "mangler avsluttetDato": lambda arkiv: arkiv.arkivdel,
    "Mappe mangler avsluttetDato": open_case,
    "verken er avsluttet (A) eller utgått (U)": open_case,
    "Mapper uten klasse": without_klasse,
    "ikke er ferdigstilt (F)": unfinished_document,
    "mangler arkivformat": without_archive_format,
    "mangler korrespondansepart": unaddressed,
    "mangler kassasjon/bevaringstid": without_bevaringstid,
    "både undermapper og registreringer": mixed,
    "ikke hører til noen av dem": mappe_of_two,
    "uten referanseArkivdel": entry_of_two,
    "format som ikke er godkjent": archived_in_plain_pdf,
    "har virus": with_virus,
    "har en sekundær klasse": classified_outside,
    "har ingen klasser": lambda arkiv: (arkiv.klassifikasjonssystem, arkiv.arkivdel)[1],
}
"""What the reason says, and the unit that it is over."""


@pytest.mark.parametrize("says", LACKING)
def test_what_stands_in_the_way_is_named(
    made: Arkiv, export: Export, tmp_path: Path, says: str
) -> None:
    unit = LACKING[says](made)

    with pytest.raises(Blocked) as refused:
        export(tmp_path / "ut", made.arkivdel)

    own = [one for one in refused.value.obstacles if says in str(one.reason)]
    assert unit["systemID"] in {str(standing.system_id) for one in own for standing in one.units}
    assert list(tmp_path.iterdir()) == []


def test_a_deposit_is_of_an_arkivdel_that_there_is(
    made: Arkiv, export: Export, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        export(tmp_path / "ut", made.arkivskaper)


def test_an_arkivdel_of_another_kommune_is_not_found(
    arkiv: Arkiv, export: Export, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        export(tmp_path / "ut", arkiv.arkivdel, kommune="molde")


def test_a_folder_that_is_there_is_left_alone(arkiv: Arkiv, export: Export, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        export(tmp_path, arkiv.arkivdel)


def test_a_folder_without_schemas_is_refused_with_how_to_get_them(
    service: Service, arkiv: Arkiv, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match="sakark schemas fetch"):
        export_with(service.settings, tmp_path, tmp_path / "ut", arkiv.arkivdel)


def test_a_period_begins_before_it_ends(arkiv: Arkiv, export: Export, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        export(tmp_path / "ut", arkiv.arkivdel, fra=date(2021, 1, 1), til=date(2020, 1, 1))


def test_an_old_version_does_not_stand_in_the_way_of_a_later_archive_format(
    made: Arkiv, export: Export, tmp_path: Path
) -> None:
    paper = made.paper(made.entry("X", owner=open_case(made)), "B")
    made.filed(paper, "P", b"%PDF-1.4 first", "fmt/18")
    latest = made.filed(paper, "P", b"%PDF-1.4 last", "fmt/18")
    made.filed(paper, "A", PDF)
    tag = {"If-Match": made.client.etag(latest)}
    assert made.client.delete(made.client.link(latest, "self"), headers=tag).is_success

    with pytest.raises(Blocked) as refused:
        export(tmp_path / "ut", made.arkivdel)

    assert not [one for one in refused.value.obstacles if "arkivformat" in str(one.reason)]


def test_an_underarkiv_has_an_arkivskaper_too(made: Arkiv, export: Export, tmp_path: Path) -> None:
    under = made.made(made.arkiv, "arkiv")
    part = made.made(under, "arkivdel", arkivdelstatus={"kode": "A"})

    with pytest.raises(Blocked) as refused:
        export(tmp_path / "ut", part)

    (own,) = (one for one in refused.value.obstacles if "uten arkivskaper" in str(one.reason))
    assert [str(one.system_id) for one in own.units] == [under["systemID"]]
