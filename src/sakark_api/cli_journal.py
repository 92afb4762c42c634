"""The command that gives the public journal to who publishes it elsewhere: `journal einnsyn`."""

import asyncio
import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from sakark_api.cli_owner import chosen_kommuner, commander, with_addresses
from sakark_api.errors import Conflict
from sakark_api.settings import Settings, read_settings
from sakark_api.texts import text

if TYPE_CHECKING:
    from sakark_api.tenancy.kommune import Kommune

__all__ = ["mount"]

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Dag, som 2026-01-31.")]

journal = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Journaler til andre."
)


def mount(app: typer.Typer) -> None:
    """Add the commands to `sakark`."""
    app.add_typer(journal, name="journal")


@journal.callback()
def _commands() -> None:
    """Keep the name of the only command."""


@journal.command("einnsyn")
def einnsyn(
    kommune: Annotated[str, typer.Option(help="Kommunens kortnavn.")],
    fra: Day = None,
    til: Day = None,
) -> None:
    """Skriv offentlig journal slik eInnsyn tar imot den: en journalpost med sak på hver linje.

    Uten dager: den siste dagen som er offentlig. Ingenting er med som ikke er offentlig ennå.
    """
    given = tuple(day.date() if day is not None else None for day in (fra, til))
    asyncio.run(_write(with_addresses(read_settings()), kommune, *given))


async def _write(settings: Settings, slug: str, fra: date | None, til: date | None) -> None:
    from sakark_api.db.snapshot import snapshot
    from sakark_api.journal.asked import begins
    from sakark_api.journal.einnsyn import einnsyn_line
    from sakark_api.journal.publisering import published_values
    from sakark_api.journal.statements import published_twice

    async with chosen_kommuner(settings, [slug]) as (_, (kommune,), _):
        _refuse_unpublished(kommune)
        values = published_values(kommune, commander().now)
    last = values["published"].date() - timedelta(1)
    until = min(til or last, last)
    asked = {"since": begins(fra or until), "until": begins(until + timedelta(1))}
    given = {"tenant": kommune.id, **values, **asked}
    async with snapshot(settings, kommune.id, "sakark journal", given) as taken:
        async for nameless, named in taken.rows(published_twice()):
            sys.stdout.buffer.write(einnsyn_line(nameless, named))
    sys.stdout.buffer.flush()


def _refuse_unpublished(kommune: "Kommune") -> None:
    if not kommune.publishes_journal:
        raise Conflict(
            text(
                "{kommune} har ingen offentlig journal. Slå den på først: sakark kommune set"
                " {kommune} --offentlig-journal 1",
                kommune=kommune.slug,
            )
        )
