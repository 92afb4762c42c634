"""Rows of one moment: lines say what rows say, and pages come ahead of their use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest
from sqlalchemy import ARRAY, Integer, Select, Text, column, func, literal, select
from tests.conftest import Service

from sakark_api.db.snapshot import Snapshot, snapshot

ODD = (
    "plain",
    "",
    "C:\\arkiv\\notat",
    "a\\nb",
    "\\",
    "\\N",
    "two\nlines",
    "tab\tand\rreturn",
    "\b\f\v",
    "\x01\x1f",
    "æøå €",
    "\\\\.\\t",
)


def seen(service: Service, use: Callable[[Snapshot], Awaitable[None]]) -> None:
    async def run() -> None:
        async with snapshot(service.settings, 1) as taken:
            await use(taken)

    asyncio.run(run())


def numbers(count: int) -> Select[tuple[int]]:
    return select(func.generate_series(1, count, type_=Integer()).label("n"))


def test_lines_say_what_the_rows_say(service: Service) -> None:
    texts = (
        func.unnest(literal(list(ODD), ARRAY(Text())))
        .table_valued(column("one", Text()))
        .render_derived()
    )
    pieces: list[bytes] = []

    async def use(taken: Snapshot) -> None:
        assert await taken.lines(select(texts.c.one), pieces.append) == len(ODD)

    seen(service, use)
    assert b"".join(pieces).decode() == "".join(f"{one}\n" for one in ODD)


def test_pieces_of_lines_end_where_lines_do(service: Service) -> None:
    pieces: list[bytes] = []
    given = numbers(20_000).subquery()
    long = func.repeat(literal("x"), 100, type_=Text()).concat(given.c.n)

    async def use(taken: Snapshot) -> None:
        assert await taken.lines(select(long), pieces.append) == 20_000

    seen(service, use)
    assert len(pieces) > 1
    assert all(one.endswith(b"\n") for one in pieces)


@pytest.mark.parametrize("count", [0, 1, 1000, 2500])
def test_pages_that_come_ahead_are_the_same(service: Service, count: int) -> None:
    async def flat(pages: AsyncIterator[list[tuple[int]]]) -> list[int]:
        return [n async for page in pages for (n,) in page]

    async def use(taken: Snapshot) -> None:
        ahead = await flat(taken.pages_ahead(numbers(count)))
        assert ahead == await flat(taken.pages(numbers(count))) == list(range(1, count + 1))

    seen(service, use)


def test_who_stops_in_the_middle_waits_for_nothing(service: Service) -> None:
    async def use(taken: Snapshot) -> None:
        async with aclosing(taken.pages_ahead(numbers(10_000_000))) as pages:
            async for page in pages:
                assert len(page) == 1000
                raise InterruptedError

    with pytest.raises(InterruptedError):
        seen(service, use)
