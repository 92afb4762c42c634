"""The documents' storage: written, read and deleted in; roomy; closed to strangers."""

import errno
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.handlers import disable_signing

from sakark_api.doctor.clock import Clocks
from sakark_api.doctor.keeping import check_keeping
from sakark_api.doctor.report import Finding, failure, has_failed, ok, warning
from sakark_api.errors import SakarkError
from sakark_api.settings import Settings
from sakark_api.storage.bucket import KOMMUNE, SHARED, bucket_of, s3_client
from sakark_api.storage.documents import PROBES, to_end
from sakark_api.storage.filesystem import FilesystemDocuments
from sakark_api.storage.s3 import S3Documents
from sakark_api.texts import Text, text

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["check_storage"]

CHECK = "storage"
LONGEST_WAIT = 5.0
LEAST_FREE = 0.05
"""The part of a disk that should be free."""
NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
WRONG_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthFailure")


async def check_storage(
    settings: Settings, clocks: Clocks, kommuner: Sequence[str] = ()
) -> list[Finding]:
    """Try the storage; where each kommune has a bucket of its own, look for all of them."""
    if settings.s3_bucket is None:
        return await _check_folder(settings)
    client = s3_client(_impatient(settings))
    try:
        shared = bucket_of(settings.s3_bucket, SHARED)
        findings = await _check_bucket(settings, client, shared, clocks)
        if not has_failed(findings):
            findings += await check_keeping(settings, client, shared)
            findings += await _check_own_buckets(settings, client, kommuner)
        return findings
    finally:
        await to_end(client.close)


async def _check_folder(settings: Settings) -> list[Finding]:
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        return [
            failure(
                CHECK,
                text(
                    "Mappen {mappe} finnes ikke; lag den, koble til disken, eller rett"
                    " SAKARK_DATA_DIR.",
                    mappe=folder,
                ),
            )
        ]
    try:
        await FilesystemDocuments(folder / "dokumenter").check()
    except SakarkError as error:
        return [failure(CHECK, _folder_fault(folder, error.__cause__))]
    works = ok(CHECK, text("Dokumenter kan lagres, leses og slettes i {mappe}.", mappe=folder))
    return [works, _space(settings, folder)]


def _folder_fault(folder: Path, cause: BaseException | None) -> Text:
    number = cause.errno if isinstance(cause, OSError) else None
    if number in NO_RIGHT:
        return text(
            "Tjenesten får ikke skrive i {mappe}; gi brukeren den kjører som rett til mappen.",
            mappe=folder,
        )
    if number == errno.ENOSPC:
        return text("Disken som {mappe} ligger på, er full; gi den mer plass.", mappe=folder)
    return text(
        "Dokumenter kan ikke lagres i {mappe} ({feil}); rett mappen eller disken.",
        mappe=folder,
        feil=errno.errorcode.get(number or 0, "ukjent feil"),
    )


def _space(settings: Settings, folder: Path) -> Finding:
    check, disk = "storage-space", shutil.disk_usage(folder)
    if disk.free < settings.bulk_limit:
        return failure(
            check,
            text(
                "Disken som {mappe} ligger på, har ikke plass til en fil av største størrelse; gi"
                " den mer plass.",
                mappe=folder,
            ),
        )
    if disk.free < settings.upload_limit or disk.free < LEAST_FREE * disk.total:
        return warning(
            check,
            text("Disken som {mappe} ligger på, er snart full; gi den mer plass.", mappe=folder),
        )
    return ok(check, text("Disken har plass til flere dokumenter."))


async def _check_bucket(
    settings: Settings, client: "S3Client", bucket: str, clocks: Clocks
) -> list[Finding]:
    documents = S3Documents(client, bucket)
    try:
        answer = await to_end(partial(client.list_objects_v2, Bucket=bucket, MaxKeys=1))
        clocks.note_headers("dokumentlageret", answer["ResponseMetadata"]["HTTPHeaders"])
        await documents.check()
        is_open = await _is_open(settings, bucket, documents)
    except (SakarkError, ClientError, BotoCoreError) as error:
        return [failure(CHECK, _bucket_fault(bucket, error))]
    works = ok(CHECK, text("Dokumenter kan lagres, leses og slettes i {lager}.", lager=bucket))
    return [works, _privacy(bucket, is_open=is_open)]


