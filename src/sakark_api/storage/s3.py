"""Documents in object storage that speaks S3."""

import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, TypedDict, TypeVar, cast
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody

from sakark_api.errors import Conflict, NotFound, SakarkError, StorageUnavailable
from sakark_api.settings import Settings
from sakark_api.storage.documents import (
    PIECE,
    Stored,
    exists_already,
    is_missing,
    probe,
    read,
    refuse_odd_key,
    refuse_odd_prefix,
    to_end,
    write,
)
from sakark_api.texts import text

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        HeadObjectOutputTypeDef,
        PutObjectOutputTypeDef,
        UploadPartOutputTypeDef,
    )

__all__ = ["PART", "S3Documents", "s3_client"]

PART = 5 * 1024 * 1024
"""The smallest part that S3 takes; one is put together while none is sent."""
OUR_MARK = "sakark-put"
AWS_DEFAULT_REGION = "us-east-1"

T = TypeVar("T")


class _Condition(TypedDict, total=False):
    IfNoneMatch: str


def s3_client(settings: Settings) -> "S3Client":
    """Make a client that also talks to servers with less than AWS offers."""
    secret = settings.s3_secret_key
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=None if secret is None else secret.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=settings.s3_connect_seconds,
            read_timeout=settings.s3_read_seconds,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=40,  # as many as there are threads
            s3={"addressing_style": "auto" if settings.s3_endpoint is None else "path"},
        ),
    )


class S3Documents:
    """`Documents` as objects in `bucket`.

    On a server that heeds no `If-None-Match`, two puts of one key at the same instant may both
    succeed: give every document a key of its own.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def put(self, key: str, body: AsyncIterable[bytes]) -> Stored:
        refuse_odd_key(key)
        return await write(_Writing(self._client, self._bucket, key), key, body, PART)

    def get(self, key: str, first: int = 0, last: int | None = None) -> AsyncGenerator[bytes, None]:
        refuse_odd_key(key)
        return read(_Reading(self._client, self._bucket, key, first, last))

    async def size(self, key: str) -> int:
        refuse_odd_key(key)
        found = await to_end(_find, self._client, self._bucket, key)
        if found is None:
            raise is_missing(key)
        return found["ContentLength"]

    async def delete(self, key: str) -> None:
        refuse_odd_key(key)
        await to_end(_delete, self._client, self._bucket, key)

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        refuse_odd_prefix(prefix)
        more: str | None = ""
        while more is not None:
            found, more = await to_end(_list, self._client, self._bucket, prefix, more)
            for key in found:
                yield key

    async def check(self) -> None:
        await probe(self)

    async def close(self) -> None:
        await to_end(self._client.close)

    async def ensure_bucket(self) -> None:
        """Make the bucket when it is missing; for development only."""
        await to_end(_ensure_bucket, self._client, self._bucket)


class _Writing:
    """One put, or a multipart upload from the first whole part on."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._size = 0
        self._small = bytearray()
        self._upload: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._sent = False
        # By this mark we know our own object again when the answer to us was lost on the way.
        self._mark = {OUR_MARK: uuid4().hex}

    def begin(self) -> None:
        if _find(self._client, self._bucket, self._key) is not None:
            raise exists_already(self._key)

    def write(self, piece: bytearray) -> None:
        self._size += len(piece)
        if self._upload is None and len(piece) < PART:
            self._small = piece
            return
        with _plain_errors(self._key):
            if self._upload is None:
                self._upload = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=self._key, Metadata=self._mark
                )["UploadId"]
            number = len(self._parts) + 1
            md5 = hashlib.md5(piece, usedforsecurity=False)
            answer = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload,
                PartNumber=number,
                Body=piece,  # type: ignore[arg-type]  # boto3 takes a bytearray too
                ContentMD5=b64encode(md5.digest()).decode(),
            )
        _refuse_other_bytes(self._key, md5.hexdigest(), answer)
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})

    def finish(self) -> None:
        self._sent = True
        try:
            if self._upload is None:
                self._put()
            else:
                self._complete(self._upload)
        except (Conflict, NotFound) as error:
            # boto3 tries again when an answer is lost; the second answer is about the first try.
            if not self._is_ours():
                raise (
                    _did_not_arrive(self._key) if isinstance(error, NotFound) else error
                ) from error
        found = _find(self._client, self._bucket, self._key)
        if found is None or found["ContentLength"] != self._size:
            raise _did_not_arrive(self._key)

    def discard(self) -> None:
        # What cannot be undone now is for the sweeper, and for the bucket's rule about old uploads.
        if self._upload is not None:
            with suppress(SakarkError), _plain_errors(self._key):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=self._upload
                )
        with suppress(SakarkError):
            if self._sent and self._is_ours():
                _delete(self._client, self._bucket, self._key)

    def _put(self) -> None:
        md5 = hashlib.md5(self._small, usedforsecurity=False)

        def put(condition: _Condition) -> "PutObjectOutputTypeDef":
            return self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=self._small,  # type: ignore[arg-type]  # boto3 takes a bytearray too
                ContentMD5=b64encode(md5.digest()).decode(),
                Metadata=self._mark,
                **condition,
            )

        with _plain_errors(self._key):
            answer = _unless_taken(put)
        _refuse_other_bytes(self._key, md5.hexdigest(), answer)

    def _complete(self, upload: str) -> None:
        self.begin()  # again: few servers heed the condition when an upload is completed

        def complete(condition: _Condition) -> None:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload,
                MultipartUpload={"Parts": self._parts},
                **condition,
            )

        with _plain_errors(self._key):
            _unless_taken(complete)

    def _is_ours(self) -> bool:
        found = _find(self._client, self._bucket, self._key)
        return found is not None and self._mark[OUR_MARK] in found["Metadata"].values()


