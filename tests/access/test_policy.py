"""The whole table of who may do what, written out as sentences."""

import pytest

from sakark_api.access.caller import Role
from sakark_api.access.policy import Action, Work, may

CHANGES = (Action.CREATE, Action.CHANGE, Action.DELETE)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("work", [Work.ADMINISTRATION, Work.ARCHIVE, Work.CASEWORK])
def test_every_role_reads_everything_but_users(role: Role, work: Work) -> None:
    assert may({role}, Action.READ, work)


@pytest.mark.parametrize(("role", "sees"), [(role, role is not Role.LESER) for role in Role])
def test_users_are_seen_by_those_who_name_them_in_cases(role: Role, sees: bool) -> None:
    assert may({role}, Action.READ, "users") is sees


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize(
    ("role", "works"),
    [
        (Role.LESER, set()),
        (Role.SAKSBEHANDLER, {"casework"}),
        (Role.LEDER, {"casework", "impartiality"}),
        (
            Role.ARKIVAR,
            {"casework", "archive", "impartiality", "retention", "deposit", "disposal"},
        ),
        (
            Role.ADMINISTRATOR,
            {
                "casework",
                "archive",
                "administration",
                "users",
                "impartiality",
                "retention",
                "deposit",
                "disposal",
            },
        ),
    ],
)
def test_role_changes_its_own_work_only(role: Role, works: set[str], action: Action) -> None:
    assert {work for work in Work if may({role}, action, work)} == works


@pytest.mark.parametrize("action", Action)
def test_unknown_work_is_refused(action: Action) -> None:
    assert not may(set(Role), action, "kaffe")


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("work", Work)
def test_no_role_is_refused(action: Action, work: Work) -> None:
    assert not may(frozenset(), action, work)


def test_rights_of_several_roles_add_up() -> None:
    assert may({Role.LESER, Role.ARKIVAR}, Action.CREATE, "archive")
