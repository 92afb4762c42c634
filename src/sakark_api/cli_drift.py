"""The operator's commands: kommuner, sandboxes and usage, as in the API under /drift/."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from sakark_api import cli_flytting
from sakark_api.cli_owner import as_owner, commander, with_database
from sakark_api.errors import NotFound
from sakark_api.settings import Settings
from sakark_api.texts import text

if TYPE_CHECKING:
    from sakark_api.drift.sandkasse import Tools
    from sakark_api.tenancy.kommune import IssuerEntry

__all__ = ["mount"]

T = TypeVar("T")

kommune = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Kommunene i tjenesten."
)
sandkasse = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Sandkasser med oppdiktede saker."
)

Slug = Annotated[str, typer.Argument(help="Kommunens kortnavn, slik det står i adressene.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Dag, som 2026-11-22.")]


def mount(app: typer.Typer) -> None:
    """Add the operator's commands to `sakark`."""
    cli_flytting.mount(kommune)
    app.add_typer(kommune, name="kommune")
    app.add_typer(sandkasse, name="sandkasse")
    app.command("bruk")(bruk)


@kommune.command("add")
def kommune_add(
    slug: Slug,
    navn: Annotated[str, typer.Option(help="Kommunens navn.")],
    kommunenummer: Annotated[str, typer.Option(help="Fire siffer.")],
    organisasjonsnummer: Annotated[str | None, typer.Option(help="Ni siffer.")] = None,
    maalform: Annotated[str, typer.Option(help="nb eller nn.")] = "nb",
) -> None:
    """Legg til en kommune, med kodelister og egne tabelldeler."""
    from sakark_api.drift.work import add_kommune

    as_owner(
        partial(
            add_kommune,
            who=commander(),
            slug=slug,
            navn=navn,
            kommunenummer=kommunenummer,
            organisasjonsnummer=organisasjonsnummer,
            maalform=maalform,
        )
    )
    print(f"Kommunen {slug} er lagt til.")


@kommune.command("list")
def kommune_list() -> None:
    """List kommunene."""
    from sakark_api.tenancy.administration import list_kommuner

    for row in as_owner(list_kommuner):
        print(f"{row.slug}\t{row.kommunenummer}\t{row.status}\t{row.maalform}\t{row.navn}")


@kommune.command("set")
def kommune_set(
    slug: Slug,
    navn: Annotated[str | None, typer.Option(help="Nytt navn.")] = None,
    kommunenummer: Annotated[
        str | None, typer.Option(help="Nytt nummer; det gamle huskes.")
    ] = None,
    organisasjonsnummer: Annotated[str | None, typer.Option(help="Ni siffer.")] = None,
    status: Annotated[
        str | None, typer.Option(help="forberedelse, prøvedrift, drift eller avsluttet.")
    ] = None,
    maalform: Annotated[str | None, typer.Option(help="nb eller nn.")] = None,
    offentlig_journal: Annotated[
        str | None,
        typer.Option(help="Virkedager før journalposter er i offentlig journal, eller «av»."),
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="OIDC-leverandør (iss) som kommunen godtar token fra.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="Hvem tokenet skal være for (aud); ellers sakark.")
    ] = None,
    kommune_claim: Annotated[
        str | None,
        typer.Option(help="Hvor tokenet nevner kommunen, f.eks. consumer.ID; ellers kommune."),
    ] = None,
    role_claim: Annotated[
        str | None, typer.Option(help="Hvor tokenet nevner roller; ellers roles.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="rolle=verdi i tokenet; kan gjentas, og erstatter dem som var."),
    ] = None,
) -> None:
    """Endre hva registeret sier om en kommune, og hvilke token den godtar.

    Det som ikke er nevnt, blir som det er, også hos en leverandør som er der fra før.
    """
    from sakark_api.drift import work

    who = commander()
    given = {
        "navn": navn,
        "kommunenummer": kommunenummer,
        "organisasjonsnummer": organisasjonsnummer,
        "maalform": maalform,
    }
    facts: dict[str, Any] = {name: value for name, value in given.items() if value}
    if offentlig_journal is not None:
        facts["offentlig_journal"] = _delay(offentlig_journal)
    login: dict[str, Any] = {
        name: value
        for name, value in (
            ("audience", audience),
            ("kommune_claim", kommune_claim),
            ("role_claim", role_claim),
            ("role_values", _role_values(role) if role else None),
        )
        if value is not None
    }
    if login and issuer is None:
        sys.exit("--audience, --kommune-claim, --role-claim og --role krever --issuer.")
    if not facts and issuer is None and status is None:
        sys.exit("Her er ingenting å endre. Se: sakark kommune set --help")

    def change(session: Session) -> None:
        work.change_kommune(session, who, slug, **facts)
        if issuer is not None:
            work.set_issuer(session, who, slug, _entry(session, slug, issuer, login))
        if status is not None:
            work.change_status(session, who, slug, _status(status), "")

    as_owner(change)
    print(f"Kommunen {slug} er endret.")


def _delay(written: str) -> int | None:
    """Read how many working days it takes until an entry is public; None for never."""
    if written == "av":
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 3):  # noqa: PLR2004
        sys.exit("--offentlig-journal må være et antall virkedager, eller «av».")
    return int(written)


