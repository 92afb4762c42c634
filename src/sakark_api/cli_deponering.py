"""The commands about deposits: `deposit check`, `readiness` and `dias`, and `schemas fetch`."""

import asyncio
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from sakark_api.cli_owner import chosen_kommuner, commander, with_addresses
from sakark_api.errors import Invalid
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import Text, printable, text

if TYPE_CHECKING:
    from sakark_api.deponering.beredskap.resultat import Resultat

__all__ = ["mount"]

deposit = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Arkivuttrekk for deponering."
)
schemas = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="De offisielle skjemaene."
)

FAULTS = 1
UNCHECKED = 2


class Maalform(StrEnum):
    """The language of a report."""

    NB = "nb"
    NN = "nn"
    EN = "en"


def mount(app: typer.Typer) -> None:
    """Add the commands to `sakark`."""
    app.add_typer(deposit, name="deposit")
    app.add_typer(schemas, name="schemas")


@deposit.command("check")
def check_deposit(
    mappe: Annotated[Path, typer.Argument(help="Mappen med arkivuttrekk.xml.")],
    maalform: Annotated[Maalform, typer.Option(help="Språket i rapporten.")] = Maalform.NB,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Skriv rapporten som JSON til en fil også.")
    ] = None,
    as_html: Annotated[
        Path | None, typer.Option("--html", help="Skriv rapporten som HTML til en fil også.")
    ] = None,
) -> None:
    """Kontroller et arkivuttrekk slik Arkivverkets validator gjør, med de samme 54 numrene.

    Slutter med 0 uten feil, med 1 når noe er feil, og med 2 når uttrekket ikke kan leses.
    """
    from sakark_api.deponering.kontroll import check

    schemas_dir = read_settings().schemas_dir
    try:
        rapport = check(mappe, schemas_dir)
    except Invalid as error:
        _stop(error.text, maalform)
    except OSError as error:
        _stop(
            text(
                "{fil} kan ikke leses. Se til at den kan det, og kontroller på nytt.",
                fil=error.filename or mappe,
            ),
            maalform,
        )
    if as_json is not None:
        data = json.dumps(rapport.as_data(maalform), ensure_ascii=False, indent=1)
        as_json.write_text(f"{data}\n", encoding="utf-8")
    if as_html is not None:
        as_html.write_text(rapport.as_page(maalform), encoding="utf-8")
    for line in rapport.as_lines(maalform):
        print(line)
    sys.exit(UNCHECKED if rapport.undone else FAULTS if rapport.faulty else 0)


@deposit.command("readiness")
def show_readiness(
    kommune: Annotated[str, typer.Option(help="Kommunens kortnavn.")],
    maalform: Annotated[Maalform, typer.Option(help="Språket i rapporten.")] = Maalform.NB,
) -> None:
    """Tell på nytt hvor klar hver arkivdel er til å deponeres, og hva som står i veien.

    Slutter med 0 når ingenting er feil i noen av dem, og med 1 når noe er det.
    """
    found = asyncio.run(_count(with_addresses(read_settings()), kommune))
    for title, result in found:
        for line in _lines(title, result):
            print(printable(line.to(maalform)))
    sys.exit(FAULTS if any(result.med_feil for _, result in found) else 0)


async def _count(settings: Settings, slug: str) -> "list[tuple[str, Resultat]]":
    """Count each arkivdel of a kommune, one after the other."""
    from sakark_api.deponering.beredskap.resultat import added_up
    from sakark_api.deponering.beredskap.telling import arkivdeler_of, count_arkivdel

    now = commander().now
    async with chosen_kommuner(settings, [slug]) as (writer, (kommune,), _):
        return [
            (
                title,
                added_up(await count_arkivdel(settings, writer, kommune, part, now)),
            )
            for part, title in await arkivdeler_of(writer, kommune)
        ]


def _lines(title: str, result: "Resultat") -> Iterator[Text]:
    yield text(
        "{tittel}: {score} % av {enheter} enheter er uten feil; {uferdige} er ikke ferdige ennå.",
        tittel=title,
        score=f"{100 * (result.score or 0):.2f}",
        enheter=result.enheter,
        uferdige=result.uferdige,
    )
    for one in result.sjekker:
        if one.antall:
            yield text(
                "  {alvor}: {antall} · {hva}. {raad}",
                alvor=one.sjekk.alvor,
                antall=one.antall,
                hva=one.sjekk.hva,
                raad=one.sjekk.raad,
            )


@deposit.command("dias")
def pack_deposit(
    mappe: Annotated[Path, typer.Argument(help="Mappen med arkivuttrekk.xml.")],
    til: Annotated[Path, typer.Argument(help="Mappen som pakken og beskrivelsen skrives i.")],
    opplysninger: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="JSON-fil om innsendingen: mottaker, avtale, kontaktpersoner …",
        ),
    ],
) -> None:
    """Pakk et arkivuttrekk for innsending til depot (DIAS SIP): <uuid>.tar og <uuid>.xml."""
    from sakark_api.deponering.dias.innsending import Innsending
    from sakark_api.deponering.dias.mets import Sending
    from sakark_api.deponering.dias.opplysninger import read_opplysninger
    from sakark_api.deponering.dias.pakking import Sip, write_sip
    from sakark_api.rest.schema import parse

    said = parse(Innsending, opplysninger.read_bytes())
    sending = Sending(uuid4(), said, read_opplysninger(mappe), commander().now)
    package = write_sip(Sip(sending, read_settings().schemas_dir), til)
    print(printable(str(text("Pakken er ferdig: {fil}", fil=package))))


def _stop(message: Text, maalform: Maalform) -> None:
    print(printable(message.to(maalform)), file=sys.stderr)
    sys.exit(UNCHECKED)


@schemas.command("fetch")
def fetch_schemas(
    to: Annotated[
        Path | None, typer.Option("--to", help="Mappen; ellers SAKARK_SCHEMAS_DIR.")
    ] = None,
    fra: Annotated[
        str | None,
        typer.Option(help="Adressen til en kopi av mappen; ellers der de er utgitt."),
    ] = None,
) -> None:
    """Hent de offisielle skjemaene som mangler, og se etter at de er de rette."""
    from sakark_api.deponering.skjema import SKJEMAER, fetch

    folder = to or read_settings().schemas_dir
    if folder is None:
        sys.exit(str(text("Oppgi --to <mappe>, eller sett SAKARK_SCHEMAS_DIR.")))
    for skjema in fetch(folder, fra):
        print(skjema.path)
    done = text(
        "{antall} skjemaer er som de skal være i {mappe}.", antall=len(SKJEMAER), mappe=folder
    )
    print(printable(str(done)))
