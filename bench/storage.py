"""`python -m bench.storage`: large files through the API, against boto3 straight to the storage.

Starts PostgreSQL, an S3 server and the service, and sends and fetches the same file both ways, in
pairs. The S3 server is `versitygw` (`--versitygw`: where it is), as in `compose.yaml`: one that is
written in Python would be the slowest of all, and hide what we cost.
"""

import argparse
import asyncio
import http.client
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import httpx
from bench.archive import KOMMUNE, fill
from bench.counting import cpu_of
from bench.running import compared, free_port, keep, wait_for
from pydantic import SecretStr

from sakark_api.dev.identity import demo_users, issue_token
from sakark_api.dev.place import identity_dir, issuer_url
from sakark_api.settings import Settings
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.s3 import open_s3

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

BUCKET, SECRET = "sakark-dokumenter", "bench-secret"
PIECE = 1024 * 1024
HEAD = (
    "| Retning | API MB/s | boto3 MB/s | API / boto3 | mål | CPU API s/GB | CPU S3-tjener s/GB"
    " | CPU i alt, × boto3 |\n|:--|--:|--:|--:|--:|--:|--:|--:|\n"
)
GOALS = {"opp": 0.7, "ned": 0.8}


@dataclass(frozen=True)
class Way:
    """One way of moving the file: seconds, and processor time of all who took part."""

    seconds: float
    client: float
    api: float
    storage: float

    @property
    def cpu(self) -> float:
        return self.client + self.api + self.storage


@dataclass(frozen=True)
class Pair:
    """The same bytes both ways."""

    through: Way
    straight: Way


def main() -> None:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what we started, ends with us
    with tempfile.TemporaryDirectory(prefix="sakark-bench-s3-") as folder, ExitStack() as stack:
        storage, pid = stack.enter_context(_storage(asked.versitygw, Path(folder)))
        file = Path(folder) / "stor.bin"
        _make_file(file, asked.megabytes)
        given = {
            "SAKARK_BULK_LIMIT": "0",
            "SAKARK_S3_ENDPOINT": str(storage.s3_endpoint),
            "SAKARK_S3_BUCKET": BUCKET,
            "SAKARK_S3_ACCESS_KEY": SECRET,
            "SAKARK_S3_SECRET_KEY": SECRET,
        }
        settings, database, pids = stack.enter_context(compared("api", given=given))
        ((port, api),) = pids.items()
        user = next(one for one in demo_users() if one.username == f"administrator@{KOMMUNE}")
        token = issue_token(user, issuer_url(port), identity_dir(settings))
        base = f"http://127.0.0.1:{port}"
        archive = asyncio.run(fill(base, token, database.owner_url, 1, 1))
        document = f"/{KOMMUNE}/api/arkivstruktur/dokumentbeskrivelse/{archive.documents[0]}/fil/"
        found = _measure(asked.rounds, storage, file, (port, api, pid), token, document)
        report = _report(asked, found, _peak(api))
    keep(report, "lager-")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.storage", description=__doc__)
    parser.add_argument("--versitygw", default=shutil.which("versitygw"), help="the S3 server")
    parser.add_argument("--megabytes", type=int, default=2048, help="of the file")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if asked.versitygw is None:
        parser.error(
            "versitygw is not found: go install github.com/versity/versitygw/cmd/versitygw"
        )
    return asked


@contextmanager
def _storage(program: str, folder: Path) -> Iterator[tuple[Settings, int]]:
    """Run the S3 server on a folder; give the settings of its bucket, and its process."""
    port = free_port()
    (folder / "objects").mkdir()
    server = subprocess.Popen(
        [program, "--port", f"127.0.0.1:{port}", "posix", str(folder / "objects")],
        env={**os.environ, "ROOT_ACCESS_KEY": SECRET, "ROOT_SECRET_KEY": SECRET},
        stdout=subprocess.DEVNULL,
    )
    settings = Settings(
        s3_endpoint=f"http://127.0.0.1:{port}",
        s3_bucket=BUCKET,
        s3_access_key=SECRET,
        s3_secret_key=SecretStr(SECRET),
    )
    try:
        wait_for(server, port)
        asyncio.run(open_s3(settings).ensure_bucket())
        yield settings, server.pid
    finally:
        server.terminate()
        server.wait()


