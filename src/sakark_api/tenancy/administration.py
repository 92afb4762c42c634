"""Adding and changing kommuner, as the operator or as the owner of the tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import SmallInteger, any_, cast, func, insert, literal, or_, select
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.tenancy.kommune import KommuneRow, Status, issuers_of
from sakark_api.tenancy.opsjoner import (
    Options,
    Period,
    end,
    read_options,
    refuse_odd_name,
    with_period,
    write_options,
)
from sakark_api.tenancy.partitions import add_partitions
from sakark_api.texts import Text, joined, text

__all__ = [
    "SANDBOX",
    "TRANSITIONS",
    "add_kommune",
    "add_option",
    "change_status",
    "end_option",
    "find_kommune",
    "list_kommuner",
    "refuse_registration",
    "register_kommune",
    "see_as",
    "set_kommune",
    "set_moved",
]

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.FORBEREDELSE: frozenset({Status.PROEVEDRIFT, Status.DRIFT}),
    Status.PROEVEDRIFT: frozenset({Status.FORBEREDELSE, Status.DRIFT}),
    Status.DRIFT: frozenset({Status.AVSLUTTET}),
    Status.AVSLUTTET: frozenset({Status.DRIFT}),
}
"""The life cycle: which states may follow which. `refuse_unready` says what each demands."""

SANDBOX = "sandkasse-"
"""What the slug of a sandbox begins with, and no other's."""

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_KOMMUNENUMMER = re.compile(r"\d{4}", re.ASCII)
_ORGANISASJONSNUMMER = re.compile(r"\d{9}", re.ASCII)
_ROOT = re.compile(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~-]+)+/", re.ASCII)
_LONGEST_DELAY = 30
# First parts of addresses, and of keys in storage, that are taken already.
_RESERVED = frozenset(
    {"kommuner", "docs", "drift", "identity", "health", "metrics", "static", "sjekk", "felles"}
)
MAALFORMER = ("nb", "nn")


def add_kommune(session: Session, slug: str, **facts: Any) -> KommuneRow:
    """Add a kommune with its partitions, the standard's code lists and a right for every role.

    `facts` are columns of the registry: navn, kommunenummer and whatever else is known.
    """
    row = _registered(session, slug, facts)
    see_as(session, row.id)
    session.execute(
        insert(KodeverdiRow),
        [
            {"tenant_id": row.id, "liste": liste.name, "kode": kode, "kodenavn": kodenavn}
            for liste in KODELISTER.values()
            for kode, kodenavn in liste.values
        ],
    )
    # Late: its locks keep writers of every kommune waiting until the transaction ends.
    add_partitions(session, row.id)
    session.execute(select(func.sakark_give_rights(cast(row.id, SmallInteger))))
    return row


def register_kommune(session: Session, slug: str, **facts: Any) -> KommuneRow:
    """Add a kommune with its partitions and nothing in them: what it has, comes from elsewhere."""
    row = _registered(session, slug, facts)
    add_partitions(session, row.id)
    return row


def _registered(session: Session, slug: str, facts: dict[str, Any]) -> KommuneRow:
    refuse_registration(session, slug, facts)
    row = KommuneRow(slug=slug, **{"tidligere_kommunenummer": [], **facts})
    session.add(row)
    session.flush()
    return row


def refuse_registration(session: Session, slug: str, facts: dict[str, Any]) -> None:
    """Refuse a kommune whose name or facts the registry does not know, or has of another."""
    refuse_odd_slug(slug, sandbox="sandkasse_for" in facts)
    if session.scalar(select(KommuneRow.id).where(KommuneRow.slug == slug)) is not None:
        raise Conflict(text("Kommunen {slug} finnes fra før.", slug=slug))
    refuse_odd_facts(facts)
    refuse_taken_number(session, facts.get("kommunenummer"), None)
    refuse_taken_organisation(session, facts.get("organisasjonsnummer"), None)


def refuse_odd_slug(slug: str, *, sandbox: bool) -> None:
    """Refuse a slug that cannot be in an address, or that looks like a sandbox's and is not."""
    if not _SLUG.fullmatch(slug) or slug in _RESERVED or slug.startswith(SANDBOX) is not sandbox:
        raise Invalid(
            text("Kortnavnet må være små bokstaver, tall og bindestrek: {slug}", slug=slug)
        )


def see_as(session: Session, tenant_id: int) -> None:
    """Let the rest of the transaction see one kommune's rows."""
    session.execute(select(func.set_config("app.tenant_id", str(tenant_id), True)))  # noqa: FBT003  SQL's


def list_kommuner(session: Session) -> Sequence[KommuneRow]:
    """List the kommuner, without sandboxes."""
    rows = select(KommuneRow).where(KommuneRow.sandkasse_for.is_(None))
    return session.scalars(rows.order_by(KommuneRow.slug)).all()


def find_kommune(session: Session, slug: str, *, to_change: bool = False) -> KommuneRow:
    """Find a kommune that is no sandbox; `to_change` keeps others from changing it meanwhile."""
    found = select(KommuneRow).where(KommuneRow.slug == slug, KommuneRow.sandkasse_for.is_(None))
    if to_change:
        found = found.with_for_update(key_share=True)
    row = session.scalar(found)
    if row is None:
        raise NotFound(text("Kommunen {slug} finnes ikke. List kommunene først.", slug=slug))
    return row


