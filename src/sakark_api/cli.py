"""The command `sakark`."""

import asyncio
import errno
import json
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError, IntegrityError

from sakark_api import (
    cli_bevis,
    cli_deponering,
    cli_drift,
    cli_eksport,
    cli_innlesing,
    cli_journal,
    cli_sok,
)
from sakark_api.cli_kodeliste import kodeliste
from sakark_api.cli_lager import storage
from sakark_api.cli_owner import on_owner_connection
from sakark_api.errors import SakarkError
from sakark_api.settings import read_settings

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sak- og arkivsystem etter Noark 5.",
)
db = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Databasens skjema.")
app.add_typer(db, name="db")
app.add_typer(kodeliste, name="kodeliste")
app.add_typer(storage, name="storage")
cli_drift.mount(app)
cli_bevis.mount(app)
cli_deponering.mount(app)
cli_eksport.mount(app)
cli_innlesing.mount(app)
cli_journal.mount(app)
cli_sok.mount(app)

Port = Annotated[int, typer.Option(envvar="PORT", help="Porten API-et svarer på.")]


def main() -> None:
    """Run a command; what goes wrong is told in a sentence, with exit code 1."""
    try:
        app()
    except SakarkError as error:
        sys.exit(str(error))
    except IntegrityError:
        sys.exit(
            "Noe av dette er i bruk fra før: kortnavn, kommunenummer eller organisasjonsnummer."
        )
    except (OSError, DBAPIError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            sys.exit(
                f"Porten er opptatt: {_first_line(error)}. Velg en annen, eller stopp den andre."
            )
        sys.exit(f"Databasen svarer ikke slik den skal: {_first_line(error)}. Kjør: sakark doctor")
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} mangler. Installer med: pip install 'sakark-api[dev]'")
    except Exception as error:  # noqa: BLE001  whatever it is, it must not quote a password
        # Where it happened and what it was, but not its message.
        where = "".join(traceback.format_tb(error.__traceback__))
        sys.exit(f"{where}Uventet feil ({type(error).__name__}). Kjør: sakark doctor")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).split("\n", maxsplit=1)[0].rpartition(">: ")[2] or type(cause).__name__


@app.command()
def dev(port: Port = 8000) -> None:
    """Start alt på denne maskinen: database, innlogging, demokommuner og API."""
    from sakark_api.dev.server import run

    run(read_settings(), port)


@app.command()
def serve(
    port: Port = 8000,
    host: Annotated[str, typer.Option(help="Adressen API-et svarer på.")] = "127.0.0.1",
) -> None:
    """Svar på forespørsler, mot databasen og lageret som er satt opp."""
    from sakark_api.serving import serve as answer

    settings = read_settings()
    if settings.database_url is None:
        sys.exit("Sett SAKARK_DATABASE_URL, eller bruk `sakark dev`.")
    answer(settings, host, port)


@app.command()
def doctor(
    port: Port = 8000,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Skriv funnene som JSON.")] = False,
) -> None:
    """Undersøk innstillinger, database, lager og innlogging, og si hva som må rettes."""
    from sakark_api.doctor import report
    from sakark_api.doctor.examination import examine_environment

    findings = asyncio.run(examine_environment(port))
    print(report.as_json(findings) if as_json else report.as_lines(findings))
    sys.exit(report.has_failed(findings))


@app.command()
def worker(
    host: Annotated[str, typer.Option(help="Adressen tallene gis på.")] = "127.0.0.1",
) -> None:
    """Utfør jobber i bakgrunnen, mot databasen og lageret som er satt opp."""
    from sakark_api.jobs.worker import work
    from sakark_api.observe.exposition import figures_given

    settings = read_settings()
    if settings.database_url is None:
        sys.exit("Sett SAKARK_DATABASE_URL.")
    with figures_given(host, settings.metrics_port):
        work(settings)


@app.command()
def token(
    user: Annotated[str, typer.Argument(help="For eksempel saksbehandler@molde.")],
    port: Port = 8000,
) -> None:
    """Skriv et tilgangstoken for en demobruker; bare for `sakark dev`."""
    from sakark_api.dev.identity import OPERATOR, demo_users, issue_token
    from sakark_api.dev.place import identity_dir, issuer_url

    found = next((one for one in [*demo_users(), OPERATOR] if one.username == user), None)
    if found is None:
        sys.exit(f"Ukjent demobruker: {user}. Skriv <rolle>@<kommune>, for eksempel leser@rauma.")
    keys = identity_dir(read_settings())
    if not keys.exists():
        sys.exit("Her er ingen demokommuner. Start `sakark dev` i samme mappe først.")
    print(issue_token(found, issuer_url(port), keys))


@app.command()
def openapi(
    *,
    check: Annotated[bool, typer.Option(help="Bare se etter at filen stemmer.")] = False,
    file: Annotated[Path, typer.Option(help="Filen.")] = Path("openapi/sakark.json"),
) -> None:
    """Skriv API-ets beskrivelse til en fil."""
    from sakark_api.app import openapi as describe

    described = json.dumps(describe(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    _write(described, file, "sakark openapi", check=check)


@app.command()
def settings(
    *,
    check: Annotated[bool, typer.Option(help="Bare se etter at siden stemmer.")] = False,
    file: Annotated[Path, typer.Option(help="Siden.")] = Path("docs/settings.md"),
) -> None:
    """Skriv siden om innstillingene til en fil."""
    from sakark_api.settings_page import settings_page

    _write(settings_page(), file, "sakark settings", check=check)


@app.command("life-cycle")
def life_cycle(
    *,
    check: Annotated[bool, typer.Option(help="Bare se etter at siden stemmer.")] = False,
    file: Annotated[Path, typer.Option(help="Siden.")] = Path("docs/life-cycle.md"),
) -> None:
    """Skriv siden om enhetenes liv til en fil."""
    from sakark_api.life_cycle_page import life_cycle_page

    _write(life_cycle_page(), file, "sakark life-cycle", check=check)


def _write(written: str, file: Path, command: str, *, check: bool) -> None:
    if not check:
        file.write_text(written, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != written:
        sys.exit(f"{file} stemmer ikke med koden. Kjør: {command}")


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring skjemaet til nyeste utgave."""
    from sakark_api.db import migrate

    on_owner_connection(migrate.upgrade)
    print(f"Databasen er i utgave {migrate.newest()}.")


@db.command("current")
def db_current() -> None:
    """Vis hvilken utgave skjemaet har."""
    from sakark_api.db import migrate

    print(on_owner_connection(migrate.current) or "tom")


@db.command("check")
def db_check() -> None:
    """Se etter at skjemaet har utgaven programmet vil ha."""
    from sakark_api.db import migrate

    found, wanted = on_owner_connection(migrate.current), migrate.newest()
    if found != wanted:
        sys.exit(
            f"Databasen er i utgave {found}, programmet vil ha {wanted}. Kjør: sakark db upgrade"
        )
    print(f"Databasen er i utgave {found}.")
