"""Viruses are looked for by clamd: here a server that speaks its protocol over a real socket."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.formats import made

from sakark_api.formats import ToolFailed, Verdict, examine
from sakark_api.settings import Settings

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST = 2 * 1024 * 1024


class Clamd(socketserver.StreamRequestHandler):
    """Answers as clamd does: https://docs.clamav.net/manual/Usage/Scanning.html (INSTREAM)."""

    def handle(self) -> None:
        command = self.rfile.read(len(b"zINSTREAM\0"))
        if command != b"zINSTREAM\0":
            return
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > MOST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        found = b"Eicar-Signature FOUND" if EICAR in content else b"OK"
        self.wfile.write(b"stream: " + found + b"\0")


@pytest.fixture
def settings() -> Iterator[Settings]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Settings(clamd_address=f"tcp:127.0.0.1:{server.server_address[1]}")
        server.shutdown()


def test_a_virus_is_named_and_nothing_else_is_asked(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "brev.txt"
    path.write_bytes(EICAR)

    found = examine(path, filename="brev.docx", declared_mime=None, settings=settings)

    assert found.verdict is Verdict.VIRUS
    assert [str(reason) for reason in found.reasons] == ["clamd fant Eicar-Signature."]


def test_a_clean_file_goes_on(settings: Settings, tmp_path: Path) -> None:
    path = made.docx(tmp_path / "brev.docx")

    found = examine(path, filename=path.name, declared_mime=None, settings=settings)

    assert found.verdict is Verdict.KONVERTERES


def test_a_file_that_clamd_would_not_take_is_not_called_clean(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "stor.txt"
    path.write_bytes(b"a" * (2 * MOST))

    with pytest.raises(ToolFailed, match="StreamMaxLength"):
        examine(path, filename=path.name, declared_mime=None, settings=settings)


def test_a_clamd_that_does_not_answer_is_told_of(tmp_path: Path) -> None:
    path = made.docx(tmp_path / "brev.docx")
    silent = Settings(clamd_address=f"unix:{tmp_path}/borte")

    with pytest.raises(ToolFailed, match="svarer ikke"):
        examine(path, filename=path.name, declared_mime=None, settings=silent)
