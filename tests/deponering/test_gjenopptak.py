"""A deposit that is cut off is gone on with, and never looks whole before it is."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Service
from tests.deponering.conftest import KOMMUNE, PDF, Arkiv, Export
from tests.tenancy.processes import environment

from sakark_api.errors import Conflict


def leftovers(target: Path) -> Path:
    return target.with_name(f"{target.name}.uferdig")


def mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def break_off(arkiv: Arkiv, export: Export, target: Path) -> list[Path]:
    """Leave a try behind that had all of its documents, but for one of the two."""
    export(target, arkiv.arkivdel)
    work = leftovers(target)
    work.mkdir()
    target.rename(work / "innhold")
    kept, lost = sorted((work / "innhold" / "dokumenter").rglob("*.pdf"))
    lost.write_bytes(b"%PDF-1.4 bre")
    (kept.parent / "ukjent.pdf").write_bytes(PDF)
    os.utime(kept.parent / "ukjent.pdf", (1, 1))
    return [kept, lost]


def test_a_full_disk_is_told_in_words(
    arkiv: Arkiv, service: Service, schemas: Path, tmp_path: Path
) -> None:
    command, env = exporting(arkiv, service, schemas, tmp_path / "ut")

    said = subprocess.run(
        command, env=env, capture_output=True, check=False, text=True, preexec_fn=as_on_a_full_disk
    )

    assert said.returncode == 1
    assert "kan ikke skrives" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "ut").exists()


def as_on_a_full_disk() -> None:
    """Let no file grow beyond what the order needs."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def exporting(
    arkiv: Arkiv, service: Service, schemas: Path, target: Path
) -> tuple[list[str], dict[str, str]]:
    """Give the command that deposits the archive, and its environment."""
    words = ["export", "--kommune", KOMMUNE, "--arkivdel", arkiv.arkivdel["systemID"]]
    command = [str(Path(sys.executable).with_name("sakark")), *words, str(target)]
    return command, environment(service, SAKARK_SCHEMAS_DIR=str(schemas))


def test_what_was_copied_and_is_whole_is_not_copied_again(
    arkiv: Arkiv, export: Export, tmp_path: Path
) -> None:
    break_off(arkiv, export, tmp_path / "ut")

    result = export(tmp_path / "ut", arkiv.arkivdel)

    files = [path for path in (tmp_path / "ut" / "dokumenter").rglob("*") if path.is_file()]
    assert (result.copied.files, result.copied.kept) == (2, 1)
    assert [path.read_bytes() for path in files] == [PDF, PDF]
    assert not leftovers(tmp_path / "ut").exists()


def test_nobody_else_can_look_into_a_deposit_or_into_one_that_is_being_made(
    arkiv: Arkiv, export: Export, tmp_path: Path
) -> None:
    work = leftovers(tmp_path / "ut")
    (work / "innhold").mkdir(parents=True)
    (work / "innhold" / "arkivstruktur.xml").touch()
    (work / "bestilling.json").write_text("{}")
    for folder in (work, work / "innhold"):
        folder.chmod(0o755)

    with pytest.raises(Conflict):
        export(tmp_path / "ut", arkiv.arkivdel)
    while_made = [mode_of(work), mode_of(work / "innhold")]
    shutil.rmtree(work)
    export(tmp_path / "ut", arkiv.arkivdel)

    assert [*while_made, mode_of(tmp_path / "ut")] == [0o700, 0o700, 0o700]


def test_the_beginning_of_another_deposit_is_not_gone_on_with(
    arkiv: Arkiv, export: Export, tmp_path: Path
) -> None:
    work = leftovers(tmp_path / "ut")
    work.mkdir()
    (work / "bestilling.json").write_text("{}")
    (work / "innhold").mkdir()
    (work / "innhold" / "arkivstruktur.xml").touch()

    with pytest.raises(Conflict):
        export(tmp_path / "ut", arkiv.arkivdel)

    assert not (tmp_path / "ut").exists()


def test_a_process_killed_at_any_time_leaves_nothing_that_looks_whole(
    arkiv: Arkiv, service: Service, schemas: Path, tmp_path: Path
) -> None:
    command, env = exporting(arkiv, service, schemas, tmp_path / "ut")
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "Skriver arkivstruktur" not in process.stderr.readline():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    looked_whole = (tmp_path / "ut").exists()

    again = subprocess.run(command, env=env, capture_output=True, check=False, text=True)

    assert not looked_whole
    assert again.returncode == 0, again.stderr
    assert "Uttrekket er ferdig" in again.stdout
    assert (tmp_path / "ut" / "arkivuttrekk.xml").exists()
