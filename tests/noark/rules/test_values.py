"""What a valid value is: texts, times, identities, and the standard's data types."""

import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sakark_api.noark.values import (
    NORWAY,
    Kode,
    Number,
    Ref,
    Tekst,
    Tidspunkt,
    dump_value,
    is_blank,
    wire_time,
)
from sakark_api.noark.verdier import (
    Enhetsidentifikator,
    EnkelAdresse,
    Gradering,
    Kassasjon,
    Personidentifikator,
    Skjerming,
)

TEXT: TypeAdapter[str] = TypeAdapter(Tekst)
TIME: TypeAdapter[datetime] = TypeAdapter(Tidspunkt)
REF: TypeAdapter[Any] = TypeAdapter(Ref)
INTEGER: TypeAdapter[int] = TypeAdapter(Number)

# Made up, with right check digits; the months are those of Skatteetaten's synthetic people.
PERSON, OLD_PERSON, D_PERSON = "01817000173", "30894900160", "41817000167"
ORGANISATION = "310000019"


def test_invisible_characters_are_those_of_chapter_12() -> None:
    everything = map(chr, range(sys.maxunicode + 1))

    invisible = {one for one in everything if unicodedata.category(one) in ("Zs", "Cc")}

    assert all(map(is_blank, invisible))
    assert is_blank("".join(sorted(invisible)))
    assert len(invisible) == 65 + 17


@pytest.mark.parametrize(
    "visible", ["a", "\u200b", "\ufeff", "\u2028", "\u2029", "\u180e", "0", "\U0001f4dc"]
)
def test_other_characters_are_visible(visible: str) -> None:
    assert not is_blank(f" {visible}\u3000")


@pytest.mark.parametrize(
    "value", ["", " ", "\t\r\n", "\u00a0\u2003", "\x7f\x9f", "a\x00b", 1, None, b"a"]
)
def test_text_without_visible_characters_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(value)


@pytest.mark.parametrize("value", [" a ", "a\nb", "\u200b", "æøå", "a\x07b"])
def test_text_is_kept_as_it_was_written(value: str) -> None:
    assert TEXT.validate_python(value) == value


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-01-31T12:00:00+01:00", datetime(2026, 1, 31, 11, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00-00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+05:45", datetime(2026, 1, 31, 6, 15, tzinfo=UTC)),
        ("2026-01-31T12:00:00.1+01:00", datetime(2026, 1, 31, 11, 0, 0, 100_000, tzinfo=UTC)),
        ("2026-01-31T12:00:00.1234567Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-01-31T12:00:00.9999999Z", datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC)),
        ("2026-01-31+01:00", datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("2026-01-31Z", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2000-02-29T23:59:59Z", datetime(2000, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("2026-01-31T00:00:00+14:00", datetime(2026, 1, 30, 10, tzinfo=UTC)),
        ("2026-01-31T00:00:00-14:00", datetime(2026, 1, 31, 14, tzinfo=UTC)),
        ("2026-01-31T24:00:00Z", datetime(2026, 2, 1, tzinfo=UTC)),
        ("1814-05-17T12:00:00Z", datetime(1814, 5, 17, 12, tzinfo=UTC)),
    ],
)
def test_time_is_read(written: str, utc: datetime) -> None:
    assert TIME.validate_python(written) == utc


@pytest.mark.krav("TG0-09")
@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T12:00:00",
        "2026-01-31",
        "2026-01-31T12:00+01:00",
        "2026-01-31 12:00:00+01:00",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+01",
        "2026-01-31T12:00:00+15:00",
        "2026-01-31T12:00:00+14:30",
        "2026-01-31T12:00:00-14:01",
        "2026-01-31T12:00:00+01:60",
        "2026-01-31T12:00:00+99:99",
        "2026-01-31T12:00:00.+01:00",
        "2026-01-31T12:00:60Z",
        "2026-01-31T24:00:01Z",
        "2026-01-31T25:00:00Z",
        "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "0000-01-01T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "12026-01-31T12:00:00Z",
        "-2026-01-31T12:00:00Z",
        "20260131T120000Z",
        "2026-W05-6T12:00:00Z",
        "٢٠٢٦-01-31T12:00:00Z",
        "2026-01-31T12:00:00.١Z",
        "2026-01-31T12:00:00+٠١:00",
        "2026-01-31T12:00:00Z\n",
        " 2026-01-31T12:00:00Z",
        "i dag",
        "",
        1_769_857_200,
        1.5,
        True,
        None,
        {},
        [],
    ],
)
def test_other_times_are_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_python(written)


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T12:00:00+01:00",
        "2026-07-31T12:00:00.5+02:00",
        "2026-07-31T12:00:00.123456-09:30",
        "2026-07-31T12:00:00.00012+00:00",
        "1890-01-01T00:00:00+00:43",
    ],
)
def test_time_is_written_as_it_was_read(written: str) -> None:
    assert wire_time(TIME.validate_python(written)) == written