def _entry(session: Session, slug: str, issuer: str, given: Mapping[str, Any]) -> "IssuerEntry":
    """Give a provider as it is to be: what is given, on what it was or what a new one has."""
    from sakark_api.access.caller import Role
    from sakark_api.tenancy.kommune import IssuerEntry

    known = {entry.issuer: entry for entry in _entries(session, slug)}
    same = {role.value: role.value for role in Role}
    fresh = IssuerEntry(issuer, None, None, "sakark", "kommune", "roles", same)
    return replace(known.get(issuer, fresh), **given)


def _entries(session: Session, slug: str) -> "list[IssuerEntry]":
    from sakark_api.tenancy.administration import find_kommune
    from sakark_api.tenancy.kommune import IssuerEntry, issuers_of

    rows = issuers_of(session, find_kommune(session, slug, to_change=True))
    names = [field.name for field in fields(IssuerEntry)]
    return [IssuerEntry(**{name: getattr(row, name) for name in names}) for row in rows]


def _role_values(pairs: list[str]) -> dict[str, str]:
    """Read rolle=verdi, and give the role of each value."""
    from sakark_api.access.caller import Role

    values: dict[str, str] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or name not in set(Role):
            sys.exit(f"Skriv --role rolle=verdi, der rolle er en av {', '.join(Role)}: {pair}")
        values[value] = name
    return values


def _status(written: str) -> Any:
    from sakark_api.access.policy import Status

    if written not in set(Status):
        sys.exit(f"Status må være en av {', '.join(Status)}.")
    return Status(written)


@kommune.command("status")
def kommune_status(
    slug: Slug,
    status: Annotated[str, typer.Argument(help="forberedelse, prøvedrift, drift eller avsluttet.")],
    begrunnelse: Annotated[str, typer.Option(help="Hvorfor; kommer i driftsloggen.")],
) -> None:
    """Flytt en kommune i livsløpet."""
    from sakark_api.drift.work import change_status

    wanted = _status(status)
    as_owner(
        partial(change_status, who=commander(), slug=slug, status=wanted, begrunnelse=begrunnelse)
    )
    print(f"Kommunen {slug} er i {wanted}.")


@kommune.command("innlogging")
def kommune_innlogging(
    slug: Slug,
    fjern: Annotated[
        str | None, typer.Option(metavar="ISSUER", help="Leverandøren (iss) som skal bort.")
    ] = None,
) -> None:
    """List innloggingstjenestene til en kommune; `kommune set --issuer` legger til."""
    from sakark_api.tenancy.administration import find_kommune
    from sakark_api.tenancy.kommune import issuers_of

    if fjern is not None:
        as_owner(partial(_remove_issuer, slug=slug, issuer=fjern))
    for row in as_owner(lambda session: issuers_of(session, find_kommune(session, slug))):
        roles = ", ".join(f"{role}={value}" for value, role in sorted(row.role_values.items()))
        print(f"{row.issuer}\t{row.audience}\t{row.kommune_claim}\t{row.role_claim}\t{roles}")


def _remove_issuer(session: Session, slug: str, issuer: str) -> None:
    from sakark_api.drift.work import set_issuers

    entries = _entries(session, slug)
    left = [entry for entry in entries if entry.issuer != issuer]
    if len(left) == len(entries):
        raise NotFound(
            text(
                "Kommunen {slug} har ingen innloggingstjeneste {issuer}.", slug=slug, issuer=issuer
            )
        )
    set_issuers(session, commander(), slug, left)


