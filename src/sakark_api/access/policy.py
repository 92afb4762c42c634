"""Who may do what: by role and kind of work, and by the state that the kommune is in.

Whatever the tables do not say is refused.
"""

from collections.abc import Iterable
from enum import StrEnum

from sakark_api.access.caller import Role

__all__ = ["Action", "Status", "Work", "admits", "allows", "may"]


class Status(StrEnum):
    """Where a kommune is on its way through the service."""

    FORBEREDELSE = "forberedelse"
    PROEVEDRIFT = "prøvedrift"
    DRIFT = "drift"
    AVSLUTTET = "avsluttet"


class Action(StrEnum):
    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class Work(StrEnum):
    ADMINISTRATION = "administration"
    """arkiv, arkivdel, klassifikasjonssystem, arkivskaper"""
    ARCHIVE = "archive"
    """klasse, code lists"""
    CASEWORK = "casework"
    """mapper, registreringer, documents, parties, remarks"""
    USERS = "users"
    """administrative units, users"""
    IMPARTIALITY = "impartiality"
    """who is barred from which case"""
    RETENTION = "retention"
    """what must not be deleted, and what is blocked instead of being deleted"""
    DISPOSAL = "disposal"
    """what is to be destroyed, and who has decided it"""
    LOG = "log"
    """who changed what: it tells earlier values too"""
    DEPOSIT = "deposit"
    """how ready the archive is to be deposited"""
    SCREENED = "screened"
    """what is screened in the units that may be read"""


NOTHING: frozenset[Action] = frozenset()
READ = frozenset({Action.READ})
ALL = frozenset(Action)

# Rules of the units themselves narrow this further: what is closed or archived is not deleted.
ALLOWED: dict[tuple[str, str], frozenset[Action]] = {
    (Role.LESER, Work.ADMINISTRATION): READ,
    (Role.LESER, Work.ARCHIVE): READ,
    (Role.LESER, Work.CASEWORK): READ,
    (Role.SAKSBEHANDLER, Work.ADMINISTRATION): READ,
    (Role.SAKSBEHANDLER, Work.ARCHIVE): READ,
    (Role.SAKSBEHANDLER, Work.CASEWORK): ALL,
    (Role.SAKSBEHANDLER, Work.SCREENED): READ,
    (Role.SAKSBEHANDLER, Work.USERS): READ,
    (Role.SAKSBEHANDLER, Work.IMPARTIALITY): READ,
    (Role.SAKSBEHANDLER, Work.RETENTION): READ,
    (Role.LEDER, Work.ADMINISTRATION): READ,
    (Role.LEDER, Work.ARCHIVE): READ,
    (Role.LEDER, Work.CASEWORK): ALL,
    (Role.LEDER, Work.SCREENED): READ,
    (Role.LEDER, Work.USERS): READ,
    (Role.LEDER, Work.IMPARTIALITY): ALL,
    (Role.LEDER, Work.RETENTION): READ,
    (Role.LEDER, Work.LOG): READ,
    (Role.ARKIVAR, Work.ADMINISTRATION): READ,
    (Role.ARKIVAR, Work.ARCHIVE): ALL,
    (Role.ARKIVAR, Work.CASEWORK): ALL,
    (Role.ARKIVAR, Work.SCREENED): READ,
    (Role.ARKIVAR, Work.USERS): READ,
    (Role.ARKIVAR, Work.IMPARTIALITY): ALL,
    (Role.ARKIVAR, Work.RETENTION): ALL,
    (Role.ARKIVAR, Work.DISPOSAL): ALL,
    (Role.ARKIVAR, Work.LOG): READ,
    (Role.ARKIVAR, Work.DEPOSIT): ALL,
    (Role.ADMINISTRATOR, Work.ADMINISTRATION): ALL,
    (Role.ADMINISTRATOR, Work.ARCHIVE): ALL,
    (Role.ADMINISTRATOR, Work.CASEWORK): ALL,
    (Role.ADMINISTRATOR, Work.SCREENED): READ,
    (Role.ADMINISTRATOR, Work.USERS): ALL,
    (Role.ADMINISTRATOR, Work.IMPARTIALITY): ALL,
    (Role.ADMINISTRATOR, Work.RETENTION): ALL,
    (Role.ADMINISTRATOR, Work.DISPOSAL): ALL,
    (Role.ADMINISTRATOR, Work.LOG): READ,
    (Role.ADMINISTRATOR, Work.DEPOSIT): ALL,
}

ADMITTED: dict[Status, frozenset[Role]] = {
    Status.FORBEREDELSE: frozenset({Role.ADMINISTRATOR, Role.ARKIVAR}),
    Status.PROEVEDRIFT: frozenset(Role),
    Status.DRIFT: frozenset(Role),
    Status.AVSLUTTET: frozenset(Role),
}
"""Who comes in at all. Who has no role may come in where all may, and is refused what there is."""

TAKEN: dict[Status, frozenset[Action]] = {
    Status.FORBEREDELSE: ALL,
    Status.PROEVEDRIFT: ALL,
    Status.DRIFT: ALL,
    Status.AVSLUTTET: READ,
}
"""What may be done at all."""


def admits(status: Status, roles: Iterable[Role]) -> bool:
    """Tell whether a kommune in this state lets a caller with `roles` in."""
    return ADMITTED[status] == frozenset(Role) or not ADMITTED[status].isdisjoint(roles)


def allows(status: Status, action: Action) -> bool:
    """Tell whether a kommune in this state is open to `action`, whoever asks."""
    return action in TAKEN[status]


def may(roles: Iterable[Role], action: Action, work: str) -> bool:
    """Tell whether any of `roles` may do `action` in `work`; unknown work is nobody's."""
    return any(action in ALLOWED.get((role, work), NOTHING) for role in roles)
