from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from tests.rest.odata.sample import DIALECT, FIELDS, parameters, sql

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.odata import compile_filter, ordering, parse_filter, parse_orderby

ESCAPED = "regexp_replace($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::VARCHAR)"
SOUGHT = "CASE WHEN (char_length(omtale) <= 1000) THEN omtale END"
LOCAL = "timezone($1::VARCHAR, dato)"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("tittel eq 'x'", "tittel = $1::VARCHAR"),
        ("ppt-v1:omtale eq 'x'", "omtale = $1::VARCHAR"),
        ("tittel ne 'x'", "tittel IS DISTINCT FROM $1::VARCHAR"),
        ("tittel eq omtale", "tittel IS NOT DISTINCT FROM omtale"),
        ("aar eq null", "aar IS NULL"),
        ("null ne aar", "aar IS NOT NULL"),
        ("aar lt null", "false"),
        ("aar le 5", "aar <= $1::BIGINT"),
        ("aar gt 5.5", "aar > $1::NUMERIC"),
        ("beloep ge aar", "beloep >= aar"),
        ("dato lt 2017-02-15", "dato < $1::TIMESTAMP WITH TIME ZONE"),
        ("systemID eq '0'", "id = $1::UUID"),
        ("utlaant", "utlaant"),
        ("true", "$1::BOOLEAN"),
        ("not utlaant", "utlaant IS NOT true"),
        ("not (aar eq 1)", "(aar = $1::BIGINT) IS NOT true"),
        ("not (aar eq 1 or utlaant)", "(aar = $1::BIGINT OR utlaant) IS NOT true"),
        ("(aar eq 1 or utlaant) and utlaant", "(aar = $1::BIGINT OR utlaant) AND utlaant"),
        ("aar in (1,2)", "aar IN ($1::BIGINT, $2::BIGINT)"),
        ("aar in (1,null)", "aar IN ($1::BIGINT) OR aar IS NULL"),
        ("aar in (null)", "aar IS NULL"),
        ("contains(tittel,'x')", f"tittel LIKE '%' || {ESCAPED} || '%'"),
        ("startswith(tittel,'x')", f"tittel LIKE {ESCAPED} || '%'"),
        ("endswith(tittel,'x')", f"tittel LIKE '%' || {ESCAPED}"),
        ("tolower(trim(tittel)) eq 'x'", "lower(trim(tittel)) = $1::VARCHAR"),
        ("concat(tittel,omtale) eq 'x'", "(tittel || omtale) = $1::VARCHAR"),
        ("length(tittel) eq 3", "char_length(tittel) = $1::BIGINT"),
        ("indexof(tittel,'x') eq 3", "strpos(tittel, $1::VARCHAR) - $2::INTEGER = $3::BIGINT"),
        ("indexof(tittel,omtale) eq 3", f"strpos(tittel, {SOUGHT}) - $1::INTEGER = $2::BIGINT"),
        ("year(dato) eq 2017", f"floor(EXTRACT(year FROM {LOCAL})) = $2::BIGINT"),
        ("date(dato) eq 2017-02-15", f"CAST({LOCAL} AS DATE) = $2::DATE"),
    ],
)
def test_query_becomes_sql(source: str, expected: str) -> None:
    assert sql(source) == expected


def test_text_from_a_query_never_reaches_the_sql() -> None:
    hostile = sql("tittel eq '''; drop table post; --%_' or contains(tittel,'$1 :p0 %(p0)s')")

    assert hostile == sql("tittel eq 'x' or contains(tittel,'y')")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("tittel eq 'x'", "x"),
        ("tittel eq '50%_'", "50%_"),
        ("aar eq 5", 5),
        ("beloep eq 5", Decimal(5)),
        ("dato ge 2017-02-15", datetime(2017, 2, 14, 23, tzinfo=UTC)),
        ("dato ge 2017-07-15", datetime(2017, 7, 14, 22, tzinfo=UTC)),
        ("dato ge 2017-07-15+05:00", datetime(2017, 7, 14, 19, tzinfo=UTC)),
        ("dato ge 2017-07-15T12:00:00Z", datetime(2017, 7, 15, 12, tzinfo=UTC)),
        ("date(dato) eq 2017-07-15", date(2017, 7, 15)),
        ("date(dato) eq 2017-07-15+05:00", date(2017, 7, 15)),
        (
            "systemID eq 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ),
        (
            "systemID eq A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11",
            UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ),
    ],
)
def test_value_is_bound_as_the_field_holds_it(source: str, value: object) -> None:
    bound = parameters(source)

    assert bound == {"p0": value}
    assert type(bound["p0"]) is type(value)


