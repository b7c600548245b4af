"""Due dates of the trade, over months' ends and leap days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.calendar import (
    MAX_DUE_DAYS,
    Terms,
    days_after,
    days_between,
    due_on,
    end_of_month,
    is_business_day,
    next_business_day,
)
from dunlin_kernel.errors import RuleBroken

days = st.dates(date(1990, 1, 1), date(2200, 12, 31))
terms = st.builds(Terms, st.integers(0, MAX_DUE_DAYS), st.booleans())


@pytest.mark.parametrize(
    ("issued", "due_days", "eom", "due"),
    [
        (date(2026, 1, 5), 30, False, date(2026, 2, 4)),
        (date(2026, 1, 31), 30, False, date(2026, 3, 2)),
        (date(2024, 1, 30), 30, False, date(2024, 2, 29)),
        (date(2024, 2, 29), 365, False, date(2025, 2, 28)),
        (date(2026, 1, 5), 0, False, date(2026, 1, 5)),
        (date(2026, 1, 5), 0, True, date(2026, 1, 31)),
        (date(2026, 1, 31), 15, True, date(2026, 2, 15)),
        (date(2024, 2, 1), 30, True, date(2024, 3, 30)),
        (date(2025, 2, 1), 30, True, date(2025, 3, 30)),
        (date(2025, 12, 31), 60, True, date(2026, 3, 1)),
    ],
)
def test_an_invoice_is_due_as_its_terms_say(issued: date, due_days: int, eom: bool, due: date) -> None:
    assert due_on(issued, Terms(due_days, eom)) == due


@given(days, terms)
def test_nothing_is_due_before_it_is_issued(issued: date, agreed: Terms) -> None:
    due = due_on(issued, agreed)
    assert days_between(issued, due) >= agreed.due_days
    assert due == due_on(issued, Terms(0, agreed.end_of_month)) + timedelta(days=agreed.due_days)


@given(days)
def test_a_month_ends_on_the_day_before_the_next_first(day: date) -> None:
    last = end_of_month(day)
    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(days=1)).day == 1


@pytest.mark.parametrize("due_days", [-1, MAX_DUE_DAYS + 1])
def test_terms_out_of_range_are_refused(due_days: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        Terms(due_days)
    assert refused.value.code == "bad_terms"


def test_a_due_date_beyond_the_calendar_is_refused() -> None:
    assert due_on(date(9999, 12, 1), Terms(30)) == date.max
    with pytest.raises(RuleBroken) as refused:
        due_on(date(9999, 12, 2), Terms(30))
    assert refused.value.code == "date_out_of_range"


@given(days, days)
def test_days_between_counts_both_ways(one: date, two: date) -> None:
    assert days_between(one, two) == -days_between(two, one)
    assert one + timedelta(days=days_between(one, two)) == two


def test_days_between_crosses_a_leap_day() -> None:
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == 2
    assert days_between(date(2026, 2, 28), date(2026, 3, 1)) == 1


@pytest.mark.parametrize(
    ("day", "business", "following"),
    [
        (date(2026, 2, 13), True, date(2026, 2, 13)),  # a Friday
        (date(2026, 2, 14), False, date(2026, 2, 24)),  # the Saturday before the Spring Festival holidays
        (date(2026, 2, 17), False, date(2026, 2, 24)),
        (date(2026, 2, 24), True, date(2026, 2, 24)),
    ],
)
def test_a_business_day_is_no_weekend_and_no_holiday(day: date, business: bool, following: date) -> None:
    holidays = {date(2026, 2, 16) + timedelta(days=n) for n in range(8)}
    assert is_business_day(day, holidays) is business
    assert next_business_day(day, holidays) == following


@given(days, st.frozensets(days, max_size=5))
def test_the_next_business_day_is_the_first_one_from_there(day: date, holidays: frozenset[date]) -> None:
    found = next_business_day(day, holidays)
    assert is_business_day(found, holidays)
    skipped = [day + timedelta(days=n) for n in range(days_between(day, found))]
    assert not any(is_business_day(one, holidays) for one in skipped)


@given(st.dates(), st.integers(-5_000_000, 5_000_000))
def test_days_after_stay_within_the_calendar(day: date, days: int) -> None:
    later = days_after(day, days)
    inside = (date.min - day).days <= days <= (date.max - day).days
    assert later == (day + timedelta(days=days) if inside else date.max if days > 0 else date.min)
