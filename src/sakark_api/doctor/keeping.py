"""Whether object storage keeps documents as the settings ask: encrypted, classed and locked."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.errors import StorageUnavailable
from sakark_api.settings import PREFIX, Settings
from sakark_api.storage.bucket import bucket_of, find, keeping
from sakark_api.storage.documents import PROBES, to_end
from sakark_api.storage.s3 import S3Documents
from sakark_api.texts import text

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["check_keeping"]

CHECK: Final = "storage-keeping"
LOCKED_FOR: Final = timedelta(seconds=3)
"""So long is the document locked that the lock is tried by."""


async def check_keeping(settings: Settings, client: "S3Client", template: str) -> list[Finding]:
    """Store a document as all are stored, and see what the storage says of it."""
    asked = keeping(settings)
    if not (asked.encrypted or asked.classed or asked.lock):
        return []
    documents = S3Documents(client, template, replace(asked, locked_for=LOCKED_FOR))
    key = f"{PROBES}/{uuid4().hex}"
    bucket = bucket_of(template, key)
    try:
        await documents.put(key, _small())
        found = await to_end(find, client, bucket, key)
        await _take_away(documents, key)
    except StorageUnavailable:  # it has just taken one that was to be kept in no special way
        found = None
    ignored = ", ".join(_ignored(settings, found or {}))
    if ignored:
        return [
            failure(
                CHECK,
                text(
                    "Dokumentlageret {lager} følger ikke {innstillinger}; slå det på i lageret, og"
                    " gi nøkkelen s3:PutObjectRetention og s3:GetObjectRetention der det skal låse,"
                    " eller fjern innstillingen.",
                    lager=bucket,
                    innstillinger=ignored,
                ),
            )
        ]
    return [ok(CHECK, text("Dokumentene krypteres og låses slik innstillingene sier."))]


async def _small() -> AsyncIterator[bytes]:
    yield b"sjekk"


async def _take_away(documents: S3Documents, key: str) -> None:
    """Delete the document; where there are no versions, not before its lock has ended."""
    if not await documents.delete(key):
        await asyncio.sleep(LOCKED_FOR.total_seconds())
        await documents.delete(key)


def _ignored(settings: Settings, found: Mapping[str, Any]) -> Iterator[str]:
    """Name the settings that the storage has not heeded."""
    for name, told in (
        ("s3_encryption", found.get("ServerSideEncryption")),
        ("s3_storage_class", found.get("StorageClass", "STANDARD")),
        ("s3_lock", found.get("ObjectLockMode")),
    ):
        if getattr(settings, name) not in (None, told):
            yield f"{PREFIX}{name.upper()}"
    key = settings.s3_kms_key
    if key is not None and not str(found.get("SSEKMSKeyId")).endswith(key.rpartition("/")[2]):
        yield f"{PREFIX}S3_KMS_KEY"
