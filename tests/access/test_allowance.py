"""How often somebody may come, by a clock of our own."""

import pytest

from sakark_api.access.allowance import BURST_SECONDS, Allowance, network_of
from sakark_api.errors import TooMany

AT_ONCE = int(BURST_SECONDS * 2) + 1


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    """Two a second."""
    return Allowance("caller", 2, clock, remembered=100)


def admitted(allowance: Allowance, who: str, tries: int) -> int:
    """Count how many of so many tries are let in."""

    def tried() -> bool:
        try:
            allowance.admit(who)
        except TooMany:
            return False
        return True

    return sum(tried() for _ in range(tries))


def test_ten_seconds_worth_may_come_at_once(allowance: Allowance) -> None:
    assert admitted(allowance, "a", 100) == AT_ONCE


def test_whoever_waits_may_come_again(allowance: Allowance, clock: Clock) -> None:
    admitted(allowance, "a", 100)

    clock.now += 3

    assert admitted(allowance, "a", 100) == 6


def test_nobody_pays_for_another(allowance: Allowance) -> None:
    admitted(allowance, "a", 100)

    assert admitted(allowance, "b", 5) == 5


def test_it_says_how_long_to_wait(allowance: Allowance, clock: Clock) -> None:
    admitted(allowance, "a", 100)
    with pytest.raises(TooMany) as refused:
        allowance.admit("a")

    wait = int(refused.value.facts["retry-after"])
    clock.now += wait

    assert wait == 1
    assert admitted(allowance, "a", 1) == 1


def test_what_is_refused_does_not_lengthen_the_wait(allowance: Allowance, clock: Clock) -> None:
    admitted(allowance, "a", 10_000)

    clock.now += 1

    assert admitted(allowance, "a", 1) == 1


def test_nothing_is_counted_without_a_limit() -> None:
    allowance = Allowance("caller", 0)

    assert admitted(allowance, "a", 1000) == 1000


def test_it_keeps_only_so_many(allowance: Allowance, clock: Clock) -> None:
    for number in range(1000):
        allowance.count(number)
        clock.now += 1

    assert len(allowance._paid_at) <= 101


def test_more_callers_than_can_be_kept_are_let_in(allowance: Allowance) -> None:
    let_in = [admitted(allowance, str(number), 1) for number in range(1000)]

    assert sum(let_in) == 1000
    assert len(allowance._paid_at) <= 101


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_one_customer_is_counted_as_one(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("192.0.2.1", "192.0.2.2"),
        ("a:b", "a:c"),
    ],
)
def test_two_customers_are_counted_as_two(one: str, other: str) -> None:
    assert network_of(one) != network_of(other)
