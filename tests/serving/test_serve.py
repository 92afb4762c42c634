"""What `sakark serve` is to those who run it: processes, ends, figures, log lines and traces."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.load import href
from tests.conftest import NOARK, free_port
from tests.serving.conftest import Site
from tests.serving.test_resilience import children, linux
from tests.tenancy.processes import Program

PERSONAL_NUMBER = "01017012345"
FOLLOWED = "11f0c8e2-7d3a-4b7e-9a51-0c2f4e6a8b1d"
TRACED = "2f7d3c1a-5b64-4e0f-8a92-6d1e0b9c7f35"
SECRET_TITLE = "Bekymringsmelding om Kåre Hemmeligsen"

pytestmark = pytest.mark.timeout(120)


def client(site: Site, url: str, **headers: str) -> httpx.Client:
    token = site.token("arkivar@molde")
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}", **headers}, timeout=20
    )


def make_document(http: httpx.Client) -> Any:
    """Make a document for a file to be sent to."""
    classes = http.get(
        "/molde/api/arkivstruktur/klasse/", params={"$filter": "klasseID eq 'L42'"}
    ).json()
    unit = classes["results"][0]
    for rel, body in (
        ("sakarkiv/ny-saksmappe/", {"tittel": SECRET_TITLE}),
        ("sakarkiv/ny-journalpost/", {"tittel": SECRET_TITLE}),
        ("arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": SECRET_TITLE}),
    ):
        unit = http.post(href(unit, rel), json=body, headers={"Content-Type": NOARK}).json()
    return unit


# Ends and beginnings


def test_a_running_request_ends_and_new_ones_are_refused(shared: Site) -> None:
    program = shared.serve(SAKARK_PROCESSES="2")
    stopped, refused = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b"begun"
        program.process.send_signal(signal.SIGTERM)
        stopped.set()
        refused.wait(20)
        yield b" and ended"

    with client(shared, program.url) as http:
        document = make_document(http)
        answers: list[httpx.Response] = []
        sending = threading.Thread(
            target=lambda: answers.append(
                http.post(
                    href(document, "arkivstruktur/fil/"),
                    content=body(),
                    headers={"Content-Type": "application/pdf"},
                )
            )
        )
        sending.start()
        stopped.wait()
        until_refused(program)
        refused.set()
        sending.join()

    assert answers[0].status_code == 201
    assert answers[0].json()["filstoerrelse"] == len("begun and ended")
    assert program.process.wait(10) == 0


def until_refused(program: Program) -> None:
    """Wait until no connection is taken any more."""
    deadline = time.monotonic() + 15
    with suppress(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", program.port), timeout=5).close()
            time.sleep(0.1)
        pytest.fail("connections are still taken")


def test_requests_that_do_not_end_in_time_are_cut_off(shared: Site) -> None:
    program = shared.serve(SAKARK_PROCESSES="2", SAKARK_SHUTDOWN_SECONDS="1")

    def body() -> Iterator[bytes]:
        yield b"begun"
        program.process.send_signal(signal.SIGTERM)
        time.sleep(5)
        yield b" and never ended"

    with client(shared, program.url) as http:
        document = make_document(http)
        answer = http.post(
            href(document, "arkivstruktur/fil/"),
            content=body(),
            headers={"Content-Type": "application/pdf"},
        )

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert program.process.wait(10) == 0


@linux
def test_a_process_that_dies_is_replaced_and_no_longer_counts(shared: Site) -> None:
    figures = free_port()
    program = shared.serve(
        SAKARK_PROCESSES="2", SAKARK_METRICS_PORT=str(figures), SAKARK_DATABASE_POOL_SIZE="5"
    )
    before = serving(program.process.pid)

    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (
        before[0] in (now := serving(program.process.pid)) or len(now) < 2
    ):
        time.sleep(0.1)
    statuses = {httpx.get(f"{program.url}/kommuner/").status_code for _ in range(20)}
    while time.monotonic() < deadline and most_connections(figures) != [2 * 5]:
        time.sleep(0.2)

    assert len(before) == 2
    assert len(serving(program.process.pid)) == 2
    assert statuses == {200}
    assert most_connections(figures) == [2 * 5]


def most_connections(figures: int) -> list[float]:
    """Give how many connections for reading all processes may have together."""
    return [
        value
        for name, labels, value in scraped(figures)
        if name == "sakark_database_connections" and labels == {"pool": "reading", "state": "most"}
    ]


def serving(parent: int) -> list[int]:
    """Give the processes that answer: those that multiprocessing has spawned."""
    return [pid for pid in children(parent) if b"spawn_main" in command_of(pid)]


def command_of(pid: int) -> bytes:
    """Give a process's command line: nothing when it has died since it was listed."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