def test_time_of_norway_is_written_with_its_offset() -> None:
    assert wire_time(datetime(2026, 7, 1, 12, tzinfo=NORWAY)) == "2026-07-01T12:00:00+02:00"


def test_offset_is_kept_in_the_value() -> None:
    assert TIME.validate_python("2026-07-01T12:00:00-09:30").utcoffset() == timedelta(hours=-9.5)


@pytest.mark.parametrize(
    "written",
    [
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ],
)
def test_identity_is_read_whatever_its_case(written: str) -> None:
    assert str(REF.validate_python(written)) == "6f9619ff-8b86-d011-b42d-00c04fc964ff"


@pytest.mark.parametrize(
    "written",
    [
        "6f9619ff8b86d011b42d00c04fc964ff",
        "{6f9619ff-8b86-d011-b42d-00c04fc964ff}",
        "urn:uuid:6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "6f9619ff-8b86-d011-b42d-00c04fc964fg",
        "",
        0,
        None,
    ],
)
def test_other_identities_are_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        REF.validate_python(written)


@pytest.mark.krav("TG0-10")
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 1.0, "1", True, None])
def test_numbers_that_are_no_integers_are_refused(number: object) -> None:
    with pytest.raises(ValidationError):
        INTEGER.validate_python(number)


def test_person_has_a_foedselsnummer_or_a_d_nummer() -> None:
    assert Personidentifikator(foedselsnummer=PERSON).foedselsnummer == PERSON
    assert Personidentifikator(foedselsnummer=OLD_PERSON).foedselsnummer == OLD_PERSON
    assert Personidentifikator(d_nummer=D_PERSON).d_nummer == D_PERSON


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"foedselsnummer": PERSON, "dNummer": D_PERSON},
        {"foedselsnummer": D_PERSON},
        {"dNummer": PERSON},
        {"foedselsnummer": PERSON[:-1] + "4"},
        {"foedselsnummer": PERSON[:-2] + "83"},
        {"foedselsnummer": PERSON[:-1]},
        {"foedselsnummer": PERSON + "0"},
        {"foedselsnummer": f"{PERSON[:6]} {PERSON[6:]}"},
        {"foedselsnummer": "٠١٨١٧٠٠٠١٧٣"},
        {"foedselsnummer": "00000000000"},
        {"dNummer": "40000000000"},
        {"foedselsnummer": ""},
    ],
)
def test_other_people_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Personidentifikator.model_validate(given)


def test_organisation_has_a_number_with_a_check_digit() -> None:
    found = Enhetsidentifikator(organisasjonsnummer=ORGANISATION)

    assert found.organisasjonsnummer == ORGANISATION
    assert found.system_id is not None


@pytest.mark.parametrize(
    "number", ["310000018", "31000001", "3100000190", "NO310000019", "000000000", " "]
)
def test_other_organisations_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        Enhetsidentifikator.model_validate({"organisasjonsnummer": number})


VEDTAK = {"kassasjonsvedtak": {"kode": "K"}}


@pytest.mark.parametrize(
    "given",
    [
        {"bevaringstid": 10},
        {"bevaringstid": 0},
        {"kassasjonsdato": "2036-01-01T00:00:00+01:00"},
        {"bevaringstid": 10, "kassasjonsdato": "2036-01-01+01:00"},
    ],
)
def test_kassasjon_has_a_time_or_a_date(given: dict[str, Any]) -> None:
    assert Kassasjon.model_validate({**VEDTAK, **given}).kassasjonsvedtak == Kode(kode="K")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bevaringstid": None},
        {"bevaringstid": -1},
        {"bevaringstid": 10_000},
        {"bevaringstid": "10"},
        {"kassasjonsdato": "2036-01-01"},
    ],
)
def test_kassasjon_without_a_time_or_a_date_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Kassasjon.model_validate({**VEDTAK, **given})


def test_skjerming_needs_something_to_screen() -> None:
    with pytest.raises(ValidationError):
        Skjerming.model_validate({"tilgangsrestriksjon": {"kode": "UO"}, "skjermingMetadata": []})


def test_value_is_written_without_what_is_absent() -> None:
    skjerming = Skjerming.model_validate(
        {"tilgangsrestriksjon": {"kode": "UO"}, "skjermingMetadata": [{"kode": "NPS"}]}
    )

    assert dump_value(skjerming) == {
        "tilgangsrestriksjon": {"kode": "UO"},
        "skjermingMetadata": [{"kode": "NPS"}],
    }


def test_address_is_in_norway_unless_another_country_is_given() -> None:
    assert EnkelAdresse(poststed="MOLDE").landkode.kode == "NO"


@pytest.mark.parametrize(
    "given", [{"kode": "B", "navn": "x"}, {"kodenavn": "B"}, {"kode": ""}, {"kode": 1}, "B", ["B"]]
)
def test_other_codes_are_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        Gradering.model_validate({"graderingskode": given})
