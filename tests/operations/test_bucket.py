"""The bucket as docs/operations.md has it: few rights suffice, and deleted files come back."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr
from tests.conftest import free_port
from tests.storage.places import stream

from sakark_api.errors import NotFound
from sakark_api.settings import Settings
from sakark_api.storage.bucket import s3_client
from sakark_api.storage.s3 import PART, S3Documents

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "sakark-dokumenter"
KEY = "molde/2026/ab/abc"
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ALL_RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def least_rights() -> Any:
    """Give the policy that the page says is enough for the service."""
    (found,) = re.findall(r"```json\n(\s*{\s*\"Version\".*?)```", PAGE.read_text(), re.DOTALL)
    return json.loads(found)


@dataclass(frozen=True)
class Bucket:
    """A versioned bucket as the service reaches it, and as who administers it does."""

    documents: S3Documents
    service: "S3Client"
    administrator: "S3Client"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A storage in a process of its own: what it refuses is not refused in other tests."""
    port = free_port()
    with (tmp_path_factory.mktemp("storage") / "log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
        )
    transport = httpx.HTTPTransport(retries=10)  # waiting 0, 0.5, 1, 2 … seconds in between
    with httpx.Client(transport=transport) as http:
        http.get(f"http://127.0.0.1:{port}/moto-api/").raise_for_status()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def bucket(endpoint: str) -> Iterator[Bucket]:
    """A bucket on a storage that refuses what the caller's policy does not allow."""
    service = client_of(endpoint, "service", least_rights())
    administrator = client_of(endpoint, "administrator", ALL_RIGHTS)
    administrator.create_bucket(Bucket=BUCKET)
    administrator.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    ask_for_rights_after(endpoint, "0")
    with closing(service), closing(administrator):
        yield Bucket(S3Documents(service, BUCKET), service, administrator)
    ask_for_rights_after(endpoint, "inf")
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()


def client_of(endpoint: str, user: str, policy: Any) -> "S3Client":
    """Make a user with rights of its own, and a client that is that user."""
    iam = boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    with closing(iam):
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
    settings = Settings(
        s3_endpoint=endpoint,
        s3_bucket=BUCKET,
        s3_access_key=key["AccessKeyId"],
        s3_secret_key=SecretStr(key["SecretAccessKey"]),
    )
    return s3_client(settings)


def ask_for_rights_after(endpoint: str, requests: str) -> None:
    httpx.post(f"{endpoint}/moto-api/reset-auth", content=requests).raise_for_status()


async def put(documents: S3Documents, content: bytes) -> None:
    await documents.put(KEY, stream([content]))


async def content_of(documents: S3Documents) -> bytes:
    return b"".join([piece async for piece in documents.get(KEY)])


async def keys_of(documents: S3Documents) -> list[str]:
    return [key async for key in documents.keys("molde/")]


def test_the_least_rights_are_enough_for_all_the_service_does(bucket: Bucket) -> None:
    large = b"x" * (PART + 1)

    asyncio.run(bucket.documents.check())
    asyncio.run(put(bucket.documents, large))

    assert asyncio.run(content_of(bucket.documents)) == large
    assert asyncio.run(keys_of(bucket.documents)) == [KEY]
    asyncio.run(bucket.documents.delete(KEY))
    with pytest.raises(NotFound):
        asyncio.run(bucket.documents.size(KEY))


def test_a_deleted_file_comes_back_when_its_marker_goes(bucket: Bucket) -> None:
    asyncio.run(put(bucket.documents, b"brevet"))
    asyncio.run(bucket.documents.delete(KEY))

    (marker,) = bucket.administrator.list_object_versions(Bucket=BUCKET)["DeleteMarkers"]
    bucket.administrator.delete_object(Bucket=BUCKET, Key=KEY, VersionId=marker["VersionId"])

    assert asyncio.run(content_of(bucket.documents)) == b"brevet"


def test_the_service_can_destroy_no_version(bucket: Bucket) -> None:
    asyncio.run(put(bucket.documents, b"brevet"))
    (version,) = bucket.administrator.list_object_versions(Bucket=BUCKET)["Versions"]

    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.service.delete_object(Bucket=BUCKET, Key=KEY, VersionId=version["VersionId"])
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.service.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        )

    assert asyncio.run(content_of(bucket.documents)) == b"brevet"