@kommune.command("opsjon")
def kommune_opsjon(
    slug: Slug,
    navn: Annotated[str | None, typer.Argument(help="Opsjonens navn.")] = None,
    fra: Day = None,
    til: Day = None,
) -> None:
    """Vis opsjonene; gi en fra en dag (--fra), eller avslutt den etter en dag (bare --til)."""
    from sakark_api.drift.work import end_option, set_option
    from sakark_api.tenancy.administration import find_kommune
    from sakark_api.tenancy.opsjoner import Period, read_options

    last = til.date() if til else None
    if navn is None:
        options = as_owner(lambda session: read_options(find_kommune(session, slug).options))
    elif fra is not None:
        period = Period(fra.date(), last)
        options = as_owner(
            partial(set_option, who=commander(), slug=slug, navn=navn, period=period)
        )
    elif last is not None:
        options = as_owner(
            partial(end_option, who=commander(), slug=slug, navn=navn, last_day=last)
        )
    else:
        sys.exit("Skriv --fra (og --til) for å gi opsjonen, eller bare --til for å avslutte den.")
    for name, periods in sorted(options.items()):
        for one in periods:
            print(f"{name}\t{one.fra}\t{one.til or ''}")


def bruk(
    fra: Annotated[str, typer.Option(help="Første måned, som 2026-01.")],
    til: Annotated[str, typer.Option(help="Siste måned, som 2026-11.")],
    csv: Annotated[bool, typer.Option("--csv", help="Skriv CSV for regneark.")] = False,
) -> None:
    """Vis aktive brukere og opsjoner for hver kommune og måned."""
    from sakark_api.drift.rapport import to_csv, to_month
    from sakark_api.tenancy.bruk import count_use

    found = as_owner(partial(count_use, first=to_month(fra), last=to_month(til)))
    if csv:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # a text stream
        sys.stdout.write(to_csv(found))
        return
    for one in found:
        counts = (str(one.aktive), str(one.personer), str(one.systemer))
        print("\t".join((one.kommune, f"{one.maaned:%Y-%m}", *counts, ", ".join(one.opsjoner))))


@sandkasse.command("lag")
def sandkasse_lag(
    slug: Slug,
    saker: Annotated[int, typer.Option(min=1, max=500, help="Antall saker.")] = 20,
    dager: Annotated[int, typer.Option(min=1, max=90, help="Dager til den utløper.")] = 14,
    maalform: Annotated[str | None, typer.Option(help="nb eller nn; ellers kommunens.")] = None,
) -> None:
    """Lag en sandkasse som brukerne til en kommune kan logge inn i."""
    from sakark_api.drift.sandkasse import Wanted, make_sandbox

    wanted = Wanted(slug, saker, dager, maalform)
    made = _with_tools(lambda tools: make_sandbox(tools, commander(), wanted))
    print(f"Sandkassen {made.slug} er klar, og utløper {made.utloeper:%d.%m.%Y}.")


@sandkasse.command("list")
def sandkasse_list() -> None:
    """List sandkassene."""
    from sakark_api.drift.sandkasse import list_sandboxes

    for one in as_owner(list_sandboxes):
        print("\t".join((one.slug, one.kommune, one.status, f"{one.utloeper:%Y-%m-%d}")))


@sandkasse.command("kast")
def sandkasse_kast(slug: Slug) -> None:
    """Kast en sandkasse med alt den inneholder."""
    from sakark_api.drift.sandkasse import throw_away_sandbox

    if _with_tools(lambda tools: throw_away_sandbox(tools, commander(), slug)):
        print(f"Sandkassen {slug} er kastet.")
    else:
        print(f"Sandkassen {slug} er stengt, og kastes når databasen er ledig.")


@sandkasse.command("rydd")
def sandkasse_rydd() -> None:
    """Kast sandkassene som er utløpt."""
    from sakark_api.drift.sandkasse import sweep_sandboxes

    for slug in _with_tools(lambda tools: sweep_sandboxes(tools, commander())):
        print(f"Sandkassen {slug} er kastet.")


def _with_tools(work: Callable[["Tools"], Awaitable[T]]) -> T:
    """Do something with all that sandboxes take: registry, rows and files."""
    from sakark_api.db.reader import APPLICATION_ROLE
    from sakark_api.drift.sandkasse import Tools
    from sakark_api.noark.catalog import CATALOG
    from sakark_api.storage import open_documents
    from sakark_api.tenancy.session import Writer, application_engine

    async def run(engine: AsyncEngine, settings: Settings) -> T:
        if settings.database_url is None:
            sys.exit("Sett SAKARK_DATABASE_URL: innholdet lages som applikasjonens rolle.")
        app = application_engine(settings, APPLICATION_ROLE, pool_size=1)
        documents = open_documents(settings)
        try:
            return await work(Tools(engine, Writer(app), documents, CATALOG))
        finally:
            await documents.close()
            await app.dispose()

    return with_database(run)
