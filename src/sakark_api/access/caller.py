"""The person or system that a request comes from."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Caller", "Role"]


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