def _make_file(file: Path, megabytes: int) -> None:
    with file.open("wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(PIECE))


def _measure(
    rounds: int,
    storage: Settings,
    file: Path,
    where: tuple[int, int, int],
    token: str,
    document: str,
) -> Mapping[str, Sequence[Pair]]:
    """Send and fetch in turns."""
    port, *pids = where
    client = s3_client(storage)
    found: dict[str, list[Pair]] = {"opp": [], "ned": []}
    for number in range(rounds):
        key = uuid4().hex
        send = partial(_send, port, token, document, file)
        straight: Callable[[], object] = partial(client.upload_file, str(file), BUCKET, key)
        unit, pair = _pair(number, pids, send, straight)
        found["opp"].append(pair)
        fetch = partial(_fetch, port, token, f"{unit}fil/", file.stat().st_size)
        straight = partial(_fetch_straight, client, key)
        found["ned"].append(_pair(number, pids, fetch, straight)[1])
        client.delete_object(Bucket=BUCKET, Key=key)
    return found


def _pair(
    number: int, pids: Sequence[int], through: Callable[[], T], straight: Callable[[], object]
) -> tuple[T, Pair]:
    """Do it both ways, every other time the other way round; give what the API gave."""
    if number % 2:
        other = _moved(pids, straight)[1]
    given, ours = _moved(pids, through)
    if not number % 2:
        other = _moved(pids, straight)[1]
    return given, Pair(ours, other)


def _moved(pids: Sequence[int], move: Callable[[], T]) -> tuple[T, Way]:
    own, others, began = time.process_time(), [cpu_of(pid) for pid in pids], time.perf_counter()
    given = move()
    seconds = time.perf_counter() - began
    api, storage = (cpu_of(pid) - past for pid, past in zip(pids, others, strict=True))
    return given, Way(seconds, time.process_time() - own, api, storage)


def _send(port: int, token: str, path: str, file: Path) -> str:
    """Send a file; give the address of the unit that it became."""
    connection = http.client.HTTPConnection("127.0.0.1", port, blocksize=PIECE)
    with file.open("rb") as body:
        connection.request(
            "POST",
            path,
            body,
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/octet-stream",
                "Content-Length": str(file.stat().st_size),
            },
        )
        answer = connection.getresponse()
        unit = json.loads(answer.read())
    connection.close()
    if answer.status != httpx.codes.CREATED:
        raise ValueError(unit)
    return f"/{KOMMUNE}/api/arkivstruktur/dokumentobjekt/{unit['systemID']}/"


def _fetch(port: int, token: str, path: str, size: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    buffer, got = bytearray(PIECE), 0
    while count := answer.readinto(buffer):
        got += count
    connection.close()
    if got != size:
        raise ValueError(f"{answer.status}: {got} bytes of {size}")


def _fetch_straight(client: "S3Client", key: str) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        client.download_fileobj(BUCKET, key, nowhere)


def _peak(pid: int) -> int:
    """Give the most memory that a process has had at once, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _report(asked: argparse.Namespace, found: Mapping[str, Sequence[Pair]], peak: int) -> str:
    lines = "".join(_line(name, pairs, asked.megabytes) for name, pairs in found.items())
    return (
        f"# Filer på {asked.megabytes} MiB, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"Medianer av {asked.rounds} par; {os.cpu_count()} kjerner, Python"
        f" {platform.python_version()}, belastning {os.getloadavg()[0]:.1f}. Prosessens største"
        f" minne: {peak} MiB.\n\n{HEAD}{lines}"
    )


def _line(name: str, pairs: Sequence[Pair], megabytes: int) -> str:
    gigabytes = megabytes / 1024
    cells = (
        name,
        f"{statistics.median(megabytes / pair.through.seconds for pair in pairs):.0f}",
        f"{statistics.median(megabytes / pair.straight.seconds for pair in pairs):.0f}",
        f"{statistics.median(pair.straight.seconds / pair.through.seconds for pair in pairs):.2f}",
        f"≥ {GOALS[name]}",
        f"{statistics.median(pair.through.api / gigabytes for pair in pairs):.2f}",
        f"{statistics.median(pair.through.storage / gigabytes for pair in pairs):.2f}",
        f"{statistics.median(pair.through.cpu / pair.straight.cpu for pair in pairs):.2f}",
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
