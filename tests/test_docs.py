"""What the README and docs/ say is true: the journey runs, settings are listed, links hold."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sakark_api.db import embedded
from sakark_api.life_cycle_page import life_cycle_page
from sakark_api.settings_page import settings_page

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")])
PROGRAMS = Path(sys.executable).parent
START_SECONDS = 120.0
CONVERTS = None not in (shutil.which("gs"), shutil.which("prlimit"))
"""Whether the machine has what makes PDF/A of a PDF."""

LINK = re.compile(r"\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.\w+)`")
STEP = re.compile(r"```python\n# (noark/\S+?\.py)[^\n]*\n(.*?)```", re.DOTALL)
STEPS = STEP.findall((ROOT / "docs" / "add-an-entity.md").read_text(encoding="utf-8"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder to stand in, where `.venv/bin/sakark` is what it is in a checkout."""
    (tmp_path / ".venv").symlink_to(PROGRAMS.parent)
    return tmp_path


@pytest.fixture
def newcomer(checkout: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody who has started `sakark dev` on a port of their own."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    unset = {name: value for name, value in os.environ.items() if not name.startswith("SAKARK_")}
    environment = {**unset, "PORT": str(port), "BASE": base}
    output = checkout / "dev.log"
    with output.open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / "sakark", "dev"],
            cwd=checkout,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"{base}/kommuner/", process, output)
        yield environment
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        embedded.remove(checkout / ".sakark" / "postgres")


def wait_for(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait until an address answers; tell what the process said when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(address).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{address} does not answer:\n{output.read_text()}")


def journey() -> str:
    """The shell blocks of the README's journey, as they stand there."""
    marked = README.read_text(encoding="utf-8").split("<!-- journey -->")[1]
    story = marked.split("<!-- /journey -->")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", story, re.DOTALL))


@pytest.mark.skipif(
    None in (shutil.which("curl"), shutil.which("bash")), reason="the journey needs curl and bash"
)
def test_the_journey_in_the_readme_runs_word_for_word(
    checkout: Path, newcomer: dict[str, str]
) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", journey()],
        check=False,
        cwd=checkout,
        env=newcomer,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "Samme byte." in done.stdout
    assert done.stdout.count('"kode": "fmt/477"') >= CONVERTS
    statuses = [line for line in done.stdout.splitlines() if re.fullmatch(r"\d{3}", line)]
    assert statuses == ["404", "401"]
    assert (checkout / "hentet.pdf").read_bytes().startswith(b"%PDF-")


def test_the_page_of_settings_is_as_the_settings_are() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert page == settings_page(), "run `sakark settings`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_page_of_life_cycles_is_as_the_rules_are() -> None:
    page = (ROOT / "docs" / "life-cycle.md").read_text(encoding="utf-8")

    assert page == life_cycle_page(), "run `sakark life-cycle`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    homes = (ROOT, ROOT / "src" / "sakark_api", page.parent)

    missing = [path for path in named if not any((home / path).exists() for home in homes)]

    assert missing == []


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"

    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))

    assert listed == sorted(path.name for path in folder.glob("0*.md"))


@pytest.mark.parametrize(("path", "shown"), STEPS)
def test_the_example_of_a_new_entity_is_the_one_there_is(path: str, shown: str) -> None:
    there = (ROOT / "src" / "sakark_api" / path).read_text(encoding="utf-8").splitlines()

    missing = [line for line in shown.splitlines() if line not in there]

    assert missing == []