class _Reading:
    def __init__(
        self, client: "S3Client", bucket: str, key: str, first: int, last: int | None
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._first = first
        self._last = last
        self._body: StreamingBody | None = None
        self._left: int | None = None if last is None else max(last - first + 1, 0)

    def read(self) -> bytes:
        if self._left == 0:
            return b""
        with _plain_errors(self._key):
            if self._body is None:
                self._body = self._open()
            piece = self._body.read(PIECE if self._left is None else min(PIECE, self._left))
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def close(self) -> None:
        if self._body is not None:
            self._body.close()

    def _open(self) -> StreamingBody:
        if self._first == 0 and self._last is None:
            return self._client.get_object(Bucket=self._bucket, Key=self._key)["Body"]
        wanted = f"bytes={self._first}-{'' if self._last is None else self._last}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, Range=wanted)
        except ClientError as error:
            if _status(error) != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            return StreamingBody(BytesIO(), 0)  # begins after the document's end
        body = answer["Body"]
        if "ContentRange" not in answer:  # some servers answer with all of it
            _skip(body, self._first)
        return body


def _skip(body: StreamingBody, count: int) -> None:
    while count > 0 and (passed := body.read(min(PIECE, count))):
        count -= len(passed)


def _find(client: "S3Client", bucket: str, key: str) -> "HeadObjectOutputTypeDef | None":
    try:
        with _plain_errors(key):
            return client.head_object(Bucket=bucket, Key=key)
    except NotFound:
        return None


def _delete(client: "S3Client", bucket: str, key: str) -> None:
    with suppress(NotFound), _plain_errors(key):
        client.delete_object(Bucket=bucket, Key=key)


def _list(client: "S3Client", bucket: str, prefix: str, token: str) -> tuple[list[str], str | None]:
    """Give a page of keys and the token of the next one."""
    with _plain_errors(prefix):
        page = (
            client.list_objects_v2(Bucket=bucket, Prefix=prefix, ContinuationToken=token)
            if token
            else client.list_objects_v2(Bucket=bucket, Prefix=prefix)
        )
    return [it["Key"] for it in page.get("Contents", [])], page.get("NextContinuationToken")


def _ensure_bucket(client: "S3Client", bucket: str) -> None:
    try:
        with _plain_errors(bucket):
            client.head_bucket(Bucket=bucket)
    except NotFound:
        region = client.meta.region_name
        with suppress(Conflict), _plain_errors(bucket):  # another process was quicker
            if region == AWS_DEFAULT_REGION:
                client.create_bucket(Bucket=bucket)
                return
            client.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={
                    "LocationConstraint": cast("BucketLocationConstraintType", region)
                },
            )


def _unless_taken(send: Callable[[_Condition], T]) -> T:
    """Ask the server to refuse a key that is taken, if it can be asked."""
    try:
        return send({"IfNoneMatch": "*"})
    except ClientError as error:
        if _status(error) != HTTPStatus.NOT_IMPLEMENTED:
            raise
    return send({})


def _refuse_other_bytes(
    key: str, md5: str, answer: "PutObjectOutputTypeDef | UploadPartOutputTypeDef"
) -> None:
    """Compare with the ETag where it is an MD5; under a key of KMS it only looks like one."""
    etag = answer["ETag"].strip('"').lower()
    encrypted = answer.get("ServerSideEncryption", "").startswith("aws:kms")
    if not encrypted and re.fullmatch("[0-9a-f]{32}", etag) and etag != md5:
        raise _did_not_arrive(key)


def _did_not_arrive(key: str) -> StorageUnavailable:
    return StorageUnavailable(
        text("Dokumentet {key} kom ikke helt fram til dokumentlageret. Send det på nytt.", key=key)
    )


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def _plain_errors(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status, code = _status(error), error.response["Error"].get("Code", "")
        if status == HTTPStatus.NOT_FOUND and code != "NoSuchBucket":
            raise is_missing(key) from error
        if status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT):
            raise exists_already(key) from error
        raise StorageUnavailable(
            text(
                "Dokumentlageret avviste forespørselen ({status} {code}). Prøv igjen om litt;"
                " kontroller SAKARK_S3_BUCKET, nøkler og rettigheter hvis det varer.",
                status=status,
                code=code,
            )
        ) from error
    except BotoCoreError as error:
        raise StorageUnavailable(
            text("Dokumentlageret svarer ikke ({reason}). Prøv igjen om litt.", reason=error)
        ) from error
