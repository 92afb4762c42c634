"""The commands by which kommuner move, become one, are split, and are given up."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api.cli_owner import (
    as_owner,
    chosen_kommuner,
    commander,
    opened_documents,
    with_database,
)
from sakark_api.errors import Invalid
from sakark_api.settings import Settings
from sakark_api.texts import Text, text

if TYPE_CHECKING:
    from sakark_api.flytting.pakke import Manifest
    from sakark_api.flytting.sammen import Rapport
    from sakark_api.tenancy.relocation import Copied

__all__ = ["mount"]

PATIENCE_SECONDS = 600.0
LACKING = 2
"""Exit code where something that the rows name did not come along."""

Slug = Annotated[str, typer.Argument(help="Kommunens kortnavn, slik det står i adressene.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Se etter alt og si hva som ville skje, men skriv ikke.")
]


def mount(kommune: typer.Typer) -> None:
    """Add the commands to `sakark kommune`."""
    kommune.command("export")(export)
    kommune.command("import")(import_)
    kommune.command("gi-opp")(gi_opp)
    kommune.command("flyttet")(flyttet)
    kommune.command("merge")(merge)
    kommune.command("split")(split)


def export(
    slug: Slug,
    mappe: Annotated[Path, typer.Argument(help="En tom mappe, eller den som ble påbegynt.")],
    *,
    dry_run: DryRun = False,
) -> None:
    """Skriv alt en kommune har, til en mappe: rader, filer, og loggen med segl.

    Sett kommunen i avsluttet først. Avbrytes den, kjøres den igjen med samme mappe. Avslutter med 2
    når en fil manglet eller var skadet i lageret.
    """
    if dry_run:
        for name, count in with_database(partial(_count, slug=slug)).items():
            print(f"{name}\t{count}")
        print(text("Dette var en prøvekjøring. Ingenting er skrevet."))
        return
    manifest = with_database(partial(_export, slug=slug, folder=mappe))
    _tell_faults(manifest)
    print(
        text(
            "{mappe}: {rader} rader i {tabeller} tabeller, {filer} filer, {megabyte} MB.",
            mappe=mappe,
            rader=sum(one.rader for one in manifest.tabeller),
            tabeller=len(manifest.tabeller),
            filer=manifest.filer,
            megabyte=manifest.byte // 1_000_000,
        )
    )
    sys.exit(LACKING if manifest.feil else 0)


async def _count(engine: AsyncEngine, settings: Settings, slug: str) -> dict[str, int]:
    from sakark_api.flytting.utreise import Leaving, count_all

    del engine
    async with opened_documents(settings) as documents, chosen_kommuner(settings, [slug]) as chosen:
        writer, (kommune,), _ = chosen
        now = commander().now
        return await count_all(Leaving(settings, writer, documents, kommune, now, _tell))


async def _export(engine: AsyncEngine, settings: Settings, slug: str, folder: Path) -> "Manifest":
    from sakark_api.flytting.utreise import Leaving, leave
    from sakark_api.tenancy.driftslogg import log_drift
    from sakark_api.tenancy.operator import in_transaction

    who = commander()
    settings = settings.model_copy(update={"database_statement_seconds": PATIENCE_SECONDS})
    async with opened_documents(settings) as documents, chosen_kommuner(settings, [slug]) as chosen:
        writer, (kommune,), _ = chosen
        if kommune.sandkasse_for is not None:
            raise Invalid(text("En sandkasse kan ikke flytte."))
        leaving = Leaving(settings, writer, documents, kommune, who.now, _tell)
        manifest = await leave(leaving, folder)
    facts = {"segl": manifest.segl.segl, "filer": manifest.filer, "feil": len(manifest.feil)}
    await in_transaction(
        engine, lambda session: log_drift(session, who, "kommune eksportert", slug, facts)
    )
    return manifest


def import_(
    mappe: Annotated[Path, typer.Argument(help="Mappen som `kommune export` skrev.")],
    som: Annotated[
        str | None, typer.Option(help="Kortnavnet her; ellers det kommunen hadde.")
    ] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Sett sammen en kommune av en mappe, og åpne den når alt er her og loggen er bevist.

    Avbrytes den, går den videre der den slapp. Kommunen er i forberedelse etterpå.
    """
    from sakark_api.flytting.pakke import opened

    pakke, manifest, seen_as = opened(mappe)
    slug = som or manifest.kommune.slug
    if dry_run:
        from sakark_api.flytting.ankomst import rehearse

        with_database(lambda engine, _: rehearse(engine, pakke, manifest, seen_as, slug))
        print(text("Dette var en prøvekjøring. Ingenting er skrevet."))
        return

    async def run(engine: AsyncEngine, settings: Settings) -> None:
        from sakark_api.flytting.ankomst import Arriving, arrive

        async with opened_documents(settings) as documents:
            arriving = Arriving(settings, engine, documents, commander(), _tell)
            await arrive(arriving, pakke, manifest, seen_as, slug)

    with_database(run)
    _tell_faults(manifest)
    print(
        text(
            "Kommunen {slug} er her, med {filer} filer, og loggen er bevist til segl {segl}.",
            slug=slug,
            filer=manifest.filer - len(manifest.feil),
            segl=manifest.segl.segl,
        )
    )
    sys.exit(LACKING if manifest.feil else 0)


