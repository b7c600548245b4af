"""Posting dates: never in a locked period, never in the future, never where a past amount would fall below zero."""

from datetime import date, timedelta
from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import RuleBroken

DAY = date(2026, 3, 1)
BOOKS = Books(closed_until=date(2026, 1, 31), today=date(2026, 3, 20))


def on(day: int) -> date:
    return DAY + timedelta(days=day)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (date(2026, 3, 21), "effective_in_future"),
        (date(2026, 1, 31), "period_locked"),
        (date(2025, 12, 1), "period_locked"),
    ],
)
def test_days_on_which_nothing_takes_effect(wanted: date, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        BOOKS.open_on(wanted)
    assert refused.value.code == code


@pytest.mark.parametrize("wanted", [date(2026, 2, 1), date(2026, 3, 20)])
def test_the_first_and_the_last_open_day(wanted: date) -> None:
    assert BOOKS.open_on(wanted) == wanted


@pytest.mark.parametrize(
    ("default", "not_before", "found"),
    [
        (date(2026, 3, 5), date(2026, 3, 1), date(2026, 3, 5)),
        (date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 9)),
        (date(2026, 1, 5), date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_without_a_wish_the_first_allowed_day_counts(default: date, not_before: date, found: date) -> None:
    assert BOOKS.day_of(None, default=default, not_before=not_before) == found


def test_a_wish_before_what_it_rests_on_is_refused_with_the_earliest_day() -> None:
    with pytest.raises(RuleBroken) as refused:
        BOOKS.day_of(date(2026, 3, 1), default=DAY, not_before=date(2026, 3, 2))
    assert (refused.value.code, refused.value.facts["earliest"]) == ("effective_too_early", date(2026, 3, 2))


@pytest.mark.parametrize(
    ("steps", "minor", "day"),
    [
        ([(0, 100)], 100, 0),
        ([(0, 100), (5, -40)], 60, 0),
        ([(0, 100), (5, -100), (9, 100)], 100, 9),
        ([(0, 100), (5, -60), (9, 60)], 40, 0),
        ([(0, 100), (5, -60), (9, 60)], 41, 9),
        ([(0, 100), (5, -60), (5, 60)], 100, 0),
    ],
)
def test_the_day_from_which_there_is_always_enough(steps: list[tuple[int, int]], minor: int, day: int) -> None:
    assert earliest_day([Step(on(at), signed) for at, signed in steps], minor) == on(day)


@given(
    moves=st.lists(st.tuples(st.integers(0, 20), st.integers(-50, 50)), min_size=1, max_size=15),
    minor=st.integers(1, 60),
)
def test_taken_away_from_then_on_no_past_balance_falls_below_what_it_was_short_of(
    moves: list[tuple[int, int]],
    minor: int,
) -> None:
    by_day = [sum(signed for at, signed in moves if at == day) for day in range(21)]
    balances = list(accumulate(by_day))
    assume(balances[-1] >= minor)
    found = (earliest_day([Step(on(at), signed) for at, signed in moves], minor) - DAY).days
    assert min(balances[found:]) >= minor
    earlier = [day for day, _ in moves if day < found]
    assert all(min(balances[day:]) < minor for day in earlier)
