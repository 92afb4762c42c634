"""kill -9 of API, worker, database and storage, at any moment, while files come in.

By `make crash`: what it kills, and how long things take to calm down, is chance.
"""

import os
import random
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from tests.api.load import href
from tests.conftest import NOARK
from tests.crash.fagsystem import Fagsystem, Receipt
from tests.crash.house import House, make_house
from tests.crash.reckoning import calm_down, defer, reckon, sweep

ROUNDS = int(os.environ.get("SAKARK_CRASH_ROUNDS", "0"))
SEED = int(os.environ.get("SAKARK_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
CLIENTS = 4
PATIENCE_SECONDS = 10
ROUNDS_BETWEEN = 10
"""How many rounds there are until everything is looked at."""

pytestmark = [
    pytest.mark.skipif(ROUNDS == 0, reason="kills programs for minutes: make crash"),
    pytest.mark.timeout(0 if ROUNDS > ROUNDS_BETWEEN else 300),
]


@dataclass
class Crashes:
    """Clients at work in a house, and what happened to it."""

    house: House
    clients: Sequence[Fagsystem]
    kills: Counter[str] = field(default_factory=Counter)
    due: list[str] = field(default_factory=list)

    @property
    def receipts(self) -> list[Receipt]:
        return [receipt for client in self.clients for receipt in client.receipts]

    def go_through(self, rounds: int) -> list[str]:
        """Go through rounds, and look at everything now and then; give what was wrong."""
        before = self.house.ask("select count(*) from dokumentbeskrivelse")[0][0]
        faults: list[str] = []
        for number in range(1, rounds + 1):
            self.go_on()
            defer(self.house, "read_files_again")
            self.one_round()
            if number % ROUNDS_BETWEEN == 0 or number == rounds:
                self.pause()
                faults += calm_down(self.house)
                faults += reckon(self.house, self.receipts, before)
                sys.stdout.write(f"seed {SEED}, round {number}: {self.told()}; {faults}\n")
                sys.stdout.flush()
        swept, wrong = sweep(self.house)
        sys.stdout.write(f"strays swept: {swept}\n")
        return [*faults, *wrong, *(one for client in self.clients for one in client.faults)]

    def one_round(self) -> None:
        """Kill one or two of the parts at a moment of chance, and start them again."""
        chance = self.house.chance
        self.wait_for_answers()
        time.sleep(chance.uniform(0, 2))
        victims = [self.next_victim() for _ in range(chance.choice([1, 1, 2]))]
        for victim in dict.fromkeys(victims):
            self.house.kill(victim)
            self.kills[victim] += 1
            time.sleep(chance.choice([0, 0.05, 0.3]))
        for victim in dict.fromkeys(victims):
            self.house.start(victim)
        if chance.random() < 0.7:  # else the next round kills what is not yet on its feet
            self.house.wait_until_ready()

    def wait_for_answers(self) -> None:
        """Let some files through, so that there is something to lose; not for long."""
        enough = len(self.receipts) + CLIENTS // 2
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.receipts) < enough and time.monotonic() < deadline:
            time.sleep(0.05)

    def next_victim(self) -> str:
        """Take each part as often as the others, in an order of chance."""
        if not self.due:
            self.due = self.house.chance.sample(self.house.parts, len(self.house.parts))
        return self.due.pop()

    def go_on(self) -> None:
        for client in self.clients:
            client.wanted.set()

    def pause(self) -> None:
        """Let each client have its last answer."""
        self.house.wait_until_ready()
        for client in self.clients:
            client.wanted.clear()
        for client in self.clients:
            assert client.idle.wait(60), "a client never got its answer"

    def told(self) -> str:
        statuses = sum((client.statuses for client in self.clients), Counter[int | str]())
        retries = sum(client.retries for client in self.clients)
        return (
            f"kills: {dict(self.kills)}; documents: {len(self.receipts)}; retries: {retries};"
            f" answers: {dict(statuses)}"
        )


@pytest.fixture(params=["folder", "s3"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    program = shutil.which("versitygw")
    if request.param == "s3" and program is None:
        pytest.skip("versitygw is not on this machine")
    with make_house(random.Random(SEED), program if request.param == "s3" else None) as made:
        yield made


@pytest.fixture
def crashes(house: House) -> Iterator[Crashes]:
    clients = [
        Fagsystem(journalpost(house), lambda: house.site.token("arkivar@molde"), random.Random(one))
        for one in range(SEED, SEED + CLIENTS)
    ]
    threads = [threading.Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    yield Crashes(house, clients)
    for client in clients:
        client.over = True
    for thread in threads:
        thread.join()


def journalpost(house: House) -> dict[str, object]:
    """Make something to send documents to."""
    token = house.site.token("arkivar@molde")
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=20) as http:
        classes = http.get(
            f"{house.url}/molde/api/arkivstruktur/klasse/", params={"$filter": "klasseID eq 'L42'"}
        ).json()
        made = classes["results"][0]
        for rel in ("sakarkiv/ny-saksmappe/", "sakarkiv/ny-journalpost/"):
            made = http.post(
                href(made, rel), json={"tittel": "Lasten"}, headers={"Content-Type": NOARK}
            ).json()
    return dict(made)


def test_no_document_is_lost_or_doubled_and_no_row_dangles(crashes: Crashes) -> None:
    faults = crashes.go_through(ROUNDS)

    assert crashes.receipts
    assert faults == []
