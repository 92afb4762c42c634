"""`sakark verify` and `sakark checkpoint` as an operator runs them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import Client, Service, World
from tests.proof.conftest import Archive
from tests.tenancy.processes import command, environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sakark(service: Service) -> Run:
    """Run a command on the service's database."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return command(environment(service), *words)

    return run


@pytest.fixture
def document(whole: Archive, http: httpx.Client, service: Service) -> Any:
    """A dokumentobjekt with its file, sealed."""
    client = Client(http, service, "administrator@midsund", "midsund")
    unit = World(client).dokumentobjekt
    stored = client.request(
        "POST",
        client.link(unit, "arkivstruktur/fil/"),
        content=b"%PDF-1.4 brev",
        headers={"Content-Type": "application/pdf"},
    )
    assert stored.status_code == 201, stored.text
    whole.seal()
    return stored.json()


def file_of(whole: Archive, service: Service, document: Any) -> Path:
    (row,) = whole.tamper(
        "select lagringsnoekkel from dokumentobjekt where system_id = $1", document["systemID"]
    )
    return service.settings.data_dir / "dokumenter" / str(row[0])


def test_what_is_whole_is_proven_by_the_checkpoint_too(
    sakark: Run, document: Any, tmp_path: Path
) -> None:
    assert document["systemID"]
    file = tmp_path / "kontrollpunkt.json"

    written = sakark("checkpoint", "--kommune", "midsund", "--file", str(file))
    proven = sakark("verify", "--kommune", "midsund", "--checkpoint", str(file))

    assert written.returncode == 0, written.stderr
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "Ingen funn." in proven.stdout
    assert "midsund: Sammenligner mappe" in proven.stderr
    assert list(json.loads(file.read_text())["kommuner"]) == ["midsund"]


def test_a_file_changed_on_the_disk_is_named(
    sakark: Run, whole: Archive, service: Service, document: Any
) -> None:
    file = file_of(whole, service, document)
    before = file.read_bytes()
    file.write_bytes(before.replace(b"brev", b"BREV"))

    found = sakark("verify", "--kommune", "midsund")

    file.write_bytes(before)
    assert found.returncode == 1
    assert f"midsund\t{document['systemID']}\t" in found.stdout
    assert "\tfeil sjekksum\n" in found.stdout
    assert "1 funn." in found.stdout


def test_a_chain_that_is_another_than_the_checkpoints_is_told(
    sakark: Run, whole: Archive, tmp_path: Path
) -> None:
    place = whole.seal()
    false = {"segl": place.segl, "sjekksum": "0" * 64, "tidspunkt": "2026-11-27T12:00:00Z"}
    file = tmp_path / "kontrollpunkt.json"
    file.write_text(json.dumps({"laget": "2026-11-27T12:00:00Z", "kommuner": {"midsund": false}}))

    found = sakark("verify", "--bare-stoerrelse", "--kommune", "midsund", "--checkpoint", str(file))

    assert found.returncode == 1
    assert f"midsund\t{place.segl}\tsegl\tSeglet er et annet enn i kontrollpunktet" in found.stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "er ikke et kontrollpunkt"),
        (
            '{"laget": "2026-11-27T12:00:00Z", "kommuner": {"borte": {"segl": 1, "sjekksum": "'
            + "0" * 64
            + '", "tidspunkt": "2026-11-27T12:00:00Z"}}}',
            "borte",
        ),
    ],
)
def test_what_is_no_checkpoint_of_these_kommuner_is_refused(
    sakark: Run, tmp_path: Path, written: str, said: str
) -> None:
    file = tmp_path / "kontrollpunkt.json"
    file.write_text(written)

    refused = sakark("verify", "--checkpoint", str(file))

    assert refused.returncode == 1
    assert said in refused.stderr


def test_a_kommune_there_is_not_is_refused(sakark: Run) -> None:
    refused = sakark("verify", "--kommune", "borte")

    assert refused.returncode == 1
    assert "Kommunen borte finnes ikke." in refused.stderr
