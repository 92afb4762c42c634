"""One S3 server for all, and a fresh place for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from tests.storage.places import Place, folder_place, s3_place


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    opened = (
        folder_place(tmp_path)
        if request.param == "folder"
        else s3_place(request.getfixturevalue("s3_endpoint"))
    )
    with opened as place:
        yield place