def gi_opp(slug: Slug) -> None:
    """Gi opp en kommune som er på vei inn: filene, radene og navnet den har her.

    Bare en som `kommune import` har påbegynt og ingen ser ennå. Avbrytes den, kjøres den igjen.
    """

    async def run(engine: AsyncEngine, settings: Settings) -> int:
        from sakark_api.flytting.oppgivelse import give_up

        async with opened_documents(settings) as documents:
            return await give_up(engine, documents, commander(), slug)

    left = with_database(run)
    print(text("Kommunen {slug} er gitt opp, og er ikke her lenger.", slug=slug))
    if left:
        print(text("{antall} filer er låst i lageret, og ligger igjen.", antall=left))


def flyttet(
    slug: Slug,
    til: Annotated[
        str | None, typer.Option(help="Roten der kommunen er nå, som https://…/molde/api/.")
    ] = None,
    *,
    tilbake: Annotated[bool, typer.Option("--tilbake", help="Svar selv igjen.")] = False,
) -> None:
    """La adressene til en avsluttet kommune vise til der den er nå (308)."""
    from sakark_api.drift.work import set_moved

    if (til is None) is not tilbake:
        raise Invalid(text("Oppgi enten --til med en adresse, eller --tilbake."))
    as_owner(partial(set_moved, who=commander(), slug=slug, address=til))
    print(f"Kommunen {slug} er endret.")


