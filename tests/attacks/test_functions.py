"""API5:2023 Broken function level authorization: each operation, by each role that is too low."""

import pytest
from tests.attacks.conftest import DESCRIPTION, NO_UPLOADS, OPERATIONS
from tests.conftest import LogIn, World
from tests.tenancy.operations import Operation, sent

ADMINISTRATION = frozenset({"arkiv", "arkivskaper", "arkivdel", "klassifikasjonssystem"})
ARCHIVE = frozenset({"klasse"})


def least(one: Operation) -> str:
    """Say which role an operation needs at least, by the standard (5.13.4-5.13.6, C2.9.7)."""
    made = one.path.rstrip("/").rpartition("ny-")[2] if "/ny-" in one.path else one.entity
    made = made.split("/")[0]
    if one.package == "admin" or made in ADMINISTRATION:
        return "administrator"
    if one.package == "metadata" or made in ARCHIVE:
        return "arkivar"
    return "saksbehandler"


RANKS = ("ingen", "leser", "saksbehandler", "leder", "arkivar", "administrator")
WRITING = tuple(
    one
    for one in OPERATIONS
    if one.writes and "{rest}" not in one.path and not one.path.endswith("/$ref/")
)


@pytest.mark.parametrize("role", ["saksbehandler", "leder", "arkivar"])
def test_a_role_that_is_too_low_writes_nothing(ours: World, log_in: LogIn, role: str) -> None:
    client = log_in(f"{role}@molde")
    above = [one for one in WRITING if RANKS.index(least(one)) > RANKS.index(role)]

    answers = []
    for one in above:
        call = sent(one, DESCRIPTION, ours, NO_UPLOADS, "molde")
        answer = client.request(
            one.method,
            ours.client.service.url + call.address,
            content=call.body,
            headers=dict(call.headers),
        )
        answers.append((one.id, answer.status_code))

    assert [one for one in answers if one[1] != 403] == []
    assert len(answers) > 25


@pytest.mark.parametrize("role", ["leser", "saksbehandler"])
def test_a_role_that_does_not_read_the_log_reads_it_nowhere(
    ours: World, log_in: LogIn, role: str
) -> None:
    client = log_in(f"{role}@molde")
    places = [one for one in OPERATIONS if "logg/" in one.path and not one.writes]

    answers = [
        (
            one.path,
            client.get(
                client.service.url + sent(one, DESCRIPTION, ours, NO_UPLOADS, "molde").address
            ),
        )
        for one in places
    ]

    assert [
        (path, answer.status_code) for path, answer in answers if answer.status_code != 403
    ] == []
    assert len(places) > 20
