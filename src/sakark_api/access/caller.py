"""The person or system that a request comes from, to a kommune or to the operator."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Caller", "Operator", "Role"]


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    ARKIVAR = "arkivar"
    LEDER = "leder"
    SAKSBEHANDLER = "saksbehandler"
    LESER = "leser"


@dataclass(frozen=True)
class Caller:
    """One subject of one issuer, as seen by one kommune; without roles, it may do nothing."""

    tenant_id: int
    kommune: str
    subject: str
    issuer: str
    name: str
    roles: frozenset[Role]
    groups: frozenset[str] = frozenset()
    """Every value of the token's role claim, as the kommune's own rights may name them."""
    person: bool = True
    """False for a system: its tokens name nobody."""


@dataclass(frozen=True)
class Operator:
    """Somebody of the operator's staff: the role `drift`, which no kommune can give."""

    issuer: str
    subject: str
    name: str
