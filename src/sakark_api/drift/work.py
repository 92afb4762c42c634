"""What the operator does to kommuner, each with its line in the log; for the API and the command.

Every function takes a session, whose transaction the log is part of, and who does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from sakark_api.tenancy import administration, issuers
from sakark_api.tenancy.driftslogg import Actor, log_drift
from sakark_api.tenancy.kommune import IssuerEntry, IssuerRow, KommuneRow, Status, issuers_of
from sakark_api.tenancy.opsjoner import Options, Period
from sakark_api.tenancy.postnummer import Outcome, set_postnummer

__all__ = [
    "add_kommune",
    "change_kommune",
    "change_status",
    "end_option",
    "load_postnummer",
    "set_issuer",
    "set_issuers",
    "set_moved",
    "set_option",
]

_LOGGED = ("issuer", "audience", "discovery_url", "jwks_uri", "kommune_claim", "role_claim")


def add_kommune(session: Session, who: Actor, slug: str, **facts: Any) -> KommuneRow:
    row = administration.add_kommune(session, slug, **facts)
    log_drift(session, who, "kommune lagt til", slug, facts)
    return row


def change_kommune(session: Session, who: Actor, slug: str, **facts: Any) -> KommuneRow:
    found = administration.find_kommune(session, slug, to_change=True)
    before = {name: getattr(found, name) for name in facts}
    row = administration.set_kommune(session, slug, **facts)
    changed = {
        name: {"fra": before[name], "til": value}
        for name, value in facts.items()
        if before[name] != value
    }
    if changed:
        log_drift(session, who, "kommune endret", slug, changed)
    return row


def change_status(
    session: Session, who: Actor, slug: str, status: Status, begrunnelse: str
) -> KommuneRow:
    before = administration.find_kommune(session, slug, to_change=True).status
    row = administration.change_status(session, slug, status)
    if before != status:
        facts = {"fra": before, "til": str(status), "begrunnelse": begrunnelse}
        log_drift(session, who, "status endret", slug, facts)
    return row


def set_moved(session: Session, who: Actor, slug: str, address: str | None) -> KommuneRow:
    """Let a kommune that has ended show to where it is now; None lets it answer itself again."""
    before = administration.find_kommune(session, slug, to_change=True).flyttet_til
    row = administration.set_moved(session, slug, address)
    if row.flyttet_til != before:
        facts = {"fra": before, "til": row.flyttet_til}
        log_drift(session, who, "kommune flyttet", slug, facts)
    return row


def set_issuers(
    session: Session, who: Actor, slug: str, entries: Sequence[IssuerEntry]
) -> Sequence[IssuerRow]:
    kommune = administration.find_kommune(session, slug, to_change=True)
    before = [_facts(row) for row in issuers_of(session, kommune)]
    issuers.set_issuers(session, slug, entries)
    rows = issuers_of(session, kommune)
    after = [_facts(row) for row in rows]
    if before != after:
        log_drift(session, who, "innlogging endret", slug, {"fra": before, "til": after})
    return rows


def set_issuer(session: Session, who: Actor, slug: str, entry: IssuerEntry) -> None:
    """Add one identity provider to those a kommune has, or change it."""
    kommune = administration.find_kommune(session, slug, to_change=True)
    others = [_entry(row) for row in issuers_of(session, kommune)]
    set_issuers(session, who, slug, [*(one for one in others if one.issuer != entry.issuer), entry])


def set_option(session: Session, who: Actor, slug: str, navn: str, period: Period) -> Options:
    options = administration.add_option(session, slug, navn, period)
    fra, til = period.fra.isoformat(), period.til and period.til.isoformat()
    log_drift(session, who, "opsjon satt", slug, {"opsjon": navn, "fra": fra, "til": til})
    return options


def end_option(session: Session, who: Actor, slug: str, navn: str, last_day: date) -> Options:
    options = administration.end_option(session, slug, navn, last_day)
    facts = {"opsjon": navn, "til": last_day.isoformat()}
    log_drift(session, who, "opsjon avsluttet", slug, facts)
    return options


def _facts(row: IssuerRow) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _LOGGED}, "role_values": row.role_values}


def _entry(row: IssuerRow) -> IssuerEntry:
    return IssuerEntry(**_facts(row))


def load_postnummer(
    session: Session, who: Actor, slug: str, register: Mapping[str, str]
) -> Outcome:
    outcome = set_postnummer(session, slug, register, who.now)
    if outcome:
        log_drift(session, who, "postnummer lastet", slug, asdict(outcome))
    return outcome
