"""Every package that is shared comes in, and nothing of it is lost."""

from pathlib import Path

import pytest
from tests.innlesing.conftest import NAMES, Mottaker
from tests.innlesing.regnskap import held, missing


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_a_package_is_in_the_kommune_afterwards(
    mottaker: Mottaker, packages: Path, name: str
) -> None:
    before = mottaker.see(held)

    found = mottaker.take(packages / name)

    assert missing(packages / name / "arkivstruktur.xml", before, mottaker.see(held)) == []
    assert not found.differs
