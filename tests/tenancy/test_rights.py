"""Rights are read again when something they are read from has changed, and only then."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tests.conftest import Service

from sakark_api.access.reach import Rights
from sakark_api.db.reader import APPLICATION_ROLE
from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker, bruker_enheter
from sakark_api.noark.admin.innlogging import find_actor
from sakark_api.noark.admin.tilgang import Tilgang
from sakark_api.noark.tilgangsstyring.rettigheter import load_rights
from sakark_api.noark.values import Kode
from sakark_api.tenancy.kommune import load_registry
from sakark_api.tenancy.session import Writer, application_engine

NOW = datetime.now(UTC)


def log_in_as_new(session: Session) -> None:
    find_actor(session, "https://issuer.example", uuid4().hex, "Ny", NOW)


def log_in_by_another_name(session: Session) -> None:
    subject = uuid4().hex
    find_actor(session, "https://issuer.example", subject, "Ny", NOW)
    find_actor(session, "https://issuer.example", subject, "Nytt navn", NOW)


def some_bruker(session: Session) -> Bruker:
    log_in_as_new(session)
    return session.scalars(select(Bruker).where(Bruker.opprettet_dato == NOW).limit(1)).one()


def shorten_a_name(session: Session) -> None:
    some_bruker(session).kortnavn = uuid4().hex


def clear_somebody(session: Session) -> None:
    some_bruker(session).klarering = Kode(kode="H", kodenavn="Hemmelig")


def new_enhet(session: Session, above: AdministrativEnhet | None = None) -> AdministrativEnhet:
    made = AdministrativEnhet(
        tenant_id=session.info["tenant_id"],
        system_id=uuid4(),
        administrativ_enhet_navn="Enhet",
        administrativ_enhetsstatus="Aktiv",
        opprettet_dato=NOW,
        opprettet_av="Prøve",
        referanse_overordnet_enhet=above.system_id if above else None,
    )
    session.add(made)
    session.flush()
    return made


def make_enhet_below(session: Session) -> None:
    new_enhet(session, new_enhet(session))


def join_enhet(session: Session) -> None:
    pair = {
        "tenant_id": session.info["tenant_id"],
        "administrativenhet_ref": new_enhet(session).system_id,
        "bruker_ref": some_bruker(session).system_id,
    }
    session.execute(bruker_enheter.insert().values(pair))


def give_right(session: Session) -> None:
    session.add(
        Tilgang(
            tenant_id=session.info["tenant_id"],
            system_id=uuid4(),
            rolle=uuid4().hex,
            tilgangskategori=Kode(kode="M", kodenavn="mappe"),
            les=True,
            ny=False,
            endre=False,
            slett=False,
        )
    )


CHANGES: list[tuple[Callable[[Session], object], bool]] = [
    (log_in_as_new, False),
    (log_in_by_another_name, False),
    (shorten_a_name, False),
    (new_enhet, False),
    (clear_somebody, True),
    (make_enhet_below, True),
    (join_enhet, True),
    (give_right, True),
]


@pytest.mark.parametrize(
    ("work", "read_again"), CHANGES, ids=[work.__name__ for work, _ in CHANGES]
)
def test_rights_are_read_again_when_they_have_changed(
    service: Service, work: Callable[[Session], object], *, read_again: bool
) -> None:
    read: list[Rights] = asyncio.run(read_before_and_after(service, work))

    assert (read[0] is not read[1]) is read_again


async def read_before_and_after(
    service: Service, work: Callable[[Session], object]
) -> list[Rights]:
    """Read Molde's rights, do something in a transaction, and read them as the same process."""
    engine = application_engine(service.settings, APPLICATION_ROLE, pool_size=1)
    try:
        async with AsyncSession(engine) as session:
            molde = (await load_registry(session))["molde"]
        writer = Writer(engine)
        before = await writer.rights(molde.id, molde.rettigheter_version, load_rights)
        async with writer.transaction(molde.id) as session:
            await session.run_sync(work)
        after = await writer.rights(molde.id, molde.rettigheter_version, load_rights)
        return [before, after]
    finally:
        await engine.dispose()
