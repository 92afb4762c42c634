"""Every setting of the service, read once from the environment (`SAKARK_…`) and passed in."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sakark_api.errors import Invalid
from sakark_api.texts import Text, joined, text

__all__ = ["PREFIX", "Settings", "choices", "complaints", "read_settings"]

PREFIX = "SAKARK_"
_ORIGIN = re.compile(r"https?://[^/\s?#]+")
_ADDRESS = re.compile(r"https?://[^/\s?#]+(/[^\s?#]*[^/\s?#])?")
_DATABASE = re.compile(r"(postgres|postgresql|postgresql\+asyncpg)://\S+")
_CLAMD = re.compile(r"unix:/\S+|tcp:[^\s/]+:\d{1,5}", re.ASCII)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", re.ASCII)
_NEED_A_BUCKET = (
    *("s3_endpoint", "s3_public_endpoint", "s3_access_key", "s3_encryption", "s3_kms_key"),
    *("s3_storage_class", "s3_lock", "s3_presigned_seconds"),
)
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"(:\d{0,5})?", re.ASCII)
_LAST_PORT = 65535


class Settings(BaseSettings):
    """Settings of one process. Names in the environment are upper case with `SAKARK_` in front."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL as the application role: postgresql://user:password@host/database."
        " Without it `sakark dev` starts its own.",
    )
    database_owner_url: str | None = Field(
        default=None,
        description="PostgreSQL as the owner of the tables, for migrations and `sakark kommune`."
        " Default: the same as `SAKARK_DATABASE_URL`. Not for `sakark serve`.",
    )
    database_operator_url: str | None = Field(
        default=None,
        description="PostgreSQL as the operator's role `sakark_drift`, for the API under /drift/,"
        " and for the worker, which throws away expired sandboxes where it is set.",
    )
    database_pool_size: int = Field(
        default=8,
        ge=2,
        le=200,
        description="Connections per process for reading (half of them for lists), and as many for"
        " writing.",
    )
    database_connect_seconds: float = Field(
        default=5, gt=0, le=60, description="Longest wait for a new connection to the database."
    )
    database_wait_seconds: float = Field(
        default=5,
        gt=0,
        le=60,
        description="Longest wait for a free connection of the pool; then 503.",
    )
    database_statement_seconds: float = Field(
        default=30, gt=0, le=600, description="Longest time one statement may take; then 503."
    )
    database_lock_seconds: float = Field(
        default=10,
        gt=0,
        le=600,
        description="Longest wait for what another transaction holds; then 503.",
    )
    data_dir: Path = Field(
        default=Path(".sakark"),
        description="Folder of the embedded PostgreSQL and of documents on the file system.",
    )
    s3_endpoint: str | None = Field(default=None, description="Address of the object storage.")
    s3_public_endpoint: str | None = Field(
        default=None,
        description="Its address as clients reach it, for `SAKARK_S3_PRESIGNED_SECONDS`. Default:"
        " the same as `SAKARK_S3_ENDPOINT`.",
    )
    s3_bucket: str | None = Field(
        default=None,
        description="Bucket for documents; set it to use object storage. With `{kommune}` in its"
        " name each kommune has its own, and sandboxes and the service share the one of `felles`;"
        " all must be there.",
    )
    s3_region: str = Field(default="us-east-1", description="Region of the object storage.")
    s3_access_key: str | None = Field(default=None, description="Access key of the object storage.")
    s3_secret_key: SecretStr | None = Field(default=None, description="Secret that goes with it.")
    s3_encryption: Literal["AES256", "aws:kms"] | None = Field(
        default=None,
        description="How the object storage is asked to encrypt. Default: as the bucket says.",
    )
    s3_kms_key: str | None = Field(
        default=None, description="Id of the key for `aws:kms`. Default: the account's own."
    )
    s3_storage_class: (
        Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] | None
    ) = Field(
        default=None, description="Class of storage for documents. Default: as the storage has it."
    )
    s3_lock: Literal["GOVERNANCE", "COMPLIANCE"] | None = Field(
        default=None,
        description="Object lock that each document is stored with; the bucket must have it."
        " Default: as the bucket says.",
    )
    s3_lock_days: int = Field(
        default=100,
        ge=1,
        le=36500,
        description="Days from when a document was stored that nobody can destroy it; not fewer"
        " than back-ups are kept.",
    )
    s3_presigned_seconds: int = Field(
        default=0,
        ge=0,
        le=60,
        description="How long an address straight to the object storage holds, given to clients who"
        " ask for one instead of a file (`Prefer: redirect`). 0: files go through the service.",
    )
    s3_connect_seconds: float = Field(
        default=5, gt=0, le=60, description="Longest wait for a connection to the object storage."
    )
    s3_read_seconds: float = Field(
        default=30,
        gt=0,
        le=600,
        description="Longest silence of the object storage; it is asked twice, then 503.",
    )
    public_url: str | None = Field(
        default=None,
        description="Address clients use, without a slash at the end. Default: from each request.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins of web clients, separated by commas."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1",),
        description="Addresses or networks whose `X-Forwarded-Proto` and `-For` are believed,"
        " separated by commas; `*` alone: everybody's.",
    )
    processes: int = Field(
        default=1, ge=1, le=64, description="Processes that `sakark serve` answers with."
    )
    shutdown_seconds: int = Field(
        default=25,
        ge=1,
        le=600,
        description="Time that running requests have to end when the service is stopped.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port where `sakark serve` and `sakark worker` give metrics (Prometheus,"
        " `/metrics`), to be kept inside the network. Default: none are given.",
    )
    log_format: Literal["json", "text"] = Field(
        default="json", description="How `sakark serve` and `sakark worker` write their logs."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    otlp_endpoint: str | None = Field(
        default=None,
        description="OpenTelemetry collector that takes traces over HTTP. Default: no traces.",
    )
    otlp_sample_ratio: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Part of the requests that are traced, where the client has not decided.",
    )
    operator_issuer: str | None = Field(
        default=None,
        description="OIDC issuer (`iss`) of the operator's staff. Default: nothing under /drift/.",
    )
    operator_audience: str = Field(
        default="sakark", min_length=1, description="Audience (`aud`) of the operator's tokens."
    )
    operator_role_claim: str = Field(
        default="roles", min_length=1, description="Where the operator's tokens name roles."
    )
    operator_role: str = Field(
        default="drift", min_length=1, description="The value there that gives the role drift."
    )
    bulk_limit: int = Field(
        default=157_286_400, ge=0, description="Largest file in one request (bulkgrense), bytes."
    )
    upload_limit: int = Field(
        default=5_368_709_120, ge=1, description="Largest file sent in chunks, bytes."
    )
    fixity_bytes: int = Field(
        default=10_737_418_240,
        ge=0,
        description="Bytes that the worker reads again each hour, of all kommuner together, to see"
        " that files are as they were; of each kommune at least one file.",
    )
    stray_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="Days that the worker keeps bytes in the storage which no row names.",
    )
    body_limit: int = Field(default=1_048_576, ge=1024, description="Largest JSON body, bytes.")
    tool_path: str = Field(
        default="/usr/local/bin:/usr/bin:/bin",
        description="Folders where the worker looks for the programs that read and convert"
        " documents, separated by colons.",
    )
    tool_seconds: float = Field(
        default=120, gt=0, le=3600, description="Longest time such a program may take."
    )
    tool_memory: int = Field(
        default=4_294_967_296,
        ge=268_435_456,
        description="Largest address space of such a program, bytes.",
    )
    unpack_limit: int = Field(
        default=1_073_741_824,
        ge=1_048_576,
        description="Largest file such a program may write, and the most that a package may hold"
        " when unpacked, bytes.",
    )
    text_limit: int = Field(
        default=1_000_000, ge=0, description="Most characters of a document's text that are kept."
    )
    schemas_dir: Path | None = Field(
        default=None,
        description="Folder of the official schemas that deposits are made and checked with, filled"
        " by `sakark schemas fetch`.",
    )
    export_dir: Path | None = Field(
        default=None,
        description="Folder where the worker makes the deposits that are ordered, with room for the"
        " largest: it is gone on with there after a stop. Default: `uttrekk` in"
        " `SAKARK_DATA_DIR`.",
    )
    export_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="Days that the file of a deposit that was ordered can be fetched.",
    )
    clamd_address: str | None = Field(
        default=None,
        description="Where clamd listens, to look for viruses: unix:/run/clamav/clamd.ctl or"
        " tcp:clamd:3310. Default: nobody looks.",
    )
    rate_caller: float = Field(
        default=300,
        ge=0,
        description="Requests a second that one user or system may send to one kommune, with ten"
        " seconds' worth at once; then 429. Counted by each process for itself. 0: no limit.",
    )
    rate_address: float = Field(
        default=100,
        ge=0,
        description="The same for requests without a token, by address (IPv6: by /64). Without the"
        " right `SAKARK_TRUSTED_PROXIES` everybody has the proxy's address. 0: no limit.",
    )
    rate_refused: float = Field(
        default=5,
        ge=0,
        description="The same for tokens that are refused, by address: until there is room again,"
        " only tokens seen before are let in from there. 0: no limit.",
    )
    page_size: int = Field(
        default=100, ge=1, le=1000, description="Units a page when $top is not given."
    )
    first_version: Literal[0, 1] = Field(
        default=0, description="Number of a document's first version (M005)."
    )

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _plain_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Write networks as the server wants them: 10.0.0.0/8 for 10.0.0.1/8."""
        return tuple(str(_network(one) or one) if "/" in one else one for one in value)

    @field_validator("first_version", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        """Take the digits of the environment for a number."""
        return {"0": 0, "1": 1}.get(value, value) if isinstance(value, str) else value


def read_settings() -> Settings:
    """Read the settings; raises `Invalid` with a sentence for each that is unknown or wrong."""
    found = list(_unknown(os.environ))
    try:
        settings = Settings()
    except ValidationError as error:
        found += [_told(problem) for problem in error.errors(include_url=False)]
    else:
        found += complaints(settings)
        if not found:
            return settings
    raise Invalid(joined(found, "\n"))


def _unknown(environment: Iterable[str]) -> Iterator[Text]:
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known:
            continue
        like = difflib.get_close_matches(name, known, n=1)
        if like:
            yield text("Innstillingen {navn} er ukjent. Mente du {lik}?", navn=name, lik=like[0])
        else:
            yield text("Innstillingen {navn} er ukjent. Se docs/settings.md.", navn=name)


def complaints(settings: Settings) -> list[Text]:
    """Say what does not go together, or is not what it should be; nothing when all is well."""
    return [
        *_odd_addresses(settings),
        *_odd_clamd(settings),
        *_odd_storage(settings),
        *_contradictions(settings),
    ]


def _odd_addresses(settings: Settings) -> Iterator[Text]:
    for name in ("database_url", "database_owner_url", "database_operator_url"):
        value = getattr(settings, name)
        if value is None:
            continue
        if not _DATABASE.fullmatch(value):
            yield text(
                "{navn} må være en adresse som postgresql://bruker:passord@vert/database.",
                navn=f"{PREFIX}{name.upper()}",
            )
        elif not _comes_apart(value):
            yield text(
                "{navn} kan ikke leses som en adresse. Skriv tegn som /, @, : og # i passordet som"
                " %2F, %40, %3A og %23, og % som %25.",
                navn=f"{PREFIX}{name.upper()}",
            )
    for name in ("public_url", "s3_endpoint", "s3_public_endpoint", "otlp_endpoint"):
        value = getattr(settings, name)
        if value is not None and not _ADDRESS.fullmatch(value):
            yield text(
                "{navn} må være en adresse som https://navn.no, uten skråstrek til slutt.",
                navn=f"{PREFIX}{name.upper()}",
            )
    issuer = settings.operator_issuer
    if issuer is not None and not _ADDRESS.fullmatch(issuer.removesuffix("/")):
        yield text("SAKARK_OPERATOR_ISSUER må være utstederens adresse (iss).")
    if not all(_ORIGIN.fullmatch(origin) for origin in settings.cors_origins):
        yield text("SAKARK_CORS_ORIGINS må være opphav som https://navn.no, med komma mellom.")
    if settings.trusted_proxies != ("*",) and not all(map(_network, settings.trusted_proxies)):
        yield text(
            "SAKARK_TRUSTED_PROXIES må være adresser eller nett som 10.0.0.0/8, med komma mellom,"
            " eller bare *."
        )


def _odd_clamd(settings: Settings) -> Iterator[Text]:
    if settings.clamd_address is not None and not _CLAMD.fullmatch(settings.clamd_address):
        yield text(
            "SAKARK_CLAMD_ADDRESS må være en adresse som unix:/run/clamav/clamd.ctl eller"
            " tcp:vert:3310."
        )


def _odd_storage(settings: Settings) -> Iterator[Text]:
    if (settings.s3_access_key is None) != (settings.s3_secret_key is None):
        yield text("Sett både SAKARK_S3_ACCESS_KEY og SAKARK_S3_SECRET_KEY, eller ingen av dem.")
    if settings.s3_bucket is None:
        if any(getattr(settings, name) for name in _NEED_A_BUCKET):
            yield text("Objektlageret mangler SAKARK_S3_BUCKET. Sett den, eller fjern SAKARK_S3_….")
    elif not _BUCKET.fullmatch(settings.s3_bucket.replace("{kommune}", "felles", 1)):
        yield text(
            "SAKARK_S3_BUCKET må være navnet på en bøtte, som sakark-dokumenter, eller {mal} når"
            " hver kommune har sin.",
            mal="sakark-{kommune}",
        )
    if settings.s3_kms_key is not None and settings.s3_encryption != "aws:kms":
        yield text("SAKARK_S3_KMS_KEY gjelder bare når SAKARK_S3_ENCRYPTION er aws:kms.")


def _comes_apart(address: str) -> bool:
    """Tell whether a database's address has its parts where every driver looks for them.

    A `/`, `#` or `?` in a password ends the part with the host; what is after the password is then
    somewhere else.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    login, _, hosts = parts.netloc.rpartition("@")
    if "@" in login or "@" in parts.path or "@" in parts.query or "#" in address:
        return False
    if _BARE_PERCENT.search(f"{login}{parts.path}{parts.query}"):
        return False
    if not hosts:
        return "host=" in parts.query
    return all(_is_host(one) for one in hosts.split(","))


