"""Settings: what is unknown, wrong or contradictory stops the start with a sentence."""

import os

import pytest

from sakark_api.errors import Invalid
from sakark_api.settings import read_settings

URL = "postgresql://sakark_app:x@db/sakark"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SAKARK_")]:
        monkeypatch.delenv(name)


def test_without_anything_set_the_defaults_hold() -> None:
    settings = read_settings()

    assert settings.database_url is None
    assert settings.processes == 1


WRONG = [
    ({"SAKARK_DATABASE_ULR": URL}, "SAKARK_DATABASE_ULR er ukjent. Mente du SAKARK_DATABASE_URL?"),
    ({"SAKARK_XQZW": "1"}, "SAKARK_XQZW er ukjent. Se docs/settings.md."),
    ({"SAKARK_PROCESSES": "mange"}, "SAKARK_PROCESSES må være et heltall."),
    ({"SAKARK_PROCESSES": "0"}, "SAKARK_PROCESSES må være minst 1."),
    ({"SAKARK_PROCESSES": "65"}, "SAKARK_PROCESSES må være høyst 64."),
    ({"SAKARK_S3_READ_SECONDS": "lenge"}, "SAKARK_S3_READ_SECONDS må være et tall."),
    ({"SAKARK_S3_READ_SECONDS": "0"}, "SAKARK_S3_READ_SECONDS må være større enn 0."),
    ({"SAKARK_LOG_FORMAT": "xml"}, "SAKARK_LOG_FORMAT må være en av json, text."),
    ({"SAKARK_FIRST_VERSION": "2"}, "SAKARK_FIRST_VERSION må være en av 0, 1."),
    ({"SAKARK_TRUSTED_PROXIES": "ingress"}, "SAKARK_TRUSTED_PROXIES må være adresser eller nett"),
    ({"SAKARK_TRUSTED_PROXIES": "*,10.0.0.1"}, "SAKARK_TRUSTED_PROXIES må være adresser"),
    ({"SAKARK_OPERATOR_ROLE": ""}, "SAKARK_OPERATOR_ROLE kan ikke være tom."),
    ({"SAKARK_DATABASE_URL": "db.example.no"}, "SAKARK_DATABASE_URL må være en adresse som"),
    ({"SAKARK_DATABASE_URL": ""}, "SAKARK_DATABASE_URL må være en adresse som"),
    ({"SAKARK_PUBLIC_URL": "https://arkiv.no/"}, "SAKARK_PUBLIC_URL må være en adresse som"),
    ({"SAKARK_OTLP_ENDPOINT": "collector:4318"}, "SAKARK_OTLP_ENDPOINT må være en adresse som"),
    ({"SAKARK_OPERATOR_ISSUER": "drift"}, "SAKARK_OPERATOR_ISSUER må være utstederens adresse"),
    ({"SAKARK_CLAMD_ADDRESS": "clamd:3310"}, "SAKARK_CLAMD_ADDRESS må være en adresse som unix:"),
    ({"SAKARK_CORS_ORIGINS": "*"}, "SAKARK_CORS_ORIGINS må være opphav som https://navn.no"),
    ({"SAKARK_S3_ACCESS_KEY": "x", "SAKARK_S3_BUCKET": "b"}, "eller ingen av dem."),
    ({"SAKARK_S3_ENDPOINT": "https://s3.no"}, "Objektlageret mangler SAKARK_S3_BUCKET."),
    ({"SAKARK_S3_LOCK": "GOVERNANCE"}, "Objektlageret mangler SAKARK_S3_BUCKET."),
    ({"SAKARK_S3_PRESIGNED_SECONDS": "9"}, "Objektlageret mangler SAKARK_S3_BUCKET."),
    ({"SAKARK_S3_PRESIGNED_SECONDS": "61"}, "SAKARK_S3_PRESIGNED_SECONDS må være høyst 60."),
    ({"SAKARK_S3_ENCRYPTION": "ROT13"}, "SAKARK_S3_ENCRYPTION må være en av AES256, aws:kms."),
    ({"SAKARK_S3_KMS_KEY": "x", "SAKARK_S3_BUCKET": "bbb"}, "SAKARK_S3_KMS_KEY gjelder bare når"),
    ({"SAKARK_S3_BUCKET": "b/b"}, "SAKARK_S3_BUCKET må være navnet på en bøtte"),
    ({"SAKARK_S3_BUCKET": "b-{slug}"}, "SAKARK_S3_BUCKET må være navnet på en bøtte"),
    ({"SAKARK_S3_BUCKET": "{kommune}-{kommune}"}, "SAKARK_S3_BUCKET må være navnet på en bøtte"),
    ({"SAKARK_UPLOAD_LIMIT": "5"}, "SAKARK_BULK_LIMIT kan ikke være større enn"),
    ({"SAKARK_OPERATOR_ISSUER": "https://id.no/"}, "Drift trenger både SAKARK_OPERATOR_ISSUER"),
    ({"SAKARK_DATABASE_LOCK_SECONDS": "31"}, "kan ikke være større enn SAKARK_DATABASE_STATEMENT"),
]


