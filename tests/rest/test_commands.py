"""How changes are told from what was there: merge patches, differences, offsets, validators."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from starlette.requests import Request

from sakark_api.errors import Invalid, NotAcceptable, Stale, Unsupported, UnsupportedMediaType
from sakark_api.noark.values import Kode
from sakark_api.noark.verdier import Gradering, Personidentifikator
from sakark_api.rest.etag import etag, is_current, refuse_stale
from sakark_api.rest.links import Link, render
from sakark_api.rest.media_types import (
    MERGE_PATCH,
    NOARK,
    accepts,
    refuse_other_content,
    refuse_unacceptable,
)
from sakark_api.rest.paging import LARGEST_PAGE, next_query, parse_query
from sakark_api.rest.patches import differs, merge_patch, parse_patch, to_json
from sakark_api.rest.schema import foreign_offset


def request(**headers: str) -> Request:
    return Request(
        {
            "type": "http",
            "headers": [
                (name.replace("_", "-").encode(), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
    )


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_does_what_rfc_7396_shows(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


def test_merge_patch_leaves_its_target_alone() -> None:
    target = {"a": {"b": 1}}

    merge_patch(target, {"a": {"b": None}, "c": 2})

    assert target == {"a": {"b": 1}}


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_patch_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        parse_patch(data)


B = Kode(kode="B", kodenavn="Begrenset")
GRADED = Gradering(
    graderingskode=B, gradert_av="Ola", graderingsdato=datetime(2026, 1, 1, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a", "a"),
        (None, None),
        (B, Kode(kode="B")),
        (B, B),
        (GRADED, Gradering(graderingskode=Kode(kode="B"))),
        ([B], (Kode(kode="B"),)),
        (["a", "b"], ["a", "b"]),
        (
            datetime.fromisoformat("2026-07-01T12:00:00+02:00"),
            datetime.fromisoformat("2026-07-01T10:00:00+00:00"),
        ),
        (
            (Personidentifikator(foedselsnummer="01817000173"),),
            [Personidentifikator(foedselsnummer="01817000173")],
        ),
    ],
)
def test_same_values_do_not_differ(before: Any, after: Any) -> None:
    assert not differs(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a", "b"),
        ("a", None),
        (None, "a"),
        (B, Kode(kode="K")),
        (B, Kode(kode="B", kodenavn="Noe annet")),
        (GRADED, Gradering(graderingskode=B, gradert_av="Kari")),
        (GRADED, None),
        (None, GRADED),
        (["a"], ["a", "b"]),
        (["a", "b"], ["b", "a"]),
        ([B], ()),
    ],
)
def test_other_values_differ(before: Any, after: Any) -> None:
    assert differs(before, after)


def test_values_are_written_as_on_the_wire() -> None:
    identity = uuid4()

    assert to_json(identity) == str(identity)
    assert to_json((B,)) == [{"kode": "B", "kodenavn": "Begrenset"}]
    assert to_json(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"
    assert to_json(7) == 7


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("2026-01-01T12:00:00+01:00", None),
        ("2026-07-01T12:00:00+02:00", None),
        ("2026-07-01T12:00:00+01:00", 60),
        ("2026-01-01T12:00:00+02:00", 120),
        ("2026-01-01T12:00:00+00:00", 0),
        ("2026-01-01T12:00:00-09:30", -570),
        ("2026-01-01T12:00:00+14:00", 840),
        # The hour that comes twice in October has either offset.
        ("2026-10-25T02:30:00+02:00", None),
        ("2026-10-25T02:30:00+01:00", None),
    ],
)
def test_offsets_other_than_norways_are_foreign(written: str, minutes: int | None) -> None:
    assert foreign_offset(datetime.fromisoformat(written)) == minutes


TAG = etag(7, "abcd")


def test_etag_is_strong_and_of_version_and_links() -> None:
    assert TAG == '"7.abcd"'
    assert len({etag(7, "a"), etag(8, "a"), etag(7, "b")}) == 3


@pytest.mark.parametrize("header", [TAG, f'"x", {TAG}', f"W/{TAG}", "*", f'W/"1",{TAG}'])
def test_known_representation_is_current(header: str) -> None:
    assert is_current(request(if_none_match=header), TAG)


@pytest.mark.parametrize("header", ['"8.abcd"', '"7.abce"', "7.abcd", "", '"7.abcd'])
def test_other_representation_is_not_current(header: str) -> None:
    assert not is_current(request(if_none_match=header), TAG)


@pytest.mark.parametrize("name", ["if_match", "etag"])
@pytest.mark.parametrize("header", [TAG, "*", f'"3.x", {TAG}', '"7.andrelenker"', f"W/{TAG}"])
def test_validator_of_the_version_there_is_will_do(name: str, header: str) -> None:
    refuse_stale(request(**{name: header}), 7, required=True)


@pytest.mark.parametrize("header", ['"6.abcd"', '"77.abcd"', '"tull"', '""', '"-7"', '"07.abcd"'])
def test_other_validator_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        refuse_stale(request(if_match=header), 7, required=False)


def test_validator_is_demanded_where_required() -> None:
    refuse_stale(request(), 7, required=False)

    with pytest.raises(Invalid):
        refuse_stale(request(), 7, required=True)


@pytest.mark.parametrize(
    "content_type",
    [
        NOARK,
        f"{NOARK}; charset=utf-8",
        f'{NOARK};charset="UTF-8"',
        "Application/VND.Noark5+JSON",
        f"{NOARK} ; profile=x",
    ],
)
def test_noark_content_is_taken(content_type: str) -> None:
    refuse_other_content(request(content_type=content_type), NOARK)


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", MERGE_PATCH, "text/plain", f"{NOARK}x", f"{NOARK}; charset=latin-1"],
)
def test_other_content_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        refuse_other_content(request(content_type=content_type), NOARK)


@pytest.mark.parametrize(
    "accept",
    [
        NOARK,
        "*/*",
        "application/*",
        "application/json",
        f"text/html, {NOARK};q=0.1",
        "text/html,*/*;q=0.8",
        "APPLICATION/JSON",
    ],
)
def test_those_who_accept_us_are_answered(accept: str) -> None:
    refuse_unacceptable(request(accept=accept))
    refuse_unacceptable(request())


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/xml", "*/*;q=0", f"{NOARK};q=0", f"{NOARK}x"]
)
def test_those_who_do_not_are_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        refuse_unacceptable(request(accept=accept))


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/*", "text/x, */*;q=0.1"])
def test_download_is_accepted(accept: str) -> None:
    assert accepts(accept, "application/pdf")


@pytest.mark.parametrize("accept", ["image/png", "text/*", "application/pdf;q=0"])
def test_download_is_not_accepted(accept: str) -> None:
    assert not accepts(accept, "application/pdf")


def test_query_of_a_list_is_read() -> None:
    asked = parse_query(
        "$filter=tittel%20eq%20%27a%2Bb%27&$orderby=tittel%20desc&$top=5&$skip=10&$count=true"
    )

    assert (asked.top, asked.skip) == (5, 10)
    assert asked.filter is not None
    assert len(asked.orders) == 1


@pytest.mark.parametrize(
    ("query", "top"), [("", None), ("$top=0", 0), ("$top=99999", LARGEST_PAGE)]
)
def test_top_is_the_clients_up_to_a_limit(query: str, top: int | None) -> None:
    assert parse_query(query).top == top


@pytest.mark.parametrize(
    "query",
    [
        "$top=-1",
        "$skip=-1",
        "$top=",
        "$top=a",
        "$top=1.5",
        "$top=1&$top=2",
        "$skip=%D9%A1",
        "$top=%C2%B2",
        "top=5",
        "filter=x",
        "$filter=",
        "$orderby=",
        "$filter=tittel eq",
        "$skip=" + "9" * 30,
        "$search=" + "x" * 30_000,
    ],
)
def test_query_that_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(Invalid):
        parse_query(query)


@pytest.mark.parametrize("query", ["$compute=x", "$apply=x", "$format=xml", "$expand=part($top=1)"])
def test_query_that_is_not_offered_is_said_to_be_so(query: str) -> None:
    with pytest.raises(Unsupported):
        parse_query(query)


@pytest.mark.parametrize(
    ("query", "skip", "top", "following"),
    [
        ("", 100, None, "$skip=100"),
        ("$skip=0", 100, None, "$skip=100"),
        ("$top=5", 5, 5, "$skip=5&$top=5"),
        (
            "$filter=tittel%20eq%20%27a%2Bb%26c%27&$orderby=tittel%20desc",
            1,
            None,
            "$filter=tittel%20eq%20'a%2Bb%26c'&$orderby=tittel%20desc&$skip=1",
        ),
    ],
)
def test_next_page_asks_the_same_further_on(
    query: str, skip: int, top: int | None, following: str
) -> None:
    assert next_query(query, skip, top) == following


def test_links_are_an_object_in_ascii_order() -> None:
    links = [Link("self", "/a"), Link("next", "/c"), Link("https://x/", "/b", templated=True)]

    assert render(links) == (
        b'{"https://x/":{"href":"/b","templated":true},"next":{"href":"/c"},"self":{"href":"/a"}}'
    )
