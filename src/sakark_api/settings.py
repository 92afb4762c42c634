"""Every setting of the service, read once from the environment (`SAKARK_…`) and passed in."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Settings of one process. Names in the environment are upper case with `SAKARK_` in front."""

    model_config = SettingsConfigDict(env_prefix="SAKARK_", frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL as the application role: postgresql://user:password@host/database."
        " Without it `sakark dev` starts its own.",
    )
    database_owner_url: str | None = Field(
        default=None,
        description="PostgreSQL as the owner of the tables, for migrations and `sakark kommune`."
        " Default: the same as `SAKARK_DATABASE_URL`.",
    )
    database_pool_size: int = Field(
        default=8,
        ge=1,
        description="Connections per process, each of two pools (reading, writing).",
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
    public_url: str | None = Field(
        default=None,
        description="Address clients use, without a slash at the end. Default: from each request.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins of web clients, separated by commas."
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(
                origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()
            )
        return value

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