async def _check_own_buckets(
    settings: Settings, client: "S3Client", kommuner: Sequence[str]
) -> list[Finding]:
    """See that every kommune has the bucket that the settings say, closed to strangers."""
    template = settings.s3_bucket or ""
    if KOMMUNE not in template:
        return []
    findings = []
    stranger = _stranger(settings)
    for bucket in dict.fromkeys(bucket_of(template, slug) for slug in kommuner):
        look = partial(client.list_objects_v2, Bucket=bucket, MaxKeys=1)
        try:
            await to_end(look)
        except (ClientError, BotoCoreError) as error:
            findings.append(failure(CHECK, _bucket_fault(bucket, error)))
            continue
        lists = partial(stranger.list_objects_v2, Bucket=bucket, MaxKeys=1)
        findings.append(_privacy(bucket, is_open=await to_end(_may, lists)))
    await to_end(stranger.close)
    return findings


def _impatient(settings: Settings) -> Settings:
    """Wait no longer than somebody in front of a screen does."""
    return settings.model_copy(
        update={
            "s3_connect_seconds": min(settings.s3_connect_seconds, LONGEST_WAIT),
            "s3_read_seconds": min(settings.s3_read_seconds, LONGEST_WAIT),
        }
    )


def _bucket_fault(bucket: str, error: Exception) -> Text:
    cause = error.__cause__ if isinstance(error, SakarkError) else error
    if isinstance(cause, NoCredentialsError):
        return text(
            "Dokumentlageret {lager} har ingen nøkler; sett SAKARK_S3_ACCESS_KEY og"
            " SAKARK_S3_SECRET_KEY.",
            lager=bucket,
        )
    if not isinstance(cause, ClientError):
        return text(
            "Dokumentlageret svarer ikke; se etter at det går, og rett SAKARK_S3_ENDPOINT hvis"
            " adressen er feil."
        )
    code = cause.response["Error"].get("Code", "")
    if code == "NoSuchBucket":
        return text(
            "Dokumentlageret har ingen bøtte som heter {lager}; lag den, eller rett"
            " SAKARK_S3_BUCKET.",
            lager=bucket,
        )
    if code in WRONG_KEYS:
        return text(
            "Dokumentlageret godtar ikke nøklene; rett SAKARK_S3_ACCESS_KEY og"
            " SAKARK_S3_SECRET_KEY."
        )
    if code in ("AccessDenied", "403"):
        return text(
            "Tjenesten får ikke {handling} i bøtta {lager}; gi nøkkelen den retten.",
            handling=_ACTIONS.get(cause.operation_name, _ANYTHING),
            lager=bucket,
        )
    return text(
        "Dokumentlageret avviser {lager} ({feil}); se i lagerets logg.", lager=bucket, feil=code
    )


_ANYTHING = text("gjøre alt den trenger")
_ACTIONS = {
    "ListObjectsV2": text("liste dokumenter"),
    "PutObject": text("lagre dokumenter"),
    "GetObject": text("lese dokumenter"),
    "HeadObject": text("lese dokumenter"),
    "DeleteObject": text("slette dokumenter"),
}


async def _is_open(settings: Settings, bucket: str, documents: S3Documents) -> bool:
    """Tell whether somebody without keys may list the documents, or read one."""
    key = f"{PROBES}/{uuid4().hex}"
    stranger = _stranger(settings)
    await documents.put(key, _small(), temporary=True)
    try:
        lists = await to_end(_may, partial(stranger.list_objects_v2, Bucket=bucket, MaxKeys=1))
        return lists or await to_end(_may, partial(stranger.get_object, Bucket=bucket, Key=key))
    finally:
        await documents.delete(key)
        await to_end(stranger.close)


def _stranger(settings: Settings) -> "S3Client":
    """Make a client without keys."""
    stranger = s3_client(_impatient(settings))
    stranger.meta.events.register("choose-signer.s3.*", disable_signing)
    return stranger


async def _small() -> AsyncIterator[bytes]:
    yield b"sjekk"


def _may(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (ClientError, BotoCoreError):
        return False
    return True


def _privacy(bucket: str, *, is_open: bool) -> Finding:
    check = "storage-private"
    if is_open:
        return failure(
            check,
            text(
                "Hvem som helst kan lese dokumentene i bøtta {lager}; steng den for andre enn"
                " tjenesten.",
                lager=bucket,
            ),
        )
    return ok(check, text("Bare den som har nøkler, kan lese dokumentene."))
