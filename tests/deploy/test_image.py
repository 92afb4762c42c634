"""The image: what its build reads is there, and what comes out of it can do the work."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
from tests.deploy.program import is_a_command

from sakark_api.db import embedded

ROOT = Path(__file__).parents[2]
TAKEN_AWAY = ("pip", "setuptools", "wheel", "ensurepip")
BUILDS = re.compile(r"\b(apt|apt-get|apk|gcc|g\+\+|make|build-essential|pip install)\b")


@dataclass(frozen=True)
class Instruction:
    name: str
    rest: str


def stages() -> list[list[Instruction]]:
    """Read the Dockerfile as its stages, each a list of instructions."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text())
    lines = text.replace("\\\n", " ").splitlines()
    parts = [line.split(maxsplit=1) for line in lines if line.strip()]
    instructions = [Instruction(name, rest) for name, rest in parts]
    starts = [place for place, one in enumerate(instructions) if one.name == "FROM"]
    ends = [*starts[1:], len(instructions)]
    return [instructions[start:end] for start, end in zip(starts, ends, strict=True)]


def of_name(name: str, stage: list[Instruction]) -> list[str]:
    return [one.rest for one in stage if one.name == name]


def test_the_base_is_pinned_by_digest() -> None:
    bases = [of_name("FROM", stage)[0].split()[0] for stage in stages()]

    assert bases == ["python:3.11-slim@${PYTHON_DIGEST}"] * 4


def test_nothing_is_installed_or_built_in_what_is_shipped() -> None:
    (runs,) = of_name("RUN", stages()[-1])

    assert BUILDS.search(runs) is None
    assert [name for name in TAKEN_AWAY if name not in runs] == []


SHIPPED = {"serve": stages()[-1], "worker": stages()[-2]}


@pytest.mark.parametrize("image", SHIPPED)
def test_the_image_runs_as_a_number_that_is_not_root(image: str) -> None:
    user, group = of_name("USER", SHIPPED[image])[-1].split(":")

    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("image", SHIPPED)
def test_the_command_is_one_of_ours(image: str) -> None:
    (command,) = of_name("CMD", SHIPPED[image])

    assert is_a_command(re.findall(r'"([^"]+)"', command))


def test_the_worker_has_every_program_that_the_tests_have() -> None:
    (installs,) = of_name("RUN", SHIPPED["worker"])
    named = re.findall(r"[a-z0-9+.-]+", (ROOT / ".ci" / "tools").read_text())

    packages = [name for name in named if name.startswith(("libreoffice-", "tesseract-", "fonts-"))]
    assert [name for name in packages if name not in installs] == []


def test_a_command_that_is_none_is_found() -> None:
    assert not is_a_command(["sakark", "serve", "--hots", "0.0.0.0"])


def test_the_chart_and_the_compose_file_run_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert f'appVersion: "{version}"' in (ROOT / "helm" / "Chart.yaml").read_text()
    assert f"sakark-api:{version}}}" in (ROOT / "compose.yaml").read_text()


def copied() -> list[str]:
    """Name what the build copies from the checkout."""
    copies = [copy for stage in stages() for copy in of_name("COPY", stage)]
    return [name for copy in copies if "--from" not in copy for name in copy.split()[:-1]]


def test_what_the_build_copies_is_there_and_is_sent_to_it() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}

    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert sent == set(copied())


def test_what_builds_the_wheel_is_what_the_tests_were_built_with() -> None:
    builder = pinned("requirements-build.lock")

    assert "hatchling" in builder
    assert builder.items() <= pinned("requirements-dev.lock").items()


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text()))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what the build copies and nothing else, and put into a folder."""
    context = tmp_path_factory.mktemp("context")
    for name in copied():
        copy(ROOT / name, context / name)
    pip(
        "wheel", str(context), "--no-deps", "--no-build-isolation", "--wheel-dir", f"{context}/dist"
    )
    (wheel,) = (context / "dist").glob("*.whl")
    target = tmp_path_factory.mktemp("installed")
    pip("install", str(wheel), "--no-deps", "--no-index", "--target", str(target))
    return target


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=left_out)
    else:
        shutil.copy(source, target)


def left_out(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or fnmatch(name, "*.egg-info")]


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], check=True)


def run_installed(
    installed: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed wheel in front of the checkout, from a folder of no meaning."""
    inherited = {name: value for name, value in os.environ.items() if "SAKARK" not in name}
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=installed.parent,
        env={**inherited, "PYTHONPATH": str(installed), **environment},
        capture_output=True,
        text=True,
    )


def test_the_wheel_is_what_runs_and_tells_its_commands(installed: Path) -> None:
    told = run_installed(installed, f"{installed}/bin/sakark", "--help")
    found = run_installed(installed, "-c", "import sakark_api; print(sakark_api.__file__)")

    assert told.returncode == 0, told.stderr
    assert "serve" in told.stdout
    assert found.stdout.strip() == str(installed / "sakark_api" / "__init__.py")


@pytest.mark.parametrize(
    "folder", ["migrations", "src/sakark_api/locale", "src/sakark_api/formats"]
)
def test_the_wheel_holds_what_is_not_code(installed: Path, folder: str) -> None:
    assert files(installed / "sakark_api" / Path(folder).name) == files(ROOT / folder)


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if path.suffix != ".pyc"}


def test_no_tests_or_charts_are_in_the_wheel(installed: Path) -> None:
    packages = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}

    assert packages == {"sakark_api", "bin"}


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """A database with nothing in it."""
    postgres = tmp_path_factory.mktemp("bare") / "postgres"
    with embedded.embedded(postgres, durable=False) as server:
        yield server
    embedded.remove(postgres)


def test_the_wheel_migrates_a_database(installed: Path, bare: embedded.EmbeddedServer) -> None:
    program, owner = f"{installed}/bin/sakark", bare.owner_url

    done = run_installed(installed, program, "db", "upgrade", SAKARK_DATABASE_OWNER_URL=owner)
    checked = run_installed(installed, program, "db", "check", SAKARK_DATABASE_OWNER_URL=owner)

    assert done.returncode == 0, done.stderr
    assert checked.returncode == 0, checked.stderr
