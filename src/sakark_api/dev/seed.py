"""Demo municipalities: their users, and a handful of cases with real PDFs."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Table, exists, insert, select
from sqlalchemy.orm import Session

from sakark_api.dev.identity import demo_users
from sakark_api.drift.seeding import (
    Case,
    Seeder,
    make_case,
    make_structure,
    make_units,
    store_letters,
)
from sakark_api.noark.model import Base
from sakark_api.noark.resource import Actor, Change, StoredFile
from sakark_api.noark.structure import Catalog
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.session import Writer

__all__ = ["DEMO", "Demo", "seed_kommune"]


@dataclass(frozen=True)
class Demo:
    """A demo municipality, as the registry knows it."""

    slug: str
    navn: str
    kommunenummer: str
    organisasjonsnummer: str
    maalform: str = "nb"


DEMO: Final = (
    Demo("molde", "Molde kommune", "1506", "921221967"),
    Demo("vestnes", "Vestnes kommune", "1535", "939901965", "nn"),
    Demo("rauma", "Rauma kommune", "1539", "864981062"),
    Demo("aukra", "Aukra kommune", "1547", "964981426", "nn"),
    Demo("midsund", "Midsund kommune", "1545", "864981372"),
)

CASES: Final = (
    ("Søknad om oppføring av garasje, Fjordvegen 12", "L42", "Søknad om tillatelse til tiltak"),
    ("Reguleringsplan for Nedre Øra", "L12", "Merknad til planforslag"),
    ("Opptak til barnehage 2027", "A10", "Søknad om barnehageplass"),
    ("Tilsetting av ingeniør ved teknisk drift", "221", "Søknad på stilling"),
    ("Innsyn i budsjettforslag", "033", "Krav om innsyn"),
    ("Vinterdrift av kommunale veger", "Q10", "Klage på brøyting"),
)
SENDERS: Final = ("Kari Nordmann", "Ola Nordmann", "Fjord Bygg AS", "Romsdal Entreprenør AS")


async def seed_kommune(
    demo: Demo,
    tenant_id: int,
    issuer: str,
    catalog: Catalog,
    writer: Writer,
    documents: Documents,
    now: datetime,
) -> None:
    """Fill one demo municipality; documents first, then everything in one transaction."""
    chance = random.Random(demo.slug)
    cases = [
        Case(tittel, kode, brev, chance.choice(SENDERS), now - timedelta(chance.randrange(1, 300)))
        for tittel, kode, brev in CASES
    ]
    files = await store_letters(documents, f"{demo.slug}/demo", cases, demo.navn)
    fill = partial(
        _fill, demo=demo, issuer=issuer, catalog=catalog, now=now, cases=cases, files=files
    )
    async with writer.transaction(tenant_id) as session:
        await session.run_sync(fill)


def _fill(
    session: Session,
    demo: Demo,
    issuer: str,
    catalog: Catalog,
    now: datetime,
    cases: list[Case],
    files: list[StoredFile],
) -> None:
    if session.scalar(select(exists(Base.metadata.tables["arkivskaper"]))):
        return  # killed after this and before the registry knew
    actor = Actor(uuid4(), "Demodata")
    seeder = Seeder(
        catalog, Change(session=session, actor=actor, now=now, kodeverk=session.info["kodeverk"])
    )
    archivist = seeder.make("bruker", {"brukerNavn": actor.navn})
    seeder.change = replace(seeder.change, actor=Actor(archivist.system_id, actor.navn))
    units = make_units(seeder)
    _make_users(seeder, demo, issuer, units)
    classes = make_structure(seeder, demo.organisasjonsnummer, demo.navn)
    for case, file in zip(cases, files, strict=True):
        make_case(seeder, classes[case.kode], units[0], case, file)


def _make_users(seeder: Seeder, demo: Demo, issuer: str, units: list[tuple[UUID, str]]) -> None:
    """Make the demo users, each in a unit, tied to the development identity."""
    pairs: Table = Base.metadata.tables["administrativenhet_bruker"]
    for place, user in enumerate(one for one in demo_users() if one.kommune == demo.slug):
        made: Any = seeder.make("bruker", {"brukerNavn": user.name, "kortnavn": user.username})
        made.issuer, made.subject = issuer, user.subject
        seeder.change.session.execute(
            insert(pairs).values(
                tenant_id=made.tenant_id,
                administrativenhet_ref=units[place % len(units)][0],
                bruker_ref=made.system_id,
            )
        )
