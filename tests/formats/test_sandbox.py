"""A program that does its worst: forks, eats memory, sleeps, writes, and calls home."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sakark_api.formats import ToolFailed, ToolMissing, isolated
from sakark_api.formats.sandbox import Box, found, sandbox
from sakark_api.settings import Settings

SETTINGS = Settings(tool_seconds=10, tool_memory=268_435_456, unpack_limit=1_048_576)

needs_walls = pytest.mark.skipif(
    not isolated(SETTINGS), reason="bubblewrap can make no namespaces here: the network stays open"
)


@pytest.fixture
def box() -> Iterator[Box]:
    with sandbox(SETTINGS) as made:
        yield made


def shell(box: Box, script: str) -> str:
    return box.run("sh", "-c", script).decode()


def impatient(box: Box) -> Box:
    return Box(box.folder, box.settings.model_copy(update={"tool_seconds": 1.0}))


def test_a_program_finds_its_home_also_where_work_folders_are_far_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with `TMPDIR` on a volume of its own: LibreOffice has its profile at home."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with sandbox(SETTINGS) as box:
        assert shell(box, 'touch "$HOME/profil" && ls "$HOME"') == "profil\n"


def test_a_program_that_sleeps_for_ever_is_stopped(box: Box) -> None:
    started = time.monotonic()

    with pytest.raises(ToolFailed, match="stanset etter 1 sekunder"):
        shell(impatient(box), "sleep 600")

    assert time.monotonic() - started < 60


def test_what_a_program_left_behind_is_stopped_too(box: Box) -> None:
    mark = box.folder / "tmp" / "lever"

    shell(box, f"(while :; do touch {mark}; sleep 0.1; done) > /dev/null 2>&1 &")
    mark.unlink(missing_ok=True)
    time.sleep(0.5)

    assert not mark.exists()


def test_a_program_that_forks_without_end_comes_to_an_end(box: Box) -> None:
    with pytest.raises(ToolFailed):
        shell(impatient(box), "f() { f | f; }; f")

    assert shell(box, "echo levende") == "levende\n"


def test_a_program_that_eats_memory_is_refused_it(box: Box) -> None:
    with pytest.raises(ToolFailed) as refused:
        box.python("timeit", "--number", "1", "--repeat", "1", "bytearray(2**31)")

    assert refused.value.ended


def test_a_program_that_writes_without_end_is_stopped(box: Box) -> None:
    with pytest.raises(ToolFailed, match="grense"):
        shell(box, "exec cat /dev/zero > stor")

    assert (box.folder / "stor").stat().st_size <= SETTINGS.unpack_limit


def test_a_program_that_talks_without_end_is_stopped(box: Box) -> None:
    with pytest.raises(ToolFailed):
        shell(box, "exec cat /dev/zero")


CALL = "import socket; socket.create_connection(('127.0.0.1', {port}), 2)"


@needs_walls
def test_a_program_reaches_no_network(box: Box) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        (box.folder / "ring.py").write_text(CALL.format(port=port), encoding="utf-8")

        with pytest.raises(ToolFailed):
            box.python("runpy", str(box.folder / "ring.py"))

        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


@needs_walls
def test_a_program_sees_no_process_but_its_own_and_none_of_our_files(
    box: Box, tmp_path: Path
) -> None:
    secret = tmp_path / "andres"
    secret.write_text("hemmelig", encoding="utf-8")

    seen = shell(box, f"ls /proc | grep -c '^[0-9]'; cat {secret} /etc/shadow 2>/dev/null; true")

    assert int(seen.splitlines()[0]) < 8
    assert "hemmelig" not in seen
    assert "root:" not in seen


def test_a_program_knows_nothing_of_our_environment(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAKARK_S3_SECRET_KEY", "hemmelig")

    seen = shell(box, "env; id -u")

    assert "SAKARK" not in seen
    assert f"HOME={box.folder}/hjem" in seen
    assert seen.splitlines()[-1] != "0"


@pytest.mark.skipif(found("verapdf", SETTINGS) is None, reason="not on this machine: verapdf")
def test_what_java_leaves_is_in_the_work_folder() -> None:
    """Java asks no `TMPDIR`; without walls its files would stay among those of others."""
    with sandbox(Settings()) as box:
        box.run("verapdf", "--version")

        assert list((box.folder / "tmp").iterdir())


def test_a_program_changes_its_copy_and_not_the_original(box: Box, tmp_path: Path) -> None:
    original = tmp_path / "brev.txt"
    original.write_text("brev", encoding="utf-8")
    name = box.take(original, "inn.txt")

    shell(box, f"rm {name}; echo annet > {name}")

    assert original.read_text(encoding="utf-8") == "brev"


@pytest.mark.parametrize("trick", ["ln -s {secret} ut", "mkfifo ut", "mkdir ut", "true"])
def test_only_a_file_that_a_program_has_made_comes_out(
    box: Box, trick: str, tmp_path: Path
) -> None:
    secret, out = tmp_path / "andres", tmp_path / "ut"
    secret.write_text("hemmelig", encoding="utf-8")
    shell(box, trick.format(secret=secret))

    assert not box.give("ut", out)
    assert not out.exists()


def test_a_link_made_by_a_program_takes_no_copy_elsewhere(box: Box, tmp_path: Path) -> None:
    aim = tmp_path / "andres"
    shell(box, f"ln -s {aim} inn.pdf")

    with pytest.raises(FileExistsError):
        box.take(Path(__file__), "inn.pdf")

    assert not aim.exists()


def test_the_work_folder_is_gone_afterwards() -> None:
    with sandbox(SETTINGS) as made:
        shell(made, "mkdir -p hjem/a/b; echo x > hjem/a/b/c; chmod 500 hjem/a")

    assert not made.folder.exists()


def test_a_program_that_is_not_there_is_named(box: Box) -> None:
    with pytest.raises(ToolMissing) as missing:
        box.run("finnes-ikke")

    assert str(missing.value.text).startswith("Programmet finnes-ikke mangler")
