"""The places where documents are kept, each a real one: a folder, and S3 over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from sakark_api.settings import Settings
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.documents import Documents
from sakark_api.storage.filesystem import UNFINISHED, FilesystemDocuments
from sakark_api.storage.s3 import S3Documents


@dataclass(frozen=True)
class Place:
    """A storage, the settings that open it, and what it holds that is nobody's document."""

    documents: Documents
    settings: Settings
    leftovers: Callable[[], list[Any]]


def s3_settings(endpoint: str) -> Settings:
    return Settings(
        s3_endpoint=endpoint,
        s3_bucket=f"sakark-{uuid4().hex}",
        s3_access_key="test",
        s3_secret_key=SecretStr("test"),
    )


@contextmanager
def folder_place(folder: Path) -> Iterator[Place]:
    documents = FilesystemDocuments(folder / "dokumenter")
    unfinished = folder / "dokumenter" / UNFINISHED
    yield Place(documents, Settings(data_dir=folder), lambda: list(unfinished.iterdir()))


@contextmanager
def s3_place(endpoint: str) -> Iterator[Place]:
    settings = s3_settings(endpoint)
    bucket = settings.s3_bucket or ""
    with closing(s3_client(settings)) as client:
        documents = S3Documents(client, bucket)
        asyncio.run(documents.ensure_bucket())
        yield Place(
            documents,
            settings,
            lambda: list(client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])),
        )


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
