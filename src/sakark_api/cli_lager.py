"""The commands that look after the documents' storage: `storage verify` and `storage migrate`."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sakark_api.cli_owner import Slugs, chosen_kommuner, opened_documents, with_addresses
from sakark_api.errors import Invalid
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import text

if TYPE_CHECKING:
    from sakark_api.tenancy.kommune import Kommune
    from sakark_api.tenancy.relocation import Copied, Copying
    from sakark_api.tenancy.session import Writer
    from sakark_api.tenancy.verification import Fault, File

__all__ = ["storage"]

EVERY_FILES = 100

storage = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Lageret for dokumenter."
)

AsJson = Annotated[bool, typer.Option("--json", help="Skriv funn og tall som JSON.")]
Read = Annotated[
    bool,
    typer.Option("--les/--bare-stoerrelse", help="Les alle byte, eller se bare på størrelsen."),
]


@dataclass
class Finding:
    """A file that is not as its row says, and in which of the storages."""

    system_id: str
    noekkel: str
    lager: str
    feil: str


@dataclass
class Figures:
    """What was looked at in one kommune."""

    filer: int = 0
    byte: int = 0
    kopiert: int = 0
    deler: int = 0
    loese: int = 0
    funn: list[Finding] = field(default_factory=list)

    def find(self, file: "File", lager: str, fault: "Fault") -> None:
        self.funn.append(Finding(str(file.system_id), file.key, lager, fault.value))


class Report:
    """What came of it, told at the end; how far it has come is told on the way."""

    def __init__(self) -> None:
        self.kommuner: dict[str, Figures] = {}

    def begin(self, slug: str) -> Figures:
        """Give the figures of a kommune, to be filled."""
        return self.kommuner.setdefault(slug, Figures())

    def progress(self, slug: str) -> None:
        """Tell how far we have come, now and then."""
        figures = self.kommuner[slug]
        if figures.filer % EVERY_FILES == 0:
            sentence = text(
                "{kommune}: {filer} filer, {megabyte} MB",
                kommune=slug,
                filer=figures.filer,
                megabyte=figures.byte // 1_000_000,
            )
            print(sentence, file=sys.stderr, flush=True)

    def end(self, *, as_json: bool, told: Callable[[str, Figures], object]) -> None:
        """Tell what came of it, and leave with 1 if anything was found."""
        count = sum(len(figures.funn) for figures in self.kommuner.values())
        if as_json:
            found = {slug: asdict(figures) for slug, figures in self.kommuner.items()}
            print(json.dumps({"kommuner": found, "funn": count}, ensure_ascii=False))
            sys.exit(count > 0)
        for slug, figures in self.kommuner.items():
            for one in figures.funn:
                print(slug, one.system_id, one.noekkel, one.lager, one.feil, sep="\t")
        for slug, figures in self.kommuner.items():
            print(told(slug, figures))
        print(text("{antall} funn.", antall=count))
        sys.exit(count > 0)


@storage.command("verify")
def storage_verify(kommune: Slugs = None, *, read: Read = False, as_json: AsJson = False) -> None:
    """Se etter at lageret har hver fil, og tell dem som ingen rad peker på."""
    report = Report()
    asyncio.run(_verify(with_addresses(read_settings()), kommune or [], report, read=read))
    report.end(
        as_json=as_json,
        told=lambda slug, figures: text(
            "{kommune}: {filer} filer, {megabyte} MB; {loese} uten rad.",
            kommune=slug,
            filer=figures.filer,
            megabyte=figures.byte // 1_000_000,
            loese=figures.loese,
        ),
    )


async def _verify(settings: Settings, wanted: Sequence[str], report: Report, *, read: bool) -> None:
    from sakark_api.tenancy.verification import count_strays, verify

    async with (
        chosen_kommuner(settings, wanted) as (writer, kommuner, _),
        opened_documents(settings) as documents,
    ):
        for one in kommuner:
            figures = report.begin(one.slug)
            async for file, fault in verify(writer, one.id, documents, read=read):
                figures.filer += 1
                figures.byte += file.size
                if fault is not None:
                    figures.find(file, "lager", fault)
                report.progress(one.slug)
            figures.loese = await count_strays(writer, one, documents)


@storage.command("migrate")
def storage_migrate(
    kommune: Slugs = None,
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--from", "--fra", help="Mappen som var SAKARK_DATA_DIR."),
    ] = None,
    bucket: Annotated[
        str | None,
        typer.Option("--from-bucket", "--fra-boette", help="Bøtta som var SAKARK_S3_BUCKET."),
    ] = None,
    read: Read = True,
    as_json: AsJson = False,
) -> None:
    """Kopier filene til objektlageret som er satt opp, og kontroller hver av dem underveis.

    Det som er der fra før, kopieres ikke igjen, så kommandoen kan kjøres så ofte det trengs.
    Ingenting slettes.
    """
    settings = with_addresses(read_settings())
    report = Report()
    asyncio.run(_migrate(settings, _former(settings, folder, bucket), kommune or [], report, read))
    report.end(
        as_json=as_json,
        told=lambda slug, figures: text(
            "{kommune}: {filer} filer, {kopiert} kopiert nå; {deler} deler av filer under veis"
            " og bestilte uttrekk.",
            kommune=slug,
            filer=figures.filer,
            kopiert=figures.kopiert,
            deler=figures.deler,
        ),
    )


def _former(settings: Settings, folder: Path | None, bucket: str | None) -> Settings:
    """Give the settings that the documents were kept by."""
    if settings.s3_bucket is None:
        raise Invalid(text("Sett SAKARK_S3_BUCKET: dit skal filene kopieres."))
    if (folder is None) is (bucket is None):
        raise Invalid(text("Oppgi --from med en mappe, eller --from-bucket med en bøtte."))
    if bucket is not None:
        if bucket == settings.s3_bucket:
            raise Invalid(text("Filene er i {boette} alt. Oppgi bøtta de var i.", boette=bucket))
        return settings.model_copy(update={"s3_bucket": bucket})
    assert folder is not None  # noqa: S101  one of the two is given
    if not (folder / "dokumenter").is_dir():
        raise Invalid(
            text(
                "{mappe} har ingen dokumenter. Oppgi mappen som var SAKARK_DATA_DIR.", mappe=folder
            )
        )
    return settings.model_copy(update={"s3_bucket": None, "data_dir": folder})


async def _migrate(
    settings: Settings, former: Settings, wanted: Sequence[str], report: Report, read: bool
) -> None:
    from sakark_api.tenancy.relocation import Copying

    async with (
        chosen_kommuner(settings, wanted) as (writer, kommuner, _),
        opened_documents(former) as source,
        opened_documents(settings) as target,
    ):
        for one in kommuner:
            await _copy(writer, one, Copying(source, target, read), report)


async def _copy(writer: "Writer", kommune: "Kommune", copying: "Copying", report: Report) -> None:
    from sakark_api.tenancy.relocation import copy_files, copy_parts

    figures = report.begin(kommune.slug)
    async for one in copy_files(writer, kommune.id, copying):
        figures.filer += 1
        figures.byte += one.file.size
        figures.kopiert += one.copied
        _tell_faults(figures, one)
        report.progress(kommune.slug)
    figures.deler = await copy_parts(writer, kommune.id, copying)


def _tell_faults(figures: Figures, one: "Copied") -> None:
    for lager, fault in (("kilden", one.source), ("målet", one.target)):
        if fault is not None:
            figures.find(one.file, lager, fault)
