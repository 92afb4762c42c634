"""Documents in object storage that speaks S3."""

import hashlib
import re
import threading
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, TypedDict, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from isal import isal_zlib

from sakark_api.errors import Conflict, NotFound, SakarkError, StorageUnavailable
from sakark_api.settings import Settings
from sakark_api.storage.bucket import (
    KOMMUNE,
    SHARED,
    Keeping,
    KeptAs,
    bucket_of,
    destroy,
    ensure_bucket,
    find,
    keeping,
    list_page,
    plain_errors,
    remove,
    s3_client,
    status_of,
)
from sakark_api.storage.documents import (
    PIECE,
    Lock,
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
from sakark_api.storage.lean import lean_session
from sakark_api.texts import text

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        PutObjectOutputTypeDef,
        UploadPartOutputTypeDef,
    )

__all__ = ["PART", "S3Documents", "open_s3"]

PART = 6 * 1024 * 1024
"""S3 takes no smaller ones than 5 MiB; each costs a millisecond, and two of them are in memory."""
OUR_MARK = "sakark-put"

T = TypeVar("T")


class _Condition(TypedDict, total=False):
    IfNoneMatch: str


def open_s3(settings: Settings) -> "S3Documents":
    """Open the storage that the settings name; they have a bucket."""
    lean, public = lean_session(), settings.s3_public_endpoint
    client = s3_client(settings, lean=lean)
    return S3Documents(
        client,
        settings.s3_bucket or "",
        keeping(settings),
        client if public is None else s3_client(settings, public, lean),
    )


class S3Documents:
    """`Documents` as objects in a bucket, or in one for each kommune where its name says so.

    On a server that heeds no `If-None-Match`, two puts of one key at the same instant may both
    succeed: give every document a key of its own.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        keeping: Keeping | None = None,
        public: "S3Client | None" = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._template = bucket
        self._keeping = keeping or Keeping({}, {})
        self._public = public or client
        self._clock = clock

    async def put(self, key: str, body: AsyncIterable[bytes], *, temporary: bool = False) -> Stored:
        refuse_odd_key(key)
        kept = self._keeping.from_now(self._clock(), temporary=temporary)
        writing = _Writing(self._client, self._bucket(key), key, kept, self._clock)
        return await write(writing, key, body, PART)

    def get(self, key: str, first: int = 0, last: int | None = None) -> AsyncGenerator[bytes, None]:
        refuse_odd_key(key)
        return read(_Reading(self._client, self._bucket(key), key, first, last))

    def reading(self, key: str) -> None:
        """Give none: bytes come over the network."""

    def writing(self, key: str) -> None:
        """Give none: bytes go over the network."""

    async def size(self, key: str) -> int:
        refuse_odd_key(key)
        found = await to_end(find, self._client, self._bucket(key), key)
        if found is None:
            raise is_missing(key)
        return found["ContentLength"]

    async def delete(self, key: str) -> bool:
        refuse_odd_key(key)
        return await to_end(remove, self._client, self._bucket(key), key, self._clock())

    async def destroy(self, key: str) -> Lock | None:
        refuse_odd_key(key)
        return await to_end(destroy, self._client, self._bucket(key), key, self._clock())

    async def address(self, key: str, seconds: int, media_type: str, disposition: str) -> str:
        refuse_odd_key(key)
        asked = {
            "Bucket": self._bucket(key),
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": "private, no-store",
        }
        sign = partial(self._public.generate_presigned_url, "get_object", asked, seconds)
        return await to_end(sign)  # it may have to ask for keys first

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        refuse_odd_prefix(prefix)
        for bucket in await to_end(self._buckets, prefix):
            more: str | None = ""
            while more is not None:
                found, more = await to_end(list_page, self._client, bucket, prefix, more)
                for key in found:
                    yield key

    async def check(self) -> None:
        await probe(self)

    async def close(self) -> None:
        await to_end(self._client.close)
        await to_end(self._public.close)

    async def ensure_bucket(self, owner: str = SHARED) -> None:
        """Make a kommune's bucket when it is missing; for development only."""
        lock = self._keeping.lock is not None
        await to_end(partial(ensure_bucket, self._client, self._bucket(owner), lock=lock))

    def _bucket(self, key: str) -> str:
        return bucket_of(self._template, key)

    def _buckets(self, prefix: str) -> list[str]:
        """List the buckets where keys may begin so; only a whole name tells which one it is."""
        if KOMMUNE not in self._template or "/" in prefix:
            return [self._bucket(prefix)]
        begin, _, end = self._template.partition(KOMMUNE)
        with plain_errors(prefix):
            found = [it["Name"] for it in self._client.list_buckets()["Buckets"]]
        return [name for name in found if name.startswith(begin) and name.endswith(end)]


