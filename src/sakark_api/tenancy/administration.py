"""Adding and changing kommuner, as the owner of the tables."""

import re
from typing import Any

from sqlalchemy import Text, any_, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from sakark_api.errors import Conflict, Invalid, NotFound
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.noark.metadata.kodeverdi import KodeverdiRow
from sakark_api.tenancy.kommune import IssuerRow, KommuneRow, Status
from sakark_api.tenancy.partitions import add_partitions
from sakark_api.texts import text

__all__ = ["add_kommune", "find_kommune", "set_issuer", "set_kommune"]

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_KOMMUNENUMMER = re.compile(r"\d{4}", re.ASCII)
_ORGANISASJONSNUMMER = re.compile(r"\d{9}", re.ASCII)
# First parts of addresses that are taken already.
_RESERVED = frozenset({"kommuner", "docs", "identity", "health", "metrics", "static"})
MAALFORMER = ("nb", "nn")


def add_kommune(session: Session, slug: str, **facts: Any) -> KommuneRow:
    """Add a kommune with its partitions and the standard's code lists.

    `facts` are columns of the registry: navn, kommunenummer and whatever else is known.
    """
    if not _SLUG.fullmatch(slug) or slug in _RESERVED:
        raise Invalid(
            text("Kortnavnet må være små bokstaver, tall og bindestrek: {slug}", slug=slug)
        )
    if session.scalar(select(KommuneRow.id).where(KommuneRow.slug == slug)) is not None:
        raise Conflict(text("Kommunen {slug} finnes fra før.", slug=slug))
    refuse_odd_facts(facts)
    refuse_taken_number(session, facts.get("kommunenummer"), None)
    row = KommuneRow(slug=slug, **{"tidligere_kommunenummer": [], **facts})
    session.add(row)
    session.flush()
    add_partitions(session.connection(), row.id)
    see_as(session, row.id)
    session.execute(
        insert(KodeverdiRow),
        [
            {"tenant_id": row.id, "liste": liste.name, "kode": kode, "kodenavn": kodenavn}
            for liste in KODELISTER.values()
            for kode, kodenavn in liste.values
        ],
    )
    return row


def see_as(session: Session, tenant_id: int) -> None:
    """Let the rest of the transaction see one kommune's rows."""
    session.execute(select(func.set_config("app.tenant_id", str(tenant_id), True)))  # noqa: FBT003  SQL's


def find_kommune(session: Session, slug: str) -> KommuneRow:
    row = session.scalar(select(KommuneRow).where(KommuneRow.slug == slug))
    if row is None:
        raise NotFound(text("Kommunen {slug} finnes ikke. Se `sakark kommune list`.", slug=slug))
    return row


def set_kommune(session: Session, slug: str, **facts: Any) -> KommuneRow:
    """Change what the registry says of a kommune; a new kommunenummer keeps the former one."""
    row = find_kommune(session, slug)
    refuse_odd_facts(facts)
    refuse_taken_number(session, facts.get("kommunenummer"), row.id)
    former = row.kommunenummer
    for name, value in facts.items():
        setattr(row, name, value)
    if row.kommunenummer != former:
        numbers = dict.fromkeys([*row.tidligere_kommunenummer, former])
        row.tidligere_kommunenummer = [one for one in numbers if one != row.kommunenummer]
    session.flush()
    return row


def set_issuer(session: Session, slug: str, issuer: str, **facts: Any) -> IssuerRow:
    """Let a kommune accept tokens of an identity provider, or change how they are read."""
    kommune = find_kommune(session, slug)
    row = session.get(IssuerRow, (kommune.id, issuer))
    if row is None:
        row = IssuerRow(kommune_id=kommune.id, issuer=issuer)
        session.add(row)
    for name, value in facts.items():
        setattr(row, name, value)
    session.flush()
    return row


def refuse_taken_number(session: Session, number: str | None, kommune_id: int | None) -> None:
    """Refuse a kommunenummer that another kommune has or once had: tokens may still name it."""
    owner = session.scalar(
        select(KommuneRow.slug).where(
            KommuneRow.id != (kommune_id or 0),
            or_(
                KommuneRow.kommunenummer == literal(number, Text()),
                literal(number, Text()) == any_(KommuneRow.tidligere_kommunenummer),
            ),
        )
    )
    if number is not None and owner is not None:
        raise Conflict(text("Kommunenummer {nummer} hører til {slug}.", nummer=number, slug=owner))


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
    if facts.get("status", Status.DRIFT) not in set(Status):
        raise Invalid(text("Status må være en av {valg}.", valg=", ".join(Status)))
