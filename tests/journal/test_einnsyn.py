"""What eInnsyn is given: what is public, in its shape, with names for the year that it has them."""

import json
from typing import Any

import pytest
from tests.conftest import Service
from tests.journal.conftest import CLOSED, KOMMUNE, MASK, Desk, a_word, screened
from tests.noark.conftest import part
from typer.testing import CliRunner, Result

from sakark_api.cli import app


@pytest.fixture
def _at_the_database(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKARK_DATABASE_URL", str(service.settings.database_url))


def einnsyn(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["journal", "einnsyn", *arguments])


def line_of(entry: Any, day: str) -> Any:
    done = einnsyn("--kommune", KOMMUNE, "--fra", day, "--til", day)
    assert done.exit_code == 0, done.output
    lines = [json.loads(one) for one in done.stdout.splitlines()]
    (found,) = (one for one in lines if one["journalpost"]["systemId"] == entry["systemID"])
    return found


@pytest.mark.usefixtures("_at_the_database")
def test_an_entry_is_given_with_its_case(desk: Desk) -> None:
    name, day = a_word(), "2026-04-08"
    case = desk.sak(tittel=f"Sak om {name}")
    made = desk.letter(
        case,
        tittel=f"Brev fra {name}",
        journaldato=f"{day}T12:00:00+02:00",
        korrespondansepartperson=[part(name, "EA"), part("Kopi", "EK")],
    )

    line = line_of(made, day)

    assert line["saksmappe"]["systemId"] == case["systemID"]
    assert line["saksmappe"]["offentligTittelSensitiv"] == f"Sak om {name}"
    assert line["journalpost"]["journalposttype"] == "inngaaende_dokument"
    assert line["journalpost"]["journaldato"] == day
    assert line["journalpost"]["offentligTittel"] == f"Brev fra {MASK}"
    assert line["journalpost"]["offentligTittelSensitiv"] == f"Brev fra {name}"
    assert line["journalpost"]["korrespondansepart"] == [
        {
            "korrespondanseparttype": "avsender",
            "korrespondansepartNavn": MASK,
            "korrespondansepartNavnSensitiv": name,
        }
    ]


@pytest.mark.usefixtures("_at_the_database")
def test_what_is_screened_is_not_given_as_sensitive_either(desk: Desk) -> None:
    word, day = a_word(), "2026-04-09"
    made = desk.letter(
        desk.sak(tittel=word, **screened("TMO")),
        tittel=word,
        journaldato=f"{day}T12:00:00+02:00",
        korrespondansepartperson=[part(word, "EA")],
        **screened("TRO", "NA"),
    )

    line = line_of(made, day)

    assert word not in json.dumps(line)
    assert line["journalpost"]["skjerming"]["skjermingshjemmel"] == "Offl. § 13"


@pytest.mark.usefixtures("_at_the_database")
def test_of_a_kommune_without_a_public_journal_nothing_is_given() -> None:
    done = einnsyn("--kommune", CLOSED)

    assert done.exit_code == 1
    assert done.stdout == ""