class _Writing:
    """One put, or a multipart upload from the first whole part on."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        key: str,
        kept: KeptAs,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._kept = kept
        self._clock = clock
        self._size = 0
        self._small = bytearray()
        self._upload: str | None = None
        self._parts: dict[int, CompletedPartTypeDef] = {}
        self._one_at_a_time = threading.Lock()
        self._sent = False
        # By this mark we know our own object again when the answer to us was lost on the way.
        self._mark = {OUR_MARK: uuid4().hex}

    def begin(self) -> None:
        if find(self._client, self._bucket, self._key) is not None:
            raise exists_already(self._key)

    def write(self, piece: bytearray, number: int) -> None:
        if number == 1 and len(piece) < PART:
            self._size, self._small = len(piece), piece  # it is the only one
            return
        with plain_errors(self._key):
            checksum = _crc32(piece)
            answer = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._begun_upload(),
                PartNumber=number,
                Body=piece,  # type: ignore[arg-type]  # boto3 takes a bytearray too
                ChecksumAlgorithm="CRC32",
                ChecksumCRC32=checksum,
            )
        _refuse_other_bytes(self._key, piece, checksum, answer)
        with self._one_at_a_time:
            self._size += len(piece)
            self._parts[number] = {
                "ETag": answer["ETag"],
                "PartNumber": number,
                "ChecksumCRC32": checksum,
            }

    def _begun_upload(self) -> str:
        """Give the upload that parts belong to; the first of them begins it."""
        with self._one_at_a_time:
            if self._upload is None:
                self._upload = self._client.create_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    Metadata=self._mark,
                    ChecksumAlgorithm="CRC32",
                    **self._kept,
                )["UploadId"]
            return self._upload

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
        found = find(self._client, self._bucket, self._key)
        if found is None or found["ContentLength"] != self._size:
            raise _did_not_arrive(self._key)

    def discard(self) -> None:
        # What cannot be undone now is for the sweeper, and for the bucket's rule about old uploads.
        if self._upload is not None:
            with suppress(SakarkError), plain_errors(self._key):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=self._upload
                )
        with suppress(SakarkError):
            if self._sent and self._is_ours():
                remove(self._client, self._bucket, self._key, self._clock())

    def _put(self) -> None:
        checksum = _crc32(self._small)

        def put(condition: _Condition) -> "PutObjectOutputTypeDef":
            return self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=self._small,  # type: ignore[arg-type]  # boto3 takes a bytearray too
                ChecksumAlgorithm="CRC32",
                ChecksumCRC32=checksum,
                Metadata=self._mark,
                **self._kept,
                **condition,
            )

        with plain_errors(self._key):
            answer = _unless_taken(put)
        _refuse_other_bytes(self._key, self._small, checksum, answer)

    def _complete(self, upload: str) -> None:
        self.begin()  # again: few servers heed the condition when an upload is completed

        def complete(condition: _Condition) -> None:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload,
                MultipartUpload={"Parts": [self._parts[one] for one in sorted(self._parts)]},
                **condition,
            )

        with plain_errors(self._key):
            _unless_taken(complete)

    def _is_ours(self) -> bool:
        found = find(self._client, self._bucket, self._key)
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
        with plain_errors(self._key):
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
            if status_of(error) != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            return StreamingBody(BytesIO(), 0)  # begins after the document's end
        body = answer["Body"]
        if "ContentRange" not in answer:  # some servers answer with all of it
            _skip(body, self._first)
        return body


def _skip(body: StreamingBody, count: int) -> None:
    while count > 0 and (passed := body.read(min(PIECE, count))):
        count -= len(passed)


def _unless_taken(send: Callable[[_Condition], T]) -> T:
    """Ask the server to refuse a key that is taken, if it can be asked."""
    try:
        return send({"IfNoneMatch": "*"})
    except ClientError as error:
        if status_of(error) != HTTPStatus.NOT_IMPLEMENTED:
            raise
    return send({})


def _crc32(piece: bytearray) -> str:
    """Sum a piece as S3 wants it; MD5 would cost more than all else that is done to it."""
    return b64encode(isal_zlib.crc32(piece).to_bytes(4, "big")).decode()


def _refuse_other_bytes(
    key: str,
    piece: bytearray,
    checksum: str,
    answer: "PutObjectOutputTypeDef | UploadPartOutputTypeDef",
) -> None:
    """Compare with the checksum that the server tells; one that tells none, by its ETag.

    That is an MD5, but for under a key of KMS, where it only looks like one.
    """
    told = answer.get("ChecksumCRC32")
    if told is not None:
        if told != checksum:
            raise _did_not_arrive(key)
        return
    etag = answer["ETag"].strip('"').lower()
    encrypted = answer.get("ServerSideEncryption", "").startswith("aws:kms")
    if encrypted or not re.fullmatch("[0-9a-f]{32}", etag):
        return
    if etag != hashlib.md5(piece, usedforsecurity=False).hexdigest():
        raise _did_not_arrive(key)


def _did_not_arrive(key: str) -> StorageUnavailable:
    return StorageUnavailable(
        text("Dokumentet {key} kom ikke helt fram til dokumentlageret. Send det på nytt.", key=key)
    )
