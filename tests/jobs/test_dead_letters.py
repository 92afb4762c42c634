"""A program that is not there, or does not work: a task for people, and a job for the operator."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from procrastinate.worker import Worker as Queue
from prometheus_client import REGISTRY
from tests.conftest import Service, World
from tests.jobs.conftest import Worker, as_owner, controls, letter, send

from sakark_api.dev.identity import OPERATOR
from sakark_api.formats import ToolMissing
from sakark_api.jobs.queue import TRIES, counted, open_queue, remembering
from sakark_api.jobs.tools import Tools

PDF = "application/pdf"
JOB = "undersoek_dokument"
CRASHING = "#!/bin/sh\nkill -9 $$\n"


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A folder with the programs that run others, and none that opens a document."""
    folder = tmp_path / "programmer"
    folder.mkdir(mode=0o755)
    for name in ("prlimit", "setpriv", "bwrap"):
        program = shutil.which(name)
        if program is not None:
            (folder / name).symlink_to(program)
    return folder


async def _work_off(tools: Tools, queue: str) -> None:
    """Do what is due in one queue, and end."""
    app = open_queue(tools.settings, tools)
    async with app.open_async():
        worker = Queue(
            app,
            queues=[queue],
            wait=False,
            install_signal_handlers=False,
            worker_middleware=[counted, remembering(tools.engine)],
        )
        await worker.run()  # type: ignore[no-untyped-call]  # theirs


def test_every_job_is_tried_again(worker: Worker) -> None:
    async def tries(tools: Tools) -> dict[str, Any]:
        app = open_queue(tools.settings, tools)
        return {name: task.retry_strategy for name, task in app.tasks.items()}

    found = worker.do(tries)

    ours = {name: each for name, each in found.items() if "builtin_tasks" not in name}
    assert len(ours) > 10
    assert [name for name, each in ours.items() if each != TRIES] == []


def last_try(service: Service, unit: Any) -> str:
    """Put the job about a file in a queue of its own, as if all its tries but one were made."""
    queue = f"prove-{uuid4().hex}"
    as_owner(
        service,
        "update jobs.procrastinate_jobs set queue_name = $1, attempts = $2"
        " where args->>'enhet' = $3",
        queue,
        TRIES.max_attempts,
        unit["systemID"],
    )
    return queue


def counted_as(outcome: str) -> float:
    labels = {"job": JOB, "outcome": outcome}
    return REGISTRY.get_sample_value("sakark_jobs_total", labels) or 0


class Desk:
    """The operator, at the list of jobs that failed for good."""

    def __init__(self, http: httpx.Client, service: Service) -> None:
        self.http = http
        self.url = f"{service.url}/drift/jobber/"
        self.headers = {"Authorization": f"Bearer {service.token(OPERATOR.username)}"}

    def of(self, unit: Any) -> list[Any]:
        listed = self.http.get(self.url, headers=self.headers).json()["results"]
        return [one for one in listed if one["enhet"] == unit["systemID"]]

    def send_again(self, job: int) -> int:
        return self.http.post(f"{self.url}{job}/igjen/", headers=self.headers).status_code


@pytest.fixture
def desk(http: httpx.Client, service: Service) -> Desk:
    return Desk(http, service)


def test_a_missing_program_is_a_task_and_a_job_that_can_be_sent_again(
    world: World, worker: Worker, few: Path, service: Service, desk: Desk
) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF, "brev.pdf")
    queue, failed = last_try(service, unit), counted_as("failed")
    worker.with_settings(tool_path=str(few)).do(partial(_work_off, queue=queue))
    (task,) = controls(world.client, unit)
    (dead,) = desk.of(unit)

    status = desk.send_again(dead["id"])
    worker.do(partial(_work_off, queue=queue))

    assert (task["resultat"], task["kreverHandling"]) == ("verktoey_mangler", True)
    assert (task["verktoey"], dead["feil"], dead["forsoek"]) == ("gs", "ToolMissing", 5)
    assert counted_as("failed") == failed + 1
    assert (status, desk.of(unit)) == (204, [])
    done = controls(world.client, unit)[-1]
    assert (done["resultat"], done["kreverHandling"]) == ("konvertert", False)


def test_a_program_that_crashes_is_a_task_and_a_job_for_the_operator(
    world: World, worker: Worker, few: Path, service: Service, desk: Desk
) -> None:
    (few / "gs").write_text(CRASHING)
    (few / "gs").chmod(0o755)
    unit = send(world.client, world.dokumentobjekt, letter(), PDF, "brev.pdf")
    queue = last_try(service, unit)

    worker.with_settings(tool_path=str(few)).do(partial(_work_off, queue=queue))

    (task,) = controls(world.client, unit)
    assert (task["resultat"], task["kreverHandling"]) == ("verktoey_feilet", True)
    assert [one["feil"] for one in desk.of(unit)] == ["ToolFailed"]


def test_the_tries_of_one_job_are_one_task(world: World, worker: Worker, few: Path) -> None:
    unit = send(world.client, world.dokumentobjekt, letter(), PDF, "brev.pdf")
    without = worker.with_settings(tool_path=str(few))

    with pytest.raises(ToolMissing):
        without.examine(unit)
    with pytest.raises(ToolMissing):
        without.examine(unit)

    assert len(controls(world.client, unit)) == 1