@pytest.mark.parametrize(
    ("environment", "sentence"), WRONG, ids=[next(iter(one)) for one, _ in WRONG]
)
def test_what_is_wrong_is_told(
    environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Invalid) as raised:
        read_settings()

    assert sentence in str(raised.value)


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKARK_PORT", "1")
    monkeypatch.setenv("SAKARK_PROCESSES", "x")

    with pytest.raises(Invalid) as raised:
        read_settings()

    assert str(raised.value).count("\n") == 1


ODD_ADDRESSES = [
    ("SAKARK_DATABASE_URL", "mysql://sakark:hemmelig@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig/x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:1/hemmelig@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig#x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig?x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig@x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig[x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig%x@db/sakark"),
    ("SAKARK_DATABASE_URL", "postgresql://sakark:hemmelig@/sakark"),
    ("SAKARK_DATABASE_OWNER_URL", "postgresql://sakark:hemmelig@db:port/sakark"),
    ("SAKARK_DATABASE_OWNER_URL", "postgresql://sakark:hemmelig@db:99999/sakark"),
    ("SAKARK_S3_ENDPOINT", "https://bruker:hemmelig@s3.no/"),
    ("SAKARK_OPERATOR_ISSUER", "bruker:hemmelig@id.no"),
    ("SAKARK_CORS_ORIGINS", "bruker:hemmelig@spa.no"),
    ("SAKARK_TRUSTED_PROXIES", "bruker:hemmelig@10.0.0.1"),
]


@pytest.mark.parametrize(("name", "value"), ODD_ADDRESSES)
def test_an_odd_address_is_told_of_without_its_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(Invalid) as raised:
        read_settings()

    assert name in str(raised.value)
    assert "hemmelig" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://sakark_app:a%2Fb%40c%3Ad%23e%25@db.example.no:5432/sakark?sslmode=require",
        "postgresql://sakark_app:x:y@[::1]:5432/sakark",
        "postgresql://sakark_app:x@one:5432,two:5433/sakark",
        "postgresql://sakark_app:x@/sakark?host=/var/run/postgresql",
        "postgresql+asyncpg://db/sakark",
    ],
)
def test_a_database_is_found_in_many_ways(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKARK_DATABASE_URL", address)

    assert read_settings().database_url == address


def test_one_of_a_few_numbers_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKARK_FIRST_VERSION", "1")

    assert read_settings().first_version == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [("*", ("*",)), ("10.1.2.3/8, ::1", ("10.0.0.0/8", "::1")), ("", ())],
)
def test_proxies_are_addresses_or_networks(
    written: str, read: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAKARK_TRUSTED_PROXIES", written)

    assert read_settings().trusted_proxies == read