WRONG_STARTS = [
    ({"SAKARK_PROSESSER": "2"}, "SAKARK_PROSESSER er ukjent"),
    ({"SAKARK_PROCESSES": "0"}, "SAKARK_PROCESSES må være minst 1"),
    ({"SAKARK_S3_ENDPOINT": "https://s3.no"}, "mangler SAKARK_S3_BUCKET"),
    ({"SAKARK_DATABASE_URL": "db"}, "SAKARK_DATABASE_URL må være en adresse"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG_STARTS, ids=[str(i) for i in range(4)])
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    shared: Site, wrong: Mapping[str, str], sentence: str
) -> None:
    said = start(shared, **wrong)

    assert said.returncode == 1
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr


def start(site: Site, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sakark_api", "serve"],
        env=site.environment(**settings, PORT=str(free_port())),
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )


def test_who_goes_away_in_the_middle_is_no_fault_of_ours(shared: Site) -> None:
    program = shared.serve()
    token = shared.token("administrator@molde")
    shared.log.write_bytes(b"")
    with socket.create_connection(("127.0.0.1", program.port)) as line:
        line.sendall(
            b"POST /molde/api/arkivstruktur/ny-arkiv/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
            + f"Authorization: Bearer {token}\r\nContent-Type: {NOARK}\r\n\r\n".encode()
            + b'{"tittel": '
        )
        time.sleep(0.5)
    time.sleep(1)

    lines = [json.loads(one) for one in shared.log.read_text("utf-8").splitlines()]
    assert [one["status"] for one in lines if "status" in one] == [499]
    assert not [one for one in lines if one["level"] == "ERROR"]


# Figures


def test_the_figures_are_those_of_all_processes(shared: Site) -> None:
    figures = free_port()
    program = shared.serve(SAKARK_PROCESSES="2", SAKARK_METRICS_PORT=str(figures))

    for _ in range(30):
        httpx.get(f"{program.url}/molde/api/")
    samples = scraped(figures)

    counted = {
        (labels["route"], labels["kommune"]): value
        for name, labels, value in samples
        if name == "sakark_requests_total" and labels["status"] == "200"
    }
    assert counted["/{kommune}/api/", "drift"] == 30
    names = {name for name, _, _ in samples}
    assert {"sakark_request_seconds_bucket", "sakark_database_connections"} <= names
    assert httpx.get(f"{program.url}/metrics").status_code == 404


def scraped(port: int) -> list[tuple[str, dict[str, str], float]]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


def test_no_client_can_make_the_figures_grow(shared: Site) -> None:
    figures = free_port()
    program = shared.serve(SAKARK_METRICS_PORT=str(figures))
    with client(shared, program.url) as http:
        http.get("/molde/api/sakarkiv/saksmappe/")
        http.request("BREW", "/molde/api/x0/")
        http.get("/kommune0/api/")
        before = len(scraped(figures))

        for number in range(1, 40):
            http.get(f"/molde/api/sakarkiv/saksmappe/?$filter=tittel eq '{number}'")
            http.request(f"BREW{number}", f"/molde/api/x{number}/")
            http.get(f"/kommune{number}/api/")
        after = scraped(figures)

    assert len(after) == before
    assert not [labels for _, labels, _ in after if "molde" in labels.values()]


# Log lines


