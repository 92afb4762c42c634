"""Heads of requests that do not come to an end: the connection does."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.conftest import free_port

from sakark_api.protocol import LARGEST_HEAD, PatientOnlySoLong
from sakark_api.serving import _config
from sakark_api.settings import Settings

SECONDS = 0.5
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


class Hurried(PatientOnlySoLong):
    head_seconds = SECONDS


async def answer_length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with how long the body was."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await Response(str(length))(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server as we run it, which is in a hurry."""
    port = free_port()
    config = uvicorn.Config(
        answer_length, port=port, http=Hurried, log_level="warning", lifespan="off", loop="uvloop"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        yield link


def read_all(link: socket.socket) -> bytes:
    got = b""
    while piece := link.recv(65_536):
        got += piece
    return got


def test_it_is_what_serves() -> None:
    assert _config(Settings(), "127.0.0.1", 0).http is PatientOnlySoLong


@pytest.mark.parametrize("endless", [b"X-%d: " + b"x" * 8000 + b"\r\n", b"x" * 8000])
def test_an_endless_head_is_refused(port: int, endless: bytes) -> None:
    sent = 0
    with connected(port) as link:
        link.sendall(HEAD)
        try:
            while sent < 100 * LARGEST_HEAD:
                sent += link.send(endless)
        except (BrokenPipeError, ConnectionResetError):
            pass

    assert sent < 100 * LARGEST_HEAD


def test_a_large_head_is_told_so(port: int) -> None:
    with connected(port) as link:
        link.sendall(HEAD)
        time.sleep(0.05)
        for number in range(2 + LARGEST_HEAD // 8000):
            link.sendall(b"X-%d: " % number + b"x" * 8000 + b"\r\n")
        answer = read_all(link)

    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("beginning", [b"", b"PO", HEAD, HEAD + b"X: y"])
def test_a_head_that_does_not_come_is_waited_for_so_long(port: int, beginning: bytes) -> None:
    started = time.monotonic()
    with connected(port) as link:
        link.sendall(beginning)
        answer = read_all(link)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert SECONDS * 0.9 < time.monotonic() - started < SECONDS * 10


def test_the_second_head_of_a_connection_is_waited_for_too(port: int) -> None:
    with connected(port) as link:
        link.sendall(HEAD + b"Content-Length: 2\r\n\r\nab")
        first = link.recv(65_536)
        link.sendall(b"GET / HT")
        rest = read_all(link)

    assert first.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in rest


def test_a_body_may_take_its_time_and_its_size(port: int) -> None:
    size = 4 * LARGEST_HEAD
    with connected(port) as link:
        link.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(4):
            time.sleep(SECONDS / 2)
            link.sendall(b"x" * LARGEST_HEAD)
        answer = read_all(link)

    assert answer.endswith(str(size).encode())


def test_requests_one_after_another_are_all_answered(port: int) -> None:
    body = b"x" * 50_000
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with connected(port) as link:
        link.sendall(request * 19 + request.replace(b"Host", b"Connection: close\r\nHost"))
        answers = read_all(link)

    assert answers.count(b"HTTP/1.1 200 ") == 20
