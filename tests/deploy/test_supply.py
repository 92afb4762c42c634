"""What the service is made of: listed for others, and looked up among known vulnerabilities."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
LOCKED = dict(
    re.findall(
        r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
)
VULNERABLE = "starlette"
NOWHERE = "http://127.0.0.1:1/v1/query"


class Database(BaseHTTPRequestHandler):
    """A database of vulnerabilities (OSV) that knows one, of one package."""

    known: str | None = None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(self._found(asked["package"]["name"])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _found(self, name: str) -> dict[str, Any]:
        if name != self.known:
            return {}
        affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}
        found = {"id": "OSV-2026-1", "summary": "Broken", "details": "x", "affected": [affected]}
        return {"vulns": [{**found, "modified": "2026-11-01T00:00:00Z"}]}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def database() -> Iterator[Callable[[str | None], str]]:
    """Start such a database; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def knowing(name: str | None) -> str:
        Database.known = name
        return f"http://127.0.0.1:{server.server_address[1]}/v1/query"

    yield knowing
    server.shutdown()
    server.server_close()
    thread.join()


def audit(address: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [ROOT / ".ci" / "audit", PROGRAMS, "--osv-url", address, "--cache-dir", folder],
        env={**os.environ, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_known_vulnerability_fails_the_check(
    database: Callable[[str | None], str], tmp_path: Path
) -> None:
    done = audit(database(VULNERABLE), tmp_path)

    assert done.returncode == 1, done.stderr
    assert f"{VULNERABLE} {LOCKED[VULNERABLE]}" in re.sub(" +", " ", done.stdout)
    assert "OSV-2026-1" in done.stdout


def test_nothing_known_is_well(database: Callable[[str | None], str], tmp_path: Path) -> None:
    done = audit(database(None), tmp_path)

    assert done.returncode == 0, done.stderr
    assert "no known vulnerability" in done.stdout


def test_what_could_not_be_asked_is_said_plainly(tmp_path: Path) -> None:
    done = audit(NOWHERE, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "SKIPPED" in done.stdout


def test_an_audit_that_is_asked_wrongly_fails() -> None:
    done = subprocess.run(
        [ROOT / ".ci" / "audit", PROGRAMS, "--no-such-option"], capture_output=True, check=False
    )

    assert done.returncode not in (0, 1)


def test_the_bill_of_materials_lists_what_is_locked(tmp_path: Path) -> None:
    """It is validated against CycloneDX's schema as it is written."""
    output = tmp_path / "sbom.json"
    subprocess.run(
        ["make", "-o", ".venv/.ready", "sbom", f"BIN={PROGRAMS}", f"SBOM={output}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )

    bill = json.loads(output.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "sakark-api"
    assert {one["name"]: one["version"] for one in bill["components"]} == LOCKED
    assert all(one["externalReferences"][0]["hashes"] for one in bill["components"])
