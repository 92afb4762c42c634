"""The commands about deposits: `deposit check` and `schemas fetch`."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sakark_api.errors import Invalid
from sakark_api.settings import read_settings
from sakark_api.texts import Text, printable, text

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
