"""Which programs a machine has, as `sakark doctor` tells it."""

import asyncio
from pathlib import Path

from sakark_api.doctor.report import Status
from sakark_api.doctor.tools import check_tools
from sakark_api.formats import tools
from sakark_api.settings import Settings


def test_every_program_that_is_missing_is_named_with_what_it_is_for(tmp_path: Path) -> None:
    bare = Settings(tool_path=str(tmp_path))

    findings = asyncio.run(check_tools(bare))

    assert {one.status for one in findings} == {Status.WARNING}
    told = " ".join(one.sentence for one in findings)
    assert all(one.name in told for one in tools(bare))
    assert "gs mangler eller virker ikke; der sakark worker kjører, trengs det for å lage" in told


def test_a_program_that_does_not_work_counts_as_missing(tmp_path: Path) -> None:
    broken = tmp_path / "gs"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)

    [found] = [one for one in tools(Settings(tool_path=str(tmp_path))) if one.name == "gs"]

    assert found.version is None