def test_null_takes_a_place_and_is_not_bound() -> None:
    assert parameters("aar eq null or aar in (1,null) or null eq tittel or aar eq 2") == {
        "p1": 1,
        "p4": 2,
    }


def test_one_compiled_filter_serves_other_values() -> None:
    compiled = compile_filter(parse_filter("systemID eq '0' and aar eq 1").tree, FIELDS)

    bound = compiled.binding.parameters(("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 2))

    assert bound == {"p0": UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "p1": 2}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("tittel eq 1", "«tittel» krever tekst"),
        ("tittel eq 2017-02-15", "«tittel» krever tekst"),
        ("tittel gt aar", "«tittel» krever tekst"),
        ("aar eq '1'", "«aar» krever et heltall"),
        ("aar in (1,'1')", "«aar» krever et heltall"),
        ("beloep eq true", "«beloep» krever et tall"),
        ("dato eq '2017-02-15'", "«dato» krever et tidspunkt"),
        ("date(dato) eq 2017-02-15T10:00:00Z", r"«date\(\)» krever en dato"),
        ("utlaant eq 'true'", "«utlaant» krever true eller false"),
        ("systemID eq 1", "«systemID» krever en UUID"),
        ("contains(aar,'1')", r"«contains\(\)» krever tekst"),
        ("contains(tittel,null)", r"«contains\(\)» krever tekst"),
        ("substring(tittel,'1') eq 'x'", r"«substring\(\)» krever"),
        ("year(tittel) eq 2017", r"«year\(\)» krever et tidspunkt"),
        ("not tittel", "«tittel» må sammenlignes"),
        ("aar eq 1 and length(tittel)", r"«length\(\)» må sammenlignes"),
        ("null", "krever true eller false"),
        ("'x' or utlaant", "krever true eller false"),
        ("finnes/ikke eq 1", "finnes/ikke finnes ikke"),
        ("noekkelord eq 'x'", "«noekkelord» krever any eller all"),
        ("contains(noekkelord,'x')", "«noekkelord» krever any eller all"),
        ("noekkelord eq null", "«noekkelord» krever any eller all"),
        ("verdi eq 'x'", "«verdi» krever et felt i verdien"),
        ("verdi eq verdi", "«verdi» krever et felt i verdien"),
    ],
)
def test_kinds_that_do_not_fit_are_named(source: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        sql(source)


@pytest.mark.parametrize(
    "source",
    [
        "systemID eq 'rot'",
        "systemID eq 'a0eebc999c0b4ef8bb6d6bb9bd380a11'",
        "systemID eq 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1_'",
        "dato gt 0001-01-01",
    ],
)
def test_value_that_cannot_be_bound_is_invalid(source: str) -> None:
    with pytest.raises(Invalid, match=r"UUID|dato i vår tid"):
        parameters(source)


@pytest.mark.parametrize("source", ["merknad/any(m: m/x eq 'B')", "merknad/all(m: m/x eq 'B')"])
def test_flat_fields_have_no_lists(source: str) -> None:
    with pytest.raises(Unsupported, match="merknad kan ikke brukes med any og all"):
        sql(source)


def test_values_have_no_order() -> None:
    with pytest.raises(Invalid, match="«verdi» krever"):
        ordering(parse_orderby("verdi"), FIELDS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("omtale", "post.omtale ASC NULLS FIRST"),
        ("omtale desc", "post.omtale DESC NULLS LAST"),
        ("tittel desc", "post.tittel DESC"),
        ("length(omtale)", "char_length(post.omtale) ASC NULLS FIRST"),
    ],
)
def test_null_is_ordered_before_every_value(source: str, expected: str) -> None:
    [ordered] = ordering(parse_orderby(source), FIELDS)

    assert str(ordered.compile(dialect=DIALECT)) == expected


def test_orders_keep_their_order() -> None:
    ordered = ordering(parse_orderby("tittel,aar desc,tittel"), FIELDS)

    assert [str(each) for each in ordered] == [
        "post.tittel ASC",
        "post.aar DESC NULLS LAST",
        "post.tittel ASC",
    ]
