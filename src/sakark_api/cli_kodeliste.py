"""Commands that fill code lists from registers outside the standard."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sakark_api.cli_owner import as_owner, commander

__all__ = ["kodeliste"]

kodeliste = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Kodelister som fylles fra registre utenfor standarden.",
)


@kodeliste.command("postnummer")
def postnummer(
    fil: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Filen fra Bring.")],
    kommune: Annotated[
        list[str] | None, typer.Option(help="Kommunens kortnavn; kan gjentas.")
    ] = None,
    *,
    alle: Annotated[
        bool, typer.Option("--alle", help="Alle kommuner som ikke er avsluttet.")
    ] = False,
) -> None:
    """Last postnumrene fra postnummerregisteret («Postnummer i rekkefølge» hos Bring).

    Nye numre kommer til, nye poststeder tas over, og numre som er borte, blir utdatert.
    """
    from sakark_api.drift.work import load_postnummer
    from sakark_api.noark.metadata.postregister import read_register

    if bool(kommune) is alle:
        sys.exit("Oppgi enten --kommune <kortnavn> eller --alle.")
    register, who = read_register(fil.read_bytes()), commander()
    for slug in kommune or _everyone():
        done = as_owner(partial(load_postnummer, who=who, slug=slug, register=register))
        print(
            f"{slug}: {done.nye} nye, {done.nytt_poststed} med nytt poststed,"
            f" {done.utdatert} utdatert, {done.gjenopptatt} tatt i bruk igjen"
        )


def _everyone() -> list[str]:
    """List the kommuner that are not ended."""
    from sakark_api.access.policy import Status
    from sakark_api.tenancy.administration import list_kommuner

    return as_owner(
        lambda session: [
            row.slug for row in list_kommuner(session) if row.status != Status.AVSLUTTET
        ]
    )
