"""What is particular to object storage: servers that offer less, and answers that get lost."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from tests.storage.places import s3_settings, stream

from sakark_api.errors import Conflict, Unavailable
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.documents import Stored
from sakark_api.storage.lean import lean_session
from sakark_api.storage.s3 import PART, S3Documents

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEY = "molde/2026/ab/abcdef.bin"
SIZES = pytest.mark.parametrize("size", [1, PART + 1])


@dataclass(frozen=True)
class Bucket:
    client: "S3Client"
    name: str
    documents: S3Documents

    def on(self, event: str, handler: Any) -> None:
        """Step in between the client and the server."""
        self.client.meta.events.register(event, handler)

    def objects(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [entry["Key"] for entry in found]

    def uploads(self) -> list[Any]:
        return list(self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))


@pytest.fixture
def bucket(s3_endpoint: str) -> Iterator[Bucket]:
    settings = s3_settings(s3_endpoint)
    name = settings.s3_bucket or ""
    with closing(s3_client(settings)) as client:
        bucket = Bucket(client, name, S3Documents(client, name))
        asyncio.run(bucket.documents.ensure_bucket())
        yield bucket


def put(bucket: Bucket, content: bytes) -> Stored:
    return asyncio.run(bucket.documents.put(KEY, stream([content])))


class _Body:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"<Error><Code>Odd</Code></Error>"


def answer(status: int) -> AWSResponse:
    return AWSResponse("http://odd", status, HTTPHeaders(), _Body())


def test_making_the_bucket_twice_is_fine(bucket: Bucket) -> None:
    asyncio.run(bucket.documents.ensure_bucket())

    asyncio.run(bucket.documents.check())


def test_missing_bucket_is_unavailable_not_a_missing_document(bucket: Bucket) -> None:
    documents = S3Documents(bucket.client, "finnes-ikke")

    with pytest.raises(Unavailable, match="SAKARK_S3_BUCKET"):
        asyncio.run(documents.check())


def test_server_that_does_not_answer_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = s3_settings(f"http://127.0.0.1:{port}")

    with closing(s3_client(settings)) as client:
        documents = S3Documents(client, "sakark")

        for act in (documents.check(), documents.destroy("molde/a")):
            with pytest.raises(Unavailable, match="svarer ikke"):
                asyncio.run(act)


@SIZES
def test_server_that_knows_no_conditions_will_do(bucket: Bucket, size: int) -> None:
    bucket.on(
        "before-send.s3",
        lambda request, **_: answer(501) if "If-None-Match" in request.headers else None,
    )

    put(bucket, b"x" * size)

    assert bucket.objects() == [KEY]
    with pytest.raises(Conflict):
        put(bucket, b"y")


TOLD = pytest.mark.parametrize(
    "told",
    [
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumCRC32": None, "ETag": '"d41d8cd98f00b204e9800998ecf8427e"'},
    ],
    ids=["by checksum", "by ETag"],
)


@SIZES
@TOLD
def test_bytes_that_changed_on_the_way_are_refused(
    bucket: Bucket, size: int, told: dict[str, Any]
) -> None:
    def change(parsed: dict[str, Any], **_: Any) -> None:
        parsed.update(told)

    bucket.on("after-call.s3.PutObject", change)
    bucket.on("after-call.s3.UploadPart", change)

    with pytest.raises(Unavailable, match="ikke helt fram"):
        put(bucket, b"x" * size)

    assert bucket.objects() == []
    assert bucket.uploads() == []


def test_tag_under_a_key_of_kms_is_no_checksum(bucket: Bucket) -> None:
    def encrypt(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ChecksumCRC32"] = None
        parsed["ETag"] = '"d41d8cd98f00b204e9800998ecf8427e"'
        parsed["ServerSideEncryption"] = "aws:kms"

    bucket.on("after-call.s3.PutObject", encrypt)

    assert put(bucket, b"x").size == 1


def test_changed_bytes_are_refused_by_their_size(bucket: Bucket) -> None:
    def shorten(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ContentLength"] = 1

    bucket.on("after-call.s3.HeadObject", shorten)

    with pytest.raises(Unavailable, match="ikke helt fram"):
        put(bucket, b"xyz")
    assert bucket.objects() == []


@SIZES
def test_put_whose_answer_was_lost_is_known_again(bucket: Bucket, size: int) -> None:
    sent = []

    def lose(http_response: AWSResponse, parsed: dict[str, Any], **_: Any) -> None:
        sent.append(parsed)
        http_response.status_code = 412
        parsed.clear()
        parsed["Error"] = {"Code": "PreconditionFailed", "Message": ""}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 412}

    bucket.on("after-call.s3.PutObject", lose)
    bucket.on("after-call.s3.CompleteMultipartUpload", lose)

    assert put(bucket, b"x" * size).size == size
    assert len(sent) == 1


@SIZES
def test_put_that_fails_after_it_arrived_leaves_nothing(bucket: Bucket, size: int) -> None:
    def fail(http_response: AWSResponse, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = 500
        parsed.clear()
        parsed["Error"] = {"Code": "InternalError", "Message": ""}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 500}

    bucket.on("after-call.s3.PutObject", fail)
    bucket.on("after-call.s3.CompleteMultipartUpload", fail)

    with pytest.raises(Unavailable, match="500 InternalError"):
        put(bucket, b"x" * size)
    assert bucket.objects() == []
    assert bucket.uploads() == []


def test_server_that_ignores_ranges_will_do(bucket: Bucket) -> None:
    put(bucket, bytes(range(100)))
    bucket.on("before-sign.s3.GetObject", lambda request, **_: request.headers.__delitem__("Range"))

    async def middle() -> bytes:
        return b"".join([piece async for piece in bucket.documents.get(KEY, 10, 19)])

    assert asyncio.run(middle()) == bytes(range(10, 20))


def test_keys_come_from_every_page(bucket: Bucket) -> None:
    bucket.on(
        "provide-client-params.s3.ListObjectsV2",
        lambda params, **_: {**params, "MaxKeys": 2},
    )
    expected = [f"molde/{at}" for at in range(5)]
    [asyncio.run(bucket.documents.put(key, stream([]))) for key in expected]

    async def keys() -> list[str]:
        return [key async for key in bucket.documents.keys("molde/")]

    assert asyncio.run(keys()) == expected


def test_keys_can_still_be_asked_of_the_cloud_that_the_service_runs_in() -> None:
    with closing(lean_session().create_client("sts", region_name="eu-north-1")) as client:
        assert "AssumeRoleWithWebIdentity" in client.meta.service_model.operation_names
        assert client.meta.endpoint_url == "https://sts.eu-north-1.amazonaws.com"