def set_kommune(session: Session, slug: str, **facts: Any) -> KommuneRow:
    """Change what the registry says of a kommune; a new kommunenummer keeps the former one."""
    row = find_kommune(session, slug, to_change=True)
    refuse_odd_facts(facts)
    refuse_taken_number(session, facts.get("kommunenummer"), row.id)
    refuse_taken_organisation(session, facts.get("organisasjonsnummer"), row.id)
    former = row.kommunenummer
    status = facts.pop("status", row.status)
    for name, value in facts.items():
        setattr(row, name, value)
    if row.kommunenummer != former:
        numbers = dict.fromkeys([*row.tidligere_kommunenummer, former])
        row.tidligere_kommunenummer = [one for one in numbers if one != row.kommunenummer]
    if (
        row.organisasjonsnummer is None
        and row.status == Status.DRIFT
        and "organisasjonsnummer" in facts
    ):
        raise Conflict(text("En kommune i drift må ha organisasjonsnummer."))
    change_status(session, slug, Status(status))
    session.flush()
    return row


def change_status(session: Session, slug: str, status: Status) -> KommuneRow:
    """Take a kommune to another state of its life; to the one it is in, nothing happens."""
    row = find_kommune(session, slug, to_change=True)
    if status == row.status:
        return row
    if row.flyttet_til is not None:
        raise Conflict(
            text(
                "Kommunen er flyttet. Kjør først: sakark kommune flyttet {slug} --tilbake",
                slug=slug,
            )
        )
    if status not in TRANSITIONS[Status(row.status)]:
        raise Conflict(
            text(
                "En kommune kan ikke gå fra {fra} til {til}. Herfra kan den gå til {valg}.",
                fra=row.status,
                til=status,
                valg=", ".join(sorted(TRANSITIONS[Status(row.status)])),
            )
        )
    missing = list(_missing(session, row, status))
    if missing:
        raise Conflict(
            text("Før kommunen kan gå til {til}, mangler {hva}.", til=status, hva=joined(missing))
        )
    row.status = status
    session.flush()
    return row


def set_moved(session: Session, slug: str, address: str | None) -> KommuneRow:
    """Say where a kommune that has ended is now: the root of its addresses there, or None."""
    row = find_kommune(session, slug, to_change=True)
    if address is not None and row.status != Status.AVSLUTTET:
        raise Conflict(text("Kommunen må være avsluttet her før adressene viser videre."))
    if address is not None and not _ROOT.fullmatch(address):
        raise Invalid(text("Adressen må være en rot, som https://arkiv.example.no/molde/api/."))
    row.flyttet_til = address
    session.flush()
    return row


def _missing(session: Session, row: KommuneRow, status: Status) -> Iterator[Text]:
    """Say what a kommune lacks to be in a state."""
    if status is not Status.FORBEREDELSE and not issuers_of(session, row):
        yield text("en innloggingstjeneste")
    if status is Status.DRIFT and row.organisasjonsnummer is None:
        yield text("et organisasjonsnummer")


def add_option(session: Session, slug: str, navn: str, period: Period) -> Options:
    """Give a kommune an option for a period; one that began the same day is replaced."""
    refuse_odd_name(navn)
    row = find_kommune(session, slug, to_change=True)
    options = dict(read_options(row.options))
    options[navn] = with_period(options.get(navn, ()), period)
    return _keep_options(session, row, options)


def end_option(session: Session, slug: str, navn: str, last_day: date) -> Options:
    """End an option after a day; its history is kept."""
    refuse_odd_name(navn)
    row = find_kommune(session, slug, to_change=True)
    options = dict(read_options(row.options))
    options[navn] = end(options.get(navn, ()), last_day)
    return _keep_options(session, row, options)


def _keep_options(session: Session, row: KommuneRow, options: Options) -> Options:
    row.options = write_options({name: periods for name, periods in options.items() if periods})
    session.flush()
    return read_options(row.options)


def refuse_taken_number(session: Session, number: str | None, kommune_id: int | None) -> None:
    """Refuse a kommunenummer that another kommune has or once had: tokens may still name it."""
    owner = session.scalar(
        select(KommuneRow.slug).where(
            KommuneRow.id != (kommune_id or 0),
            or_(
                KommuneRow.kommunenummer == literal(number, TextType()),
                literal(number, TextType()) == any_(KommuneRow.tidligere_kommunenummer),
            ),
        )
    )
    if number is not None and owner is not None:
        raise Conflict(text("Kommunenummer {nummer} hører til {slug}.", nummer=number, slug=owner))


def refuse_taken_organisation(session: Session, number: str | None, kommune_id: int | None) -> None:
    """Refuse an organisasjonsnummer that another kommune has: tokens may name it."""
    owner = session.scalar(
        select(KommuneRow.slug).where(
            KommuneRow.id != (kommune_id or 0), KommuneRow.organisasjonsnummer == number
        )
    )
    if number is not None and owner is not None:
        raise Conflict(
            text("Organisasjonsnummer {nummer} hører til {slug}.", nummer=number, slug=owner)
        )


def refuse_odd_facts(facts: dict[str, Any]) -> None:
    """Refuse numbers and words that the registry does not know."""
    for name, pattern in (
        ("kommunenummer", _KOMMUNENUMMER),
        ("organisasjonsnummer", _ORGANISASJONSNUMMER),
    ):
        value = facts.get(name)
        if value is not None and not pattern.fullmatch(value):
            raise Invalid(text("{navn} er ikke gyldig: {verdi}", navn=name, verdi=value))
    if not str(facts.get("navn", "x")).strip():
        raise Invalid(text("Kommunen må ha et navn."))
    if facts.get("maalform", "nb") not in MAALFORMER:
        raise Invalid(text("Målform må være nb eller nn."))
    if facts.get("offentlig_journal") not in (None, *range(_LONGEST_DELAY + 1)):
        raise Invalid(
            text("Offentlig journal må være fra 0 til {mest} virkedager.", mest=_LONGEST_DELAY)
        )
    if facts.get("status", Status.DRIFT) not in set(Status):
        raise Invalid(text("Status må være en av {valg}.", valg=", ".join(Status)))
