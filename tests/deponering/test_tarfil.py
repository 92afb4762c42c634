"""Tar files that are written as a stream, as the machine's own tar unpacks them."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sakark_api.deponering.tarfil import END, Innhold, Medlem, data, file, gathered, tar_of
from sakark_api.errors import Conflict

LONG = "a-folder-whose-name-is-long/" * 5 + "and-a-file-there.pdf"


def filled(root: Path, *contents: tuple[str, bytes]) -> Path:
    for name, content in contents:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def unpacked(content: bytes, target: Path) -> dict[str, bytes]:
    """Unpack with the machine's own tar, which says when something is odd."""
    target.mkdir()
    done = subprocess.run(
        ["tar", "-xf", "-", "-C", str(target)], input=content, capture_output=True, check=True
    )
    assert done.stderr == b""
    return {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }


def told(member: Medlem) -> Innhold:
    """Take a member's bytes, and give what it says of them."""
    while True:
        try:
            next(member)
        except StopIteration as end:
            found: Innhold = end.value
            return found


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 3_000_000])
def test_a_file_of_any_size_comes_out_as_it_was(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    root = filled(tmp_path / "inn", ("fil.bin", content))

    found = unpacked(b"".join(gathered(tar_of(root, "rot"))), tmp_path / "ut")

    assert found == {"rot/fil.bin": content}


def test_names_are_long_and_in_norwegian(tmp_path: Path) -> None:
    root = filled(tmp_path / "inn", (LONG, b"1"), ("blåbærsyltetøy.txt", b"2"))

    found = unpacked(b"".join(tar_of(root, "rot")), tmp_path / "ut")

    assert found == {f"rot/{LONG}": b"1", "rot/blåbærsyltetøy.txt": b"2"}


def test_links_do_not_come_along(tmp_path: Path) -> None:
    root = filled(tmp_path / "inn", ("fil.txt", b"1"))
    (root / "lenke.txt").symlink_to("/etc/passwd")
    (root / "mappe").symlink_to("/etc")

    found = unpacked(b"".join(tar_of(root, "rot")), tmp_path / "ut")

    assert set(found) == {"rot/fil.txt"}


def test_what_went_in_is_told(tmp_path: Path) -> None:
    root = filled(tmp_path / "inn", ("fil.txt", b"innhold"))

    found = told(file("rot/fil.txt", root / "fil.txt"))

    assert (found.path, found.size) == ("rot/fil.txt", 7)
    assert found.sha256 == hashlib.sha256(b"innhold").hexdigest()


def test_a_file_on_no_disk_comes_along(tmp_path: Path) -> None:
    content = b"".join([*data("rot/log.xml", b"<log/>", datetime.now(UTC)), END])

    assert unpacked(content, tmp_path / "ut") == {"rot/log.xml": b"<log/>"}


def test_a_file_with_an_odd_name_is_refused(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff.pdf")
    root = filled(tmp_path / "inn", (odd, b"1"))

    with pytest.raises(Conflict, match="annet navn"):
        list(tar_of(root, "rot"))


def test_a_file_that_shrinks_meanwhile_is_refused(tmp_path: Path) -> None:
    root = filled(tmp_path / "inn", ("fil.bin", bytes(3_000_000)))
    member = file("fil.bin", root / "fil.bin")
    next(member)
    os.truncate(root / "fil.bin", 10)

    with pytest.raises(Conflict, match="endret"):
        list(member)
