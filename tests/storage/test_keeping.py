"""How documents are kept in object storage: encrypted, locked, and in which bucket."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from tests.storage.places import s3_settings, stream

from sakark_api.errors import Unavailable
from sakark_api.settings import Settings
from sakark_api.storage.bucket import bucket_of, s3_client
from sakark_api.storage.documents import Lock
from sakark_api.storage.s3 import PART, S3Documents, open_s3

KEY = "molde/2026/ab/abcdef"


@pytest.fixture
def settings(s3_endpoint: str) -> Settings:
    return s3_settings(s3_endpoint).model_copy(
        update={"s3_encryption": "aws:kms", "s3_kms_key": "arkivet", "s3_lock": "GOVERNANCE"}
    )


@pytest.fixture
def documents(settings: Settings) -> Iterator[S3Documents]:
    documents = open_s3(settings)
    asyncio.run(documents.ensure_bucket())
    yield documents
    asyncio.run(documents.close())


def put(documents: S3Documents, size: int, key: str = KEY, **more: bool) -> None:
    asyncio.run(documents.put(key, stream([b"x" * size]), **more))


def head(documents: S3Documents, key: str = KEY) -> Any:
    return documents._client.head_object(Bucket=documents._bucket(key), Key=key)


def test_a_document_is_encrypted_and_locked_from_its_first_byte(documents: S3Documents) -> None:
    put(documents, 1)

    found = head(documents)
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", "arkivet")
    assert found["ObjectLockMode"] == "GOVERNANCE"
    until = found["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=99) < until <= timedelta(days=100)


def test_a_large_document_is_begun_in_the_same_way(documents: S3Documents) -> None:
    asked: list[Mapping[str, bytes]] = []
    documents._client.meta.events.register(
        "before-send.s3.CreateMultipartUpload", lambda request, **_: asked.append(request.headers)
    )

    put(documents, PART + 1)

    assert asked[0]["x-amz-server-side-encryption"] == b"aws:kms"
    assert asked[0]["x-amz-object-lock-mode"] == b"GOVERNANCE"
    assert head(documents)["ServerSideEncryption"] == "aws:kms"


def test_what_is_temporary_is_encrypted_and_not_locked(documents: S3Documents) -> None:
    put(documents, 1, temporary=True)

    found = head(documents)
    assert found["ServerSideEncryption"] == "aws:kms"
    assert "ObjectLockMode" not in found


def test_a_deleted_document_is_out_of_sight_and_its_bytes_are_kept(
    settings: Settings, documents: S3Documents
) -> None:
    put(documents, 1)

    gone = asyncio.run(documents.delete(KEY))

    with closing(s3_client(settings)) as owner:
        versions = owner.list_object_versions(Bucket=documents._template)
    assert gone
    assert len(versions["Versions"]) == 1
    assert asyncio.run(keys(documents)) == []


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        ({"ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1)}, False),
        ({"ObjectLockLegalHoldStatus": "ON"}, False),
        ({"ObjectLockRetainUntilDate": datetime.now(UTC) - timedelta(days=1)}, None),
        ({}, None),
    ],
)
def test_a_server_without_versions_refuses_and_the_document_stays(
    documents: S3Documents, told: dict[str, Any], gone: bool | None
) -> None:
    put(documents, 1, temporary=True)
    refuse(documents)
    documents._client.meta.events.register(
        "after-call.s3.HeadObject", lambda parsed, **_: parsed.update(told)
    )

    assert deleted(documents) is gone
    assert asyncio.run(keys(documents)) == [KEY]


class _Refusal:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"<Error><Code>AccessDenied</Code></Error>"


def refuse(documents: S3Documents, operation: str = "DeleteObject") -> None:
    """Let the server refuse to do something."""

    def forbid(**_: Any) -> Any:
        return AWSResponse("http://odd", 403, HTTPHeaders(), _Refusal())

    documents._client.meta.events.register(f"before-send.s3.{operation}", forbid)


def deleted(documents: S3Documents) -> bool | None:
    """Delete a document; None when it was refused for another reason than a lock."""
    try:
        return asyncio.run(documents.delete(KEY))
    except Unavailable:
        return None


async def keys(documents: S3Documents, prefix: str = "molde/") -> list[str]:
    return sorted([key async for key in documents.keys(prefix)])


def versions(settings: Settings) -> list[Any]:
    with closing(s3_client(settings)) as owner:
        found = owner.list_object_versions(Bucket=settings.s3_bucket or "")
    return [*found.get("Versions", []), *found.get("DeleteMarkers", [])]


@pytest.fixture
def versioned(s3_endpoint: str) -> Iterator[S3Documents]:
    """A bucket that keeps old versions, where nothing is locked."""
    settings = s3_settings(s3_endpoint)
    documents = open_s3(settings)
    asyncio.run(documents.ensure_bucket())
    with closing(s3_client(settings)) as owner:
        owner.put_bucket_versioning(
            Bucket=documents._template, VersioningConfiguration={"Status": "Enabled"}
        )
    yield documents
    asyncio.run(documents.close())


def test_a_destroyed_document_has_no_version_left(versioned: S3Documents) -> None:
    for _ in range(2):
        put(versioned, 1)
        asyncio.run(versioned.delete(KEY))
    put(versioned, 1)
    put(versioned, 1, f"{KEY}2")

    lock = asyncio.run(versioned.destroy(KEY))

    found = versioned._client.list_object_versions(Bucket=versioned._template)
    assert lock is None
    assert [one["Key"] for one in found["Versions"]] == [f"{KEY}2"]
    assert "DeleteMarkers" not in found


def test_what_is_locked_is_destroyed_when_its_lock_has_ended(
    settings: Settings, documents: S3Documents
) -> None:
    put(documents, 1)

    lock = asyncio.run(documents.destroy(KEY))
    kept = versions(settings)
    with closing(s3_client(settings)) as owner:
        owner.put_object_retention(
            Bucket=documents._template, Key=KEY, Retention={}, BypassGovernanceRetention=True
        )
    after = asyncio.run(documents.destroy(KEY))

    assert lock is not None
    assert lock.until is not None
    assert lock.until > datetime.now(UTC) + timedelta(days=99)
    assert (len(kept), after, versions(settings)) == (1, None, [])


def test_a_legal_hold_has_no_end(settings: Settings, documents: S3Documents) -> None:
    put(documents, 1, temporary=True)
    with closing(s3_client(settings)) as owner:
        owner.put_object_legal_hold(Bucket=documents._template, Key=KEY, LegalHold={"Status": "ON"})

    lock = asyncio.run(documents.destroy(KEY))

    assert (lock, len(versions(settings))) == (Lock(None), 1)


def test_a_server_that_knows_no_versions_deletes_the_only_one(documents: S3Documents) -> None:
    put(documents, 1, temporary=True)

    def unknown(**_: Any) -> Any:
        return AWSResponse("http://odd", 501, HTTPHeaders(), _Refusal())

    documents._client.meta.events.register("before-send.s3.ListObjectVersions", unknown)

    lock = asyncio.run(documents.destroy(KEY))

    assert (lock, asyncio.run(keys(documents))) == (None, [])


@pytest.mark.parametrize("operation", ["ListObjectVersions", "DeleteObject"])
def test_what_is_refused_for_another_reason_is_told(documents: S3Documents, operation: str) -> None:
    put(documents, 1, temporary=True)
    refuse(documents, operation)

    with pytest.raises(Unavailable):
        asyncio.run(documents.destroy(KEY))


@pytest.mark.parametrize(
    ("key", "bucket"),
    [
        ("molde/2026/ab/abc", "sakark-molde"),
        ("molde", "sakark-molde"),
        ("sandkasse-0a1b2c3d/2026/ab/abc", "sakark-felles"),
        ("sjekk/abc", "sakark-felles"),
    ],
)
def test_each_kommune_has_its_own_bucket(key: str, bucket: str) -> None:
    assert bucket_of("sakark-{kommune}", key) == bucket
    assert bucket_of("sakark", key) == "sakark"


def test_documents_are_put_and_found_in_the_bucket_of_their_kommune(s3_endpoint: str) -> None:
    settings = s3_settings(s3_endpoint)
    template = f"{settings.s3_bucket}-{{kommune}}"
    with closing(asyncio.Runner()) as runner:
        documents = open_s3(settings.model_copy(update={"s3_bucket": template}))
        for slug in ("felles", "molde", "rauma"):
            runner.run(documents.ensure_bucket(slug))
        for key in (KEY, "rauma/2026/ab/abcdef"):
            runner.run(documents.put(key, stream([b"x"])))

        runner.run(documents.check())

        assert runner.run(keys(documents)) == [KEY]
        assert runner.run(keys(documents, "")) == [KEY, "rauma/2026/ab/abcdef"]
        assert [it["Key"] for it in listed(documents, "molde")] == [KEY]
        runner.run(documents.close())


def listed(documents: S3Documents, slug: str) -> list[Any]:
    found = documents._client.list_objects_v2(Bucket=documents._bucket(slug))
    return list(found["Contents"])
