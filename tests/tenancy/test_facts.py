"""What access depends on is kept by the database, whoever writes."""

import pytest
from sqlalchemy import text
from tests.tenancy.conftest import Owner

from sakark_api.noark.metadata.kodeliste import GRADERINGSKODE
from sakark_api.noark.rules.gradering import rank_of


@pytest.mark.parametrize("kode", [*(kode for kode, _ in GRADERINGSKODE.values), "HELT-NY"])
def test_the_database_ranks_gradings_as_the_rules_do(owner: Owner, kode: str) -> None:
    ranked = owner.connected(
        lambda connection: connection.scalar(
            text(
                "SELECT sakark_rank(jsonb_build_object('graderingskode',"
                " jsonb_build_object('kode', CAST(:kode AS text))))"
            ),
            {"kode": kode},
        )
    )

    assert ranked == rank_of(kode)


def test_what_is_not_graded_has_no_rank(owner: Owner) -> None:
    (row,) = owner.ask("SELECT sakark_rank(NULL) IS NULL, sakark_rank('{}') IS NULL")

    assert tuple(row) == (True, True)
