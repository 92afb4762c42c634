"""An archive that can be trusted, whoever does whatever; for minutes by `make soak`."""

import os
import time

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.conftest import Service
from tests.trust.governing import GovernedMachine

SOAK_SECONDS = int(os.environ.get("SAKARK_SOAK_SECONDS", "0"))


def run(service: Service, http: httpx.Client, how: settings) -> None:
    class OnThisService(GovernedMachine):
        def __init__(self) -> None:
            super().__init__(service, http)

    run_state_machine_as_test(OnThisService, settings=how)


def settings_of(examples: int, steps: int, *, soak: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=not soak,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


@pytest.mark.krav("TG0-20", "TG0-25", "5.4.7", "6.1.8", "6.1.17", "6.1.18", "C3.2.16", "C3.2.19")
def test_whoever_does_whatever_the_archive_can_be_trusted(
    service: Service, http: httpx.Client
) -> None:
    run(service, http, settings_of(3, 40, soak=False))


@pytest.mark.timeout(0)
@pytest.mark.skipif(not SOAK_SECONDS, reason="runs for minutes: make soak")
def test_for_minutes_the_archive_can_be_trusted(service: Service, http: httpx.Client) -> None:
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        run(service, http, settings_of(5, 150, soak=True))
