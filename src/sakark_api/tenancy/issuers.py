"""Whose tokens a kommune accepts: adding, changing and replacing its identity providers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from sakark_api.access.caller import Role
from sakark_api.errors import Conflict, Invalid
from sakark_api.tenancy.administration import find_kommune
from sakark_api.tenancy.kommune import IssuerEntry, IssuerRow, Status
from sakark_api.texts import text

__all__ = ["set_issuer", "set_issuers"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def set_issuer(session: Session, slug: str, issuer: str, **facts: Any) -> IssuerRow:
    """Let a kommune accept tokens of an identity provider, or change how they are read."""
    kommune = find_kommune(session, slug, to_change=True)
    row = session.get(IssuerRow, (kommune.id, issuer))
    if row is None:
        row = IssuerRow(kommune_id=kommune.id, issuer=issuer)
        session.add(row)
    for name, value in facts.items():
        setattr(row, name, value)
    refuse_odd_issuer(row)
    session.flush()
    return row


def set_issuers(session: Session, slug: str, entries: Sequence[IssuerEntry]) -> list[IssuerRow]:
    """Let a kommune accept tokens of these identity providers and no others."""
    kommune = find_kommune(session, slug, to_change=True)
    if not entries and kommune.status != Status.FORBEREDELSE:
        raise Conflict(
            text("Kommunen er i {status} og må ha en innloggingstjeneste.", status=kommune.status)
        )
    rows = [IssuerRow(kommune_id=kommune.id, **asdict(entry)) for entry in entries]
    if len({row.issuer for row in rows}) < len(rows):
        raise Invalid(text("Samme innloggingstjeneste er oppgitt to ganger."))
    for row in rows:
        refuse_odd_issuer(row)
    session.execute(delete(IssuerRow).where(IssuerRow.kommune_id == kommune.id))
    session.add_all(rows)
    session.flush()
    return rows


def refuse_odd_issuer(row: IssuerRow) -> None:
    """Refuse addresses that tokens cannot safely be checked against, and roles there are not."""
    for name in ("issuer", "discovery_url", "jwks_uri"):
        address = getattr(row, name)
        if address is not None and not _is_safe(address):
            raise Invalid(
                # Not what was written: it may hold a password.
                text(
                    "{navn} må være en adresse som https://login.example.no, uten passord.",
                    navn=name,
                )
            )
    for name in ("audience", "kommune_claim", "role_claim"):
        if not getattr(row, name).strip():
            raise Invalid(text("{navn} kan ikke være tom.", navn=name))
    odd = sorted(set(row.role_values.values()) - set(Role))
    if odd:
        raise Invalid(
            text("Ukjent rolle: {rolle}. Bruk en av {valg}.", rolle=odd[0], valg=", ".join(Role))
        )


def _is_safe(address: str) -> bool:
    """Tell whether an address is of HTTPS, or on this machine, and holds no password."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment or not address.isprintable():
        return False
    if " " in address:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