def merge(
    fra: Annotated[str, typer.Argument(help="Kommunen som går inn i den andre; avsluttet.")],
    til: Annotated[str, typer.Argument(help="Kommunen som består.")],
    adresse: Annotated[
        str | None, typer.Option(help="Roten til kommunen som består; ellers av PUBLIC_URL.")
    ] = None,
    rapport: Annotated[Path | None, typer.Option(help="Fil til rapporten, som JSON.")] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Slå sammen to kommuner: alt den ene har, blir den andres. Loggen dens blir der den er.

    Filene kopieres først; radene flyttes i én transaksjon. Avbrytes den, kjøres den igjen. En
    prøvekjøring gjør alt sammen og angrer det: kjør også den når få er på jobb. Avslutter med 2 når
    en fil manglet eller var skadet.
    """
    who = commander()

    async def run(engine: AsyncEngine, settings: Settings) -> "tuple[Rapport, list[str]]":
        from sakark_api.flytting.sammenslaaing import merge as merge_rows
        from sakark_api.flytting.sammenslaaing import refuse_merge

        root = adresse or (settings.public_url and f"{settings.public_url}/{til}/api/")
        if root is None:
            raise Invalid(text("Sett SAKARK_PUBLIC_URL, eller oppgi --adresse."))
        moving = _Moving(engine, settings, fra, til, dry_run=dry_run)
        return await moving.carry_out(
            lambda session: refuse_merge(session, fra, til),
            lambda session: merge_rows(session, who, fra, til, root),
        )

    _tell_report(*with_database(run), rapport, dry_run=dry_run)


def split(
    fra: Annotated[str, typer.Argument(help="Kommunen arkivdelene er i; avsluttet så lenge.")],
    til: Annotated[str, typer.Argument(help="Kommunen som får dem; lag den først om den er ny.")],
    arkivdel: Annotated[list[UUID], typer.Option(help="systemID til en arkivdel; kan gjentas.")],
    rapport: Annotated[Path | None, typer.Option(help="Fil til rapporten, som JSON.")] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Flytt arkivdeler fra en kommune til en annen: alt i dem, med historien.

    Det som ikke kan skilles, nevnes før noe er endret. Filene kopieres først; radene flyttes i én
    transaksjon. Avbrytes den, kjøres den igjen. En prøvekjøring gjør alt sammen og angrer det.
    Avslutter med 2 når en fil manglet eller var skadet.
    """
    who, arkivdeler = commander(), list(dict.fromkeys(arkivdel))

    async def run(engine: AsyncEngine, settings: Settings) -> "tuple[Rapport, list[str]]":
        from sakark_api.flytting.deling import look
        from sakark_api.flytting.deling import split as split_rows

        moving = _Moving(engine, settings, fra, til, arkivdeler, dry_run=dry_run)
        return await moving.carry_out(
            lambda session: look(session, who, fra, til, arkivdeler),
            lambda session: split_rows(session, who, fra, til, arkivdeler),
        )

    _tell_report(*with_database(run), rapport, dry_run=dry_run)


@dataclass(frozen=True)
class _Moving:
    """All of a kommune, or some arkivdeler of it, on the way to another one."""

    engine: AsyncEngine
    settings: Settings
    fra: str
    til: str
    arkivdeler: Sequence[UUID] | None = None
    _: KW_ONLY
    dry_run: bool

    async def carry_out(
        self, refuse: Callable[[Session], object], act: "Callable[[Session], Rapport]"
    ) -> "tuple[Rapport, list[str]]":
        """Copy files, unless it is refused, and then move rows; give the files at fault too."""
        from sakark_api.flytting.filer import copy_over
        from sakark_api.tenancy.operator import in_transaction, rehearse

        if self.dry_run:
            return await rehearse(self.engine, act), []
        async with (
            opened_documents(self.settings) as documents,
            chosen_kommuner(self.settings, [self.fra, self.til]) as chosen,
        ):
            writer, (fra, til), _ = chosen
            await rehearse(self.engine, refuse)
            faults = await _copy(copy_over(writer, documents, fra, til, self.arkivdeler))
        return await in_transaction(self.engine, act), faults


async def _copy(copying: "AsyncIterator[Copied]") -> list[str]:
    """Copy files, and tell of those at fault."""
    return [
        f"{one.file.key}\t{fault.value}"
        async for one in copying
        if (fault := one.source or one.target) is not None
    ]


def _tell_report(
    found: "Rapport", faults: list[str], rapport: Path | None, *, dry_run: bool
) -> None:
    """Print what rows have been moved to where, and end with whether files were at fault."""
    for name, count in found.tabeller.items():
        print(f"{name}\t{count}")
    for name, count in found.kopier.items():
        print(text("{tabell}: {antall} er kopier.", tabell=name, antall=count))
    for one in found.as_data()["kollisjoner"]:
        print(text("{slag}: {antall}. {regel}", **{**one, "endret": None}))
    for fault in faults:
        print(fault)
    if rapport is not None:
        written = json.dumps(found.as_data(), ensure_ascii=False, indent=1)
        rapport.write_text(written + "\n", encoding="utf-8")
        print(text("Rapporten er skrevet: {fil}", fil=rapport))
    if dry_run:
        print(text("Dette var en prøvekjøring. Ingenting er skrevet."))
    sys.exit(LACKING if faults else 0)


def _tell_faults(manifest: "Manifest") -> None:
    for one in manifest.feil:
        print(one.noekkel, one.feil, sep="\t")
    for funn in manifest.funn:
        print(funn.enhet, funn.tabell, funn.hva, sep="\t")


def _tell(far: Text) -> None:
    print(far, file=sys.stderr, flush=True)
