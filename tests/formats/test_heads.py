"""What the heads of an e-mail say, whatever was written there."""

from datetime import UTC, datetime

import pytest

from sakark_api.formats import Address, read_heads


def test_people_are_read_with_their_names_and_addresses() -> None:
    heads = read_heads(
        {"From": '"Nordmann, Kari" <kari@example.no>', "To": "ola@example.no, Per <per@example.no>"}
    )

    assert heads.sender == Address("Nordmann, Kari", "kari@example.no")
    assert heads.to == (
        Address("ola@example.no", "ola@example.no"),
        Address("Per", "per@example.no"),
    )
    assert [str(one) for one in heads.to] == ["ola@example.no", "Per <per@example.no>"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 01 Jun 2026 10:00:00 +0200", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("2026-06-01T08:00:00", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("2026-06-01T10:00:00+02:00", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("99 Feb 0000", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("i går", None),
        ("", None),
    ],
)
def test_a_date_is_read_when_it_is_one(written: str, moment: datetime | None) -> None:
    assert read_heads({"Date": written}).date == moment


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Søknad\r\n om  carport", "Søknad om carport"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("\udcff\udcfe", None),
        (" \t ", None),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_of_a_head_what_can_be_seen_is_kept(written: str, shown: str | None) -> None:
    assert read_heads({"Subject": written}).subject == shown


def test_an_email_without_heads_says_nothing() -> None:
    heads = read_heads({})

    assert (heads.sender, heads.to, heads.copy, heads.date) == (None, (), (), None)
