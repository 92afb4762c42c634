"""Every setting of the service, read once from the environment (`SAKARK_…`) and passed in."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sakark_api.errors import Invalid
from sakark_api.texts import Text, joined, text

__all__ = ["PREFIX", "Settings", "complaints", "read_settings"]

PREFIX = "SAKARK_"
_ORIGIN = re.compile(r"https?://[^/\s?#]+")
_ADDRESS = re.compile(r"https?://[^/\s?#]+(/[^\s?#]*[^/\s?#])?")
_DATABASE = re.compile(r"(postgres|postgresql|postgresql\+asyncpg)://\S+")


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
        description="PostgreSQL as the operator's role `sakark_drift`, for the API under /drift/.",
    )
    database_pool_size: int = Field(
        default=8,
        ge=1,
        le=200,
        description="Connections per process, each of two pools (reading, writing).",
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
    s3_bucket: str | None = Field(
        default=None, description="Bucket for documents; set it to use object storage."
    )
    s3_region: str = Field(default="us-east-1", description="Region of the object storage.")
    s3_access_key: str | None = Field(default=None, description="Access key of the object storage.")
    s3_secret_key: SecretStr | None = Field(default=None, description="Secret that goes with it.")
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
        description="Addresses or networks whose `X-Forwarded-Proto` and `-For` are believed.",
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
        description="Port where `sakark serve` gives metrics (Prometheus, `/metrics`), to be kept"
        " inside the network. Default: none are given.",
    )
    log_format: Literal["json", "text"] = Field(
        default="json", description="How `sakark serve` writes its log: `json` or `text`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged: debug, info, warning or error."
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
    body_limit: int = Field(default=1_048_576, ge=1024, description="Largest JSON body, bytes.")
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
    return [*_odd_addresses(settings), *_contradictions(settings)]


def _odd_addresses(settings: Settings) -> Iterator[Text]:
    for name in ("database_url", "database_owner_url", "database_operator_url"):
        value = getattr(settings, name)
        if value is not None and not _DATABASE.fullmatch(value):
            yield text(
                "{navn} må være en adresse som postgresql://bruker:passord@vert/database.",
                navn=f"{PREFIX}{name.upper()}",
            )
    for name in ("public_url", "s3_endpoint", "otlp_endpoint"):
        value = getattr(settings, name)
        if value is not None and not _ADDRESS.fullmatch(value):
            yield text(
                "{navn} må være en adresse som https://navn.no, uten skråstrek til slutt: {verdi}",
                navn=f"{PREFIX}{name.upper()}",
                verdi=value,
            )
    issuer = settings.operator_issuer
    if issuer is not None and not _ADDRESS.fullmatch(issuer.removesuffix("/")):
        yield text(
            "SAKARK_OPERATOR_ISSUER må være utstederens adresse (iss): {verdi}", verdi=issuer
        )
    for origin in settings.cors_origins:
        if not _ORIGIN.fullmatch(origin):
            yield text(
                "SAKARK_CORS_ORIGINS må være opphav som https://navn.no, med komma mellom: {verdi}",
                verdi=origin,
            )


def _contradictions(settings: Settings) -> Iterator[Text]:
    if (settings.s3_access_key is None) != (settings.s3_secret_key is None):
        yield text("Sett både SAKARK_S3_ACCESS_KEY og SAKARK_S3_SECRET_KEY, eller ingen av dem.")
    if settings.s3_bucket is None and (settings.s3_endpoint or settings.s3_access_key):
        yield text("Objektlageret mangler SAKARK_S3_BUCKET. Sett den, eller fjern SAKARK_S3_….")
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
    return Text(sentence.msgid, {"navn": name, **problem.get("ctx", {})})


_SENTENCES: Mapping[str, Text] = {
    "int_parsing": text("Innstillingen {navn} må være et heltall."),
    "float_parsing": text("Innstillingen {navn} må være et tall."),
    "greater_than": text("Innstillingen {navn} må være større enn {gt}."),
    "greater_than_equal": text("Innstillingen {navn} må være minst {ge}."),
    "less_than_equal": text("Innstillingen {navn} må være høyst {le}."),
    "literal_error": text(
        "Innstillingen {navn} har en verdi som ikke finnes. Se docs/settings.md."
    ),
    "string_too_short": text("Innstillingen {navn} kan ikke være tom."),
}
