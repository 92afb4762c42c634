"""What is particular to documents in a folder."""

import asyncio
import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.storage.places import stream

from sakark_api.errors import Conflict, Unavailable
from sakark_api.storage.documents import Stored, write_small
from sakark_api.storage.filesystem import FORGOTTEN_SECONDS, UNFINISHED, FilesystemDocuments

KEY = "molde/2026/ab/abcdef.bin"


@pytest.fixture
def documents(tmp_path: Path) -> FilesystemDocuments:
    return FilesystemDocuments(tmp_path / "dokumenter")


def put(documents: FilesystemDocuments, key: str = KEY) -> None:
    asyncio.run(documents.put(key, stream([b"x"])))


def test_files_and_folders_are_closed_to_others(
    documents: FilesystemDocuments, tmp_path: Path
) -> None:
    put(documents)

    modes = {
        path.is_dir(): stat.S_IMODE(path.stat().st_mode)
        for path in sorted((tmp_path / "dokumenter").rglob("*"))
    }

    assert modes == {True: 0o700, False: 0o600}


def test_a_small_document_is_written_in_one_step(
    documents: FilesystemDocuments, tmp_path: Path
) -> None:
    stored = write_small(documents.writing(KEY), KEY, b"et brev")

    assert stored == Stored(KEY, 7, hashlib.sha256(b"et brev").hexdigest())
    assert (tmp_path / "dokumenter" / KEY).read_bytes() == b"et brev"


def test_a_small_document_leaves_what_is_there(
    documents: FilesystemDocuments, tmp_path: Path
) -> None:
    put(documents)

    with pytest.raises(Conflict):
        write_small(documents.writing(KEY), KEY, b"et brev")

    assert (tmp_path / "dokumenter" / KEY).read_bytes() == b"x"
    assert list((tmp_path / "dokumenter" / UNFINISHED).iterdir()) == []


def test_folders_left_empty_are_removed(documents: FilesystemDocuments, tmp_path: Path) -> None:
    put(documents)
    put(documents, "molde/2025/a")

    asyncio.run(documents.delete(KEY))

    assert not (tmp_path / "dokumenter" / "molde" / "2026").exists()
    assert (tmp_path / "dokumenter" / "molde" / "2025" / "a").exists()


def test_puts_and_deletes_in_one_folder_do_not_disturb_each_other(
    documents: FilesystemDocuments,
) -> None:
    async def come_and_go(key: str) -> None:
        for _ in range(40):
            await documents.put(key, stream([b"x"]))
            await documents.delete(key)

    async def many() -> None:
        await asyncio.gather(*(come_and_go(f"molde/opplasting/u/{at}") for at in range(6)))

    asyncio.run(many())


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.usefixtures("without_links")
def test_file_system_without_links_will_do(documents: FilesystemDocuments) -> None:
    put(documents)

    assert asyncio.run(documents.size(KEY)) == 1
    with pytest.raises(Conflict):
        put(documents)


def test_unfinished_files_of_killed_processes_are_removed_in_time(
    documents: FilesystemDocuments, tmp_path: Path
) -> None:
    put(documents)
    unfinished = tmp_path / "dokumenter" / UNFINISHED
    (unfinished / "forgotten").touch()
    (unfinished / "recent").touch()
    long_ago = (unfinished / "recent").stat().st_mtime - FORGOTTEN_SECONDS - 60
    os.utime(unfinished / "forgotten", (long_ago, long_ago))

    FilesystemDocuments(tmp_path / "dokumenter")

    assert [path.name for path in unfinished.iterdir()] == ["recent"]


def test_failing_disk_is_unavailable_and_leaves_nothing(
    documents: FilesystemDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Unavailable, match="No space left"):
        put(documents)
    assert list((tmp_path / "dokumenter" / UNFINISHED).iterdir()) == []


def test_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable):
        FilesystemDocuments(tmp_path / "file" / "dokumenter")