def _is_host(written: str) -> bool:
    """Tell whether it is a host, with or without a port; IPv6 is in brackets."""
    host, bracket, port = written.rpartition("]")
    if not bracket:
        host, colon, number = written.partition(":")
        port = colon + number
    if not host or not _PORT.fullmatch(port):
        return False
    return int(port.removeprefix(":") or 0) <= _LAST_PORT


def _network(written: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(written, strict=False)
    except ValueError:
        return None


def _contradictions(settings: Settings) -> Iterator[Text]:
    if settings.bulk_limit > settings.upload_limit:
        yield text("SAKARK_BULK_LIMIT kan ikke være større enn SAKARK_UPLOAD_LIMIT.")
    if (settings.operator_issuer is None) != (settings.database_operator_url is None):
        yield text(
            "Drift trenger både SAKARK_OPERATOR_ISSUER og SAKARK_DATABASE_OPERATOR_URL."
            " Sett begge, eller ingen."
        )
    if settings.database_lock_seconds > settings.database_statement_seconds:
        yield text(
            "SAKARK_DATABASE_LOCK_SECONDS kan ikke være større enn"
            " SAKARK_DATABASE_STATEMENT_SECONDS."
        )


def _told(problem: Mapping[str, Any]) -> Text:
    name = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
    sentence = _SENTENCES.get(problem["type"])
    if sentence is None:
        return text("Innstillingen {navn} er ikke gyldig. Se docs/settings.md.", navn=name)
    allowed = ", ".join(choices(Settings.model_fields[problem["loc"][0]]))
    return Text(sentence.msgid, {"navn": name, "valg": allowed, **problem.get("ctx", {})})


def choices(field: FieldInfo) -> tuple[str, ...]:
    """List the values a setting may have; nothing when it is not one of a few."""
    kinds = (field.annotation, *get_args(field.annotation))  # perhaps it need not be set
    few = next((one for one in kinds if get_origin(one) is Literal), None)
    return tuple(str(value) for value in get_args(few))


_SENTENCES: Mapping[str, Text] = {
    "int_parsing": text("Innstillingen {navn} må være et heltall."),
    "float_parsing": text("Innstillingen {navn} må være et tall."),
    "greater_than": text("Innstillingen {navn} må være større enn {gt}."),
    "greater_than_equal": text("Innstillingen {navn} må være minst {ge}."),
    "less_than_equal": text("Innstillingen {navn} må være høyst {le}."),
    "literal_error": text("Innstillingen {navn} må være en av {valg}."),
    "string_too_short": text("Innstillingen {navn} kan ikke være tom."),
}
