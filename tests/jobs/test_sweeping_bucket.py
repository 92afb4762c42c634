"""What lies in a bucket and is nobody's goes, unless it is locked."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer
from tests.conftest import Service
from tests.jobs.conftest import Worker, as_owner, path_of
from tests.storage.places import s3_settings, stream

from sakark_api.jobs.sweeping import delete_strays
from sakark_api.jobs.tools import Tools
from sakark_api.settings import Settings
from sakark_api.storage.filesystem import FilesystemDocuments
from sakark_api.storage.s3 import open_s3


@pytest.fixture
def bucket() -> Iterator[Settings]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield s3_settings(f"http://{host}:{port}")
    server.stop()


def test_what_no_row_names_is_deleted_from_the_bucket_too(
    worker: Worker, service: Service, bucket: Settings
) -> None:
    key = f"molde/2026/{uuid4().hex}"
    named = ("s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")
    there = worker.with_settings(**{name: getattr(bucket, name) for name in named})
    with closing(asyncio.Runner()) as runner:
        documents = open_s3(bucket)
        runner.run(documents.ensure_bucket())
        runner.run(documents.put(key, stream([b"of a transaction that never came"])))

        async def keys() -> list[str]:
            return [found async for found in documents.keys("molde/")]

        there.do(delete_strays)
        kept = runner.run(keys())
        there.later(8).do(delete_strays)

        assert (kept, runner.run(keys())) == ([key], [])
        assert noted(service, key) == 0
        runner.run(documents.close())


def noted(service: Service, key: str) -> int:
    return len(as_owner(service, "select * from loesfil where noekkel = $1", key))


class Locked(FilesystemDocuments):
    """A storage where all is locked still."""

    async def delete(self, key: str) -> bool:
        del key
        return False


def test_what_is_locked_stays_noted_until_its_lock_has_ended(
    worker: Worker, service: Service
) -> None:
    key = f"molde/2026/{uuid4().hex}"
    path = path_of(service, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"locked")

    async def while_locked(tools: Tools) -> None:
        locked = Locked(service.settings.data_dir / "dokumenter")
        await delete_strays(replace(tools, documents=locked))

    worker.do(while_locked)
    worker.later(8).do(while_locked)
    during = (path.exists(), noted(service, key))
    worker.later(9).do(delete_strays)

    assert during == (True, 1)
    assert (path.exists(), noted(service, key)) == (False, 0)
