"""What search sifts texts by: doctor sees what is wrong with it, and `sakark sok bygg` mends it."""

import asyncio
import subprocess
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.orm import Session
from tests.api.test_search import Saying, ids, saying, search
from tests.conftest import Service, World, in_kommune
from tests.tenancy.processes import command, environment

from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.doctor.report import Finding, Status
from sakark_api.doctor.sieve import check_sieve
from sakark_api.tenancy.kommune import Kommune, Registry
from sakark_api.tenancy.session import application_engine

__all__ = ["saying"]

TAMPERINGS = {
    "other ids": "UPDATE tekstomfang SET ids = ARRAY[system_id] WHERE system_id = :file",
    "an id too few": "UPDATE tekstomfang SET ids = ids[2:] WHERE system_id = :file",
    "no row": "DELETE FROM tekstomfang WHERE system_id = :file",
}


def kommuner(service: Service) -> Sequence[Kommune]:
    async def read() -> Sequence[Kommune]:
        engine = application_engine(service.settings, APPLICATION_ROLE, pool_size=1)
        try:
            return list((await Registry(engine).current()).values())
        finally:
            await engine.dispose()

    return asyncio.run(read())


def examined(service: Service, **limits: Any) -> list[Finding]:
    return asyncio.run(check_sieve(service.settings, kommuner(service), **limits))


def build(service: Service, kommune: str) -> "subprocess.CompletedProcess[str]":
    return command(environment(service), "sok", "bygg", "--kommune", kommune)


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_was_tampered_with_is_seen_and_mended(
    service: Service, saying: Saying, world: World, tampering: str
) -> None:
    word = f"ord{world.dokumentobjekt['systemID'].replace('-', '')}"
    file = saying(f"Her står {word}.")["systemID"]

    def tamper(session: Session) -> None:
        session.execute(sql(TAMPERINGS[tampering]), {"file": file})

    before = examined(service)
    in_kommune(service.settings, "molde", tamper)
    found = examined(service)
    mended = build(service, "molde")
    after = examined(service)

    assert [one.status for one in before] == [Status.OK]
    assert [(one.id, one.status) for one in found] == [("search-sieve", Status.FAILURE)]
    assert "Søk i molde siler 1 av" in found[0].sentence
    assert "kjør «sakark sok bygg --kommune molde»" in found[0].sentence
    assert (mended.returncode, mended.stderr) == (0, "")
    assert mended.stdout.endswith("tekster sammenlignet, 1 rettet.\n")
    assert [one.status for one in after] == [Status.OK]
    assert ids(search(world.client, word))


def test_no_more_is_looked_at_than_there_is_time_for(service: Service) -> None:
    hours = count(0, 3600)

    found = examined(service, clock=lambda: float(next(hours)))

    assert [one.status for one in found] == [Status.WARNING]
    assert "Det ble ikke tid til å se på søket i mer enn 0 av" in found[0].sentence


def test_as_many_texts_are_compared_as_are_asked(service: Service, saying: Saying) -> None:
    saying("Noe.")

    found = examined(service, most=1)

    assert [one.status for one in found] == [Status.OK]