def test_every_request_has_a_line_that_says_enough_and_not_too_much(shared: Site) -> None:
    program = shared.serve()
    with client(shared, program.url) as http:
        user = http.get("/molde/api/admin/bruker/").json()
        shared.log.write_bytes(b"")
        make_document(http)
        http.get(
            "/molde/api/sakarkiv/journalpost/",
            params={"$search": PERSONAL_NUMBER, "$filter": f"tittel eq '{SECRET_TITLE}'"},
            headers={"X-Request-ID": FOLLOWED},
        )
    found = line_of(shared, FOLLOWED)
    written = shared.log.read_text("utf-8")
    lines = written.splitlines()

    assert user["count"] > 0
    assert found == {
        "time": found["time"],
        "level": "INFO",
        "logger": "sakark.request",
        "message": "request",
        "method": "GET",
        "route": "/{kommune}/api/sakarkiv/journalpost/",
        "status": 200,
        "ms": found["ms"],
        "kommune": "molde",
        "user": found["user"],
        "request_id": FOLLOWED,
    }
    assert re.fullmatch(r"[0-9a-f-]{36}", found["user"])
    assert sum('"method":"POST"' in one for one in lines) == 3
    for secret in (PERSONAL_NUMBER, SECRET_TITLE, "Hemmeligsen", shared.token("arkivar@molde")):
        assert secret not in written


def line_of(site: Site, request_id: str) -> Any:
    """Give the line of a request, which is written once the answer is on its way."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for line in site.log.read_text("utf-8").splitlines():
            if line.endswith("}") and (told := json.loads(line)).get("request_id") == request_id:
                return told
        time.sleep(0.05)
    raise AssertionError("no line tells of it")


REQUEST_IDS = [
    (FOLLOWED, True),
    (FOLLOWED.upper(), True),
    ("0af7651916cd43dd8448eb211c80319c", True),
    ("sak-2026-17", False),
    ("x" * 65, False),
    ("<script>alert(1)</script>", False),
    (PERSONAL_NUMBER, False),
    ("010170-12345", False),
    ("Ola.Nordmann.Oslo", False),
    ("eyJhbGciOiJSUzI1NiJ9.e30.x", False),
]


@pytest.mark.parametrize(("given", "kept"), REQUEST_IDS, ids=[given for given, _ in REQUEST_IDS])
def test_a_request_id_is_kept_when_it_is_one(service: Any, given: str, kept: bool) -> None:
    answer = httpx.get(f"{service.url}/kommuner/", headers={"X-Request-ID": given})

    returned = answer.headers["x-request-id"]
    assert (returned == given) is kept
    assert kept or re.fullmatch("[0-9a-f]{32}", returned)


def test_the_address_behind_a_trusted_proxy_is_the_clients(shared: Site) -> None:
    trusting = shared.serve()
    distrusting = shared.serve(SAKARK_TRUSTED_PROXIES="192.0.2.1")
    forwarded = {"X-Forwarded-Proto": "https"}

    there = httpx.get(f"{trusting.url}/kommuner/", headers=forwarded).json()
    here = httpx.get(f"{distrusting.url}/kommuner/", headers=forwarded).json()

    assert there["results"][0]["_links"]["self"]["href"].startswith("https://")
    assert here["results"][0]["_links"]["self"]["href"].startswith("http://")


# Traces


@dataclass
class Collector:
    """A collector that keeps what it is sent, as OTLP over HTTP."""

    url: str
    received: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Any]:
        return [
            span
            for body in self.received
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            made.received.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_trace_goes_on_from_the_clients_and_holds_no_content(shared: Site) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    with collector() as collected:
        program = shared.serve(SAKARK_OTLP_ENDPOINT=collected.url, SAKARK_OTLP_SAMPLE_RATIO="1")
        with client(shared, program.url) as http:
            make_document(http)
            http.get(
                f"/molde/api/sakarkiv/journalpost/?$search={PERSONAL_NUMBER}",
                headers={
                    "traceparent": f"00-{trace}-b7ad6b7169203331-01",
                    "tracestate": f"fnr={PERSONAL_NUMBER}",
                    "X-Request-ID": TRACED,
                },
            )
        program.process.terminate()
        program.process.wait(20)
        spans = collected.spans()

    ours = [span for span in spans if span.trace_id.hex() == trace]
    names = {span.name for span in ours}
    assert "GET /{kommune}/api/sakarkiv/journalpost/" in names
    assert len(ours) > 1  # the database's, below
    assert line_of(shared, TRACED)["trace_id"] == trace
    written = b"".join(collected.received)
    for secret in (PERSONAL_NUMBER, SECRET_TITLE, shared.token("arkivar@molde")):
        assert secret.encode() not in written
