"""What deployments say to the program, tried on the program itself."""

import os
from collections.abc import Mapping, Sequence

import pytest
from typer.testing import CliRunner

from sakark_api.cli import app
from sakark_api.settings import PREFIX, Settings, read_settings


def start_settings(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Read the settings as a process with this environment does; raises `Invalid` as it does."""
    with monkeypatch.context() as patched:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patched.delenv(name)
        for name, value in environment.items():
            patched.setenv(name, value)
        return read_settings()


def is_a_command(command: Sequence[str]) -> bool:
    """Tell whether the command line is one that `sakark` knows, options included."""
    program, *arguments = command
    return program == "sakark" and CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0
