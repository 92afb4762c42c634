"""Buckets of object storage: how they are reached and named, and how what is put there is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from sakark_api.errors import Conflict, NotFound, StorageUnavailable
from sakark_api.settings import Settings
from sakark_api.storage.documents import PROBES, Lock, exists_already, is_missing, longest
from sakark_api.texts import text

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

__all__ = [
    "KOMMUNE",
    "SHARED",
    "Keeping",
    "KeptAs",
    "bucket_of",
    "destroy",
    "ensure_bucket",
    "find",
    "keeping",
    "list_page",
    "plain_errors",
    "remove",
    "s3_client",
    "status_of",
]

KOMMUNE = "{kommune}"
"""Where the name of a bucket has the kommune, when each has its own."""
SHARED = "felles"
"""Stands there for what is no kommune's: sandboxes, and how the service tries the storage."""
_SANDBOX = "sandkasse-"
AWS_DEFAULT_REGION = "us-east-1"


def s3_client(
    settings: Settings, endpoint: str | None = None, lean: Session | None = None
) -> "S3Client":
    """Make a client that also talks to servers with less than AWS offers."""
    make: Any
    if lean is None:
        import boto3

        make = boto3.client
    else:
        make = lean.create_client
    secret = settings.s3_secret_key
    address = endpoint or settings.s3_endpoint
    client: S3Client = make(
        "s3",
        endpoint_url=address,
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
            s3={
                "addressing_style": "auto" if address is None else "path",
                # As over TLS: what is sent has a checksum in a header, which is signed.
                "payload_signing_enabled": False,
            },
        ),
    )
    return client


def bucket_of(template: str, key: str) -> str:
    """Give the bucket that a key is in: always the same, or one for each kommune."""
    owner = key.partition("/")[0]
    if owner == PROBES or owner.startswith(_SANDBOX):
        owner = SHARED
    return template.replace(KOMMUNE, owner)


class KeptAs(TypedDict, total=False):
    """What an object is put with."""

    ServerSideEncryption: Literal["AES256", "aws:kms"]
    SSEKMSKeyId: str
    StorageClass: Literal[
        "STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"
    ]
    ObjectLockMode: Literal["GOVERNANCE", "COMPLIANCE"]
    ObjectLockRetainUntilDate: datetime


class _Version(TypedDict, total=False):
    VersionId: str


@dataclass(frozen=True)
class Keeping:
    """How objects are kept: encrypted, in a class of storage, and locked for a time."""

    encrypted: KeptAs
    classed: KeptAs
    lock: Literal["GOVERNANCE", "COMPLIANCE"] | None = None
    locked_for: timedelta = timedelta()

    def from_now(self, now: datetime, *, temporary: bool) -> KeptAs:
        """Give what an object is put with; what is soon to be deleted is encrypted only."""
        if temporary:
            return self.encrypted
        kept: KeptAs = {**self.encrypted, **self.classed}
        if self.lock is not None:
            kept["ObjectLockMode"] = self.lock
            kept["ObjectLockRetainUntilDate"] = now + self.locked_for
        return kept


def keeping(settings: Settings) -> Keeping:
    """Read from the settings how objects are to be kept."""
    encrypted: KeptAs = {}
    if settings.s3_encryption is not None:
        encrypted["ServerSideEncryption"] = settings.s3_encryption
    if settings.s3_kms_key is not None:
        encrypted["SSEKMSKeyId"] = settings.s3_kms_key
    classed: KeptAs = {}
    if settings.s3_storage_class is not None:
        classed["StorageClass"] = settings.s3_storage_class
    return Keeping(encrypted, classed, settings.s3_lock, timedelta(days=settings.s3_lock_days))


def find(client: "S3Client", bucket: str, key: str) -> "HeadObjectOutputTypeDef | None":
    try:
        with plain_errors(key):
            return client.head_object(Bucket=bucket, Key=key)
    except NotFound:
        return None


def remove(client: "S3Client", bucket: str, key: str, now: datetime) -> bool:
    """Delete an object; tell whether it is gone, or locked still."""
    try:
        with suppress(NotFound), plain_errors(key):
            client.delete_object(Bucket=bucket, Key=key)
    except StorageUnavailable:
        if not _is_locked(find(client, bucket, key) or {}, now):
            raise
        return False
    return True


def destroy(client: "S3Client", bucket: str, key: str, now: datetime) -> Lock | None:
    """Delete every version of an object, and every mark that it was deleted; tell what locks it."""
    versions = _versions(client, bucket, key)
    return longest([_destroy_version(client, bucket, key, one, now) for one in versions])


def _versions(client: "S3Client", bucket: str, key: str) -> list[str | None]:
    """List the versions of an object; None for the only one, of a server that keeps no others."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    found: list[str | None] = []
    with plain_errors(key):
        try:
            for page in pages:
                kept = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                found += [one["VersionId"] for one in kept if one["Key"] == key]
        except ClientError as error:
            if status_of(error) != HTTPStatus.NOT_IMPLEMENTED:
                raise
            return [None]
    return found


def _destroy_version(
    client: "S3Client", bucket: str, key: str, version: str | None, now: datetime
) -> Lock | None:
    named: _Version = {} if version is None else {"VersionId": version}
    try:
        with suppress(NotFound), plain_errors(key):
            client.delete_object(Bucket=bucket, Key=key, **named)
    except StorageUnavailable:
        with plain_errors(key):
            held = client.head_object(Bucket=bucket, Key=key, **named)
        if not _is_locked(held, now):
            raise
        has_end = held.get("ObjectLockLegalHoldStatus") != "ON"
        return Lock(held.get("ObjectLockRetainUntilDate") if has_end else None)
    return None


def _is_locked(found: "HeadObjectOutputTypeDef | Mapping[str, object]", now: datetime) -> bool:
    until = found.get("ObjectLockRetainUntilDate")
    is_retained = isinstance(until, datetime) and until > now
    return is_retained or found.get("ObjectLockLegalHoldStatus") == "ON"


def list_page(
    client: "S3Client", bucket: str, prefix: str, token: str
) -> tuple[list[str], str | None]:
    """Give a page of keys and the token of the next one."""
    with plain_errors(prefix):
        page = (
            client.list_objects_v2(Bucket=bucket, Prefix=prefix, ContinuationToken=token)
            if token
            else client.list_objects_v2(Bucket=bucket, Prefix=prefix)
        )
    return [it["Key"] for it in page.get("Contents", [])], page.get("NextContinuationToken")


def ensure_bucket(client: "S3Client", bucket: str, *, lock: bool) -> None:
    """Make a bucket when it is missing, one that can lock when that is asked for."""
    try:
        with plain_errors(bucket):
            client.head_bucket(Bucket=bucket)
    except NotFound:
        region = client.meta.region_name
        with suppress(Conflict), plain_errors(bucket):  # another process was quicker
            if region == AWS_DEFAULT_REGION:
                client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=lock)
                return
            client.create_bucket(
                Bucket=bucket,
                ObjectLockEnabledForBucket=lock,
                CreateBucketConfiguration={
                    "LocationConstraint": cast("BucketLocationConstraintType", region)
                },
            )


def status_of(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def plain_errors(key: str) -> Iterator[None]:
    """Say in our own words what went wrong with a key."""
    try:
        yield
    except ClientError as error:
        status, code = status_of(error), error.response["Error"].get("Code", "")
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
