"""Jobs that failed for good, as the operator sees them and sends them again."""

from uuid import UUID, uuid4

import pytest
from tests.drift.conftest import Operator, Sql


@pytest.fixture
def failed(owner: Sql, tenants: dict[str, int]) -> tuple[int, UUID]:
    """A job about a unit in molde that failed for good."""
    unit = uuid4()
    [[job]] = owner.run(
        "insert into jobs.procrastinate_jobs"
        " (queue_name, task_name, args, status, attempts, lock, queueing_lock)"
        " values ('default', 'undersoek_dokument',"
        " jsonb_build_object('kommune', $1::int, 'enhet', $2::uuid), 'failed', 5,"
        " format('undersoek_dokument/%s/%s', $1::int, $2::uuid),"
        " format('undersoek_dokument/%s/%s', $1::int, $2::uuid)) returning id",
        tenants["molde"],
        unit,
    )
    owner.run("insert into jobs.feil (job_id, feil) values ($1, 'ToolMissing')", job)
    return job, unit


def test_the_operator_sees_what_failed_and_of_which_unit(
    operator: Operator, failed: tuple[int, UUID]
) -> None:
    found = operator.get("jobber/").json()["results"]

    assert [one for one in found if one["id"] == failed[0]] == [
        {
            "id": failed[0],
            "jobb": "undersoek_dokument",
            "kommune": "molde",
            "enhet": str(failed[1]),
            "feil": "ToolMissing",
            "forsoek": 5,
            "tidspunkt": None,
        }
    ]


def test_what_is_sent_again_waits_and_is_in_the_log(
    operator: Operator, owner: Sql, failed: tuple[int, UUID]
) -> None:
    answer = operator.request("POST", f"jobber/{failed[0]}/igjen/")

    assert answer.status_code == 204
    [row] = owner.run(
        "select status::text, attempts from jobs.procrastinate_jobs where id = $1", failed[0]
    )
    assert tuple(row) == ("todo", 0)
    line = operator.logged()
    assert (line["hendelse"], line["kommune"]) == ("jobb sendt igjen", "molde")
    assert line["detaljer"]["enhet"] == str(failed[1])


def test_all_are_sent_again_at_once(operator: Operator, failed: tuple[int, UUID]) -> None:
    answer = operator.request("POST", "jobber/igjen/")

    assert failed[0] in {one["id"] for one in answer.json()["results"]}
    assert operator.get("jobber/").json()["count"] == 0


def test_one_of_the_same_that_waits_does_the_work_of_both(
    operator: Operator, owner: Sql, tenants: dict[str, int], failed: tuple[int, UUID]
) -> None:
    deferred = "select sakark_defer('undersoek_dokument', $1)"
    owner.run(deferred, failed[1], tenant=tenants["molde"])
    owner.run(deferred, failed[1], tenant=tenants["molde"])

    answer = operator.request("POST", f"jobber/{failed[0]}/igjen/")

    assert answer.status_code == 204
    left = owner.run(
        "select status::text from jobs.procrastinate_jobs where args->>'enhet' = $1",
        str(failed[1]),
    )
    assert [row["status"] for row in left] == ["todo"]


@pytest.mark.parametrize("named", ["0", "x", "9" * 30, "%00"])
def test_what_has_not_failed_is_not_sent(operator: Operator, named: str) -> None:
    answer = operator.request("POST", f"jobber/{named}/igjen/")

    assert answer.status_code == 404
