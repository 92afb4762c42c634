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
    ({"SAKARK_LOG_FORMAT": "xml"}, "SAKARK_LOG_FORMAT har en verdi som ikke finnes."),
    ({"SAKARK_OPERATOR_ROLE": ""}, "SAKARK_OPERATOR_ROLE kan ikke være tom."),
    ({"SAKARK_DATABASE_URL": "db.example.no"}, "SAKARK_DATABASE_URL må være en adresse som"),
    ({"SAKARK_DATABASE_URL": ""}, "SAKARK_DATABASE_URL må være en adresse som"),
    ({"SAKARK_PUBLIC_URL": "https://arkiv.no/"}, "SAKARK_PUBLIC_URL må være en adresse som"),
    ({"SAKARK_OTLP_ENDPOINT": "collector:4318"}, "SAKARK_OTLP_ENDPOINT må være en adresse som"),
    ({"SAKARK_OPERATOR_ISSUER": "drift"}, "SAKARK_OPERATOR_ISSUER må være utstederens adresse"),
    ({"SAKARK_CORS_ORIGINS": "*"}, "SAKARK_CORS_ORIGINS må være opphav som https://navn.no"),
    ({"SAKARK_S3_ACCESS_KEY": "x", "SAKARK_S3_BUCKET": "b"}, "eller ingen av dem."),
    ({"SAKARK_S3_ENDPOINT": "https://s3.no"}, "Objektlageret mangler SAKARK_S3_BUCKET."),
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


def test_a_secret_is_never_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKARK_DATABASE_URL", "mysql://sakark:hemmelig@db/sakark")

    with pytest.raises(Invalid) as raised:
        read_settings()

    assert "hemmelig" not in str(raised.value)
