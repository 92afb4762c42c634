"""What cannot be cut is named, all of it at once, and nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session
from tests.conftest import MOETER, TILGANGSSTYRING, World, in_kommune
from tests.flytting.conftest import SLUG, House

from sakark_api.tenancy.innlesing import Innlesing, begin
from sakark_api.tenancy.uttrekk import Tilstand, add_order, move

TIL = "molde"
CUT = {
    "kryssreferanse": "Kryssreferanser går på tvers",
    "dokument": "Dokumenter er knyttet til registreringer på begge sider",
    "presedens": "Presedenser gjelder mapper på begge sider",
    "avskrivning": "Journalposter er avskrevet av en journalpost på den andre siden",
    "arkivdel": "Arkivdeler er forløper eller arvtaker for hverandre på hver sin side",
    "møte": "Mapper viser til en mappe eller et møte på den andre siden",
    "liste": "Kassasjonslister er ikke avsluttet i Delen",
    "pålegg": "Bevaringspålegg på klasser gjelder enheter på begge sider: L42",
    "uttrekk": "Uttrekk er bestilt eller i gang",
    "innlesing": "Innlesinger er ikke ferdige",
}


@dataclass(frozen=True)
class Refused:
    """What was said, of a kommune in which everything stands in the way that may."""

    world: World
    stays: dict[str, Any]
    said: str
    returncode: int


@pytest.fixture(scope="module")
def refused(source: House) -> Iterator[Refused]:
    world = World(source.client())
    stays = entangled(world)
    settings, order, own = source.service.settings, [uuid4()], uuid4()
    in_kommune(settings, SLUG, partial(begin_all, world.arkivdel, order, own))
    ended = source.sakark("kommune", "status", SLUG, "avsluttet", "--begrunnelse", "Deles")
    assert ended.returncode == 0, ended.stderr
    part = world.arkivdel["systemID"]
    done = source.sakark("kommune", "split", SLUG, TIL, "--arkivdel", part)
    again = source.sakark("kommune", "status", SLUG, "drift", "--begrunnelse", "Ikke delt")
    assert again.returncode == 0, again.stderr
    yield Refused(world, stays, done.stderr, done.returncode)
    in_kommune(settings, SLUG, partial(end_all, order, own))


def entangled(world: World) -> dict[str, Any]:
    """Tie what is in an arkivdel to what is in another, in every way there is."""
    client = world.client
    assert world.journalpost
    assert world.kassasjonsliste
    assert world.presedens
    assert world.registrering
    assert world.dokumentbeskrivelse
    other = client.make(world.arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Blir"})
    case = client.make(other, "sakarkiv/ny-saksmappe/", {"tittel": "Sak som blir"})
    entry = client.make(case, "sakarkiv/ny-journalpost/", {"tittel": "Brev som blir"})
    client.refer(world.mappe, case)
    tie(world, entry, "dokumentbeskrivelse", world.dokumentbeskrivelse)
    tie(world, case, "presedens", world.presedens)
    client.make(
        world.journalpost,
        "sakarkiv/ny-avskrivning/",
        {"referanseAvskrivesAvJournalpost": entry["systemID"]},
    )
    tie(world, other, "forrigearkivdel", world.arkivdel, "PUT")
    moete = {"utvalg": "Utvalget", "moetedato": "2026-12-17T10:00:00+01:00"}
    first = client.make(
        other, f"{MOETER}ny-moetemappe/", {**moete, "tittel": "Før", "moetenummer": "1/2026"}
    )
    client.make(
        world.arkivdel,
        f"{MOETER}ny-moetemappe/",
        {
            **moete,
            "tittel": "Etter",
            "moetenummer": "2/2026",
            "referanseForrigeMoete": first["systemID"],
        },
    )
    tie(world, other, "klassifikasjonssystem", world.klassifikasjonssystem, "PUT")
    client.make(
        world.klasse, f"{TILGANGSSTYRING}ny-bevaringspaalegg/", {"hjemmel": "Arkivlova § 13"}
    )
    return {"mappe": case, "registrering": entry}


def tie(world: World, owner: Any, role: str, target: Any, method: str = "POST") -> None:
    client = world.client
    answer = client.request(
        method,
        f"{client.link(owner, 'self')}{role}/$ref",
        params={"$id": client.link(target, "self")},
    )
    assert answer.status_code in (200, 201, 204), answer.text


def begin_all(arkivdel: Any, order: list[UUID], own: UUID, session: Session) -> None:
    """Begin an import, and order a deposit of the arkivdel."""
    now = datetime.now(UTC)
    made = Innlesing(
        id=own, fingeravtrykk=own.hex, mappe="pakke", versjon="5.0", startet=now, tall={}
    )
    begin(session, made)
    facts = {"arkivdeler": [UUID(arkivdel["systemID"])], "produksjonsformat": False}
    who = {"bestilt_dato": now, "bestilt_av": "Kari", "referanse_bestilt_av": uuid4()}
    order[0] = add_order(session, {**facts, **who})


def end_all(order: list[UUID], own: UUID, session: Session) -> None:
    assert move(session, order[0], Tilstand.AVBRUTT, {})
    session.execute(delete(Innlesing).where(Innlesing.id == own))


@pytest.mark.parametrize("what", CUT)
def test_what_cannot_be_cut_is_named(refused: Refused, what: str) -> None:
    assert refused.returncode == 1
    assert refused.said.count(CUT[what]) == 1


@pytest.mark.parametrize("name", ["mappe", "registrering", "journalpost", "dokumentbeskrivelse"])
def test_nothing_is_changed(refused: Refused, name: str) -> None:
    before = getattr(refused.world, name)

    after = refused.world.client.get(refused.world.client.link(before, "self"))

    assert after.status_code == 200


def test_units_are_called_by_their_numbers(refused: Refused) -> None:
    assert refused.world.mappe["mappeID"] in refused.said
    assert refused.stays["registrering"]["registreringsID"] in refused.said
