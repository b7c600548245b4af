"""The clock, and what "today" means in a tenant's zone, also on the days the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.clock import FrozenClock, SystemClock, date_in, start_of_day

ZONES = (
    "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu",
    "Pacific/Kiritimati", "Africa/Cairo",
)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Asia/Shanghai", datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC), date(2026, 1, 5)),
        ("Asia/Shanghai", datetime(2026, 1, 5, 16, 0, tzinfo=UTC), date(2026, 1, 6)),
        ("America/New_York", datetime(2026, 3, 1, 4, 59, tzinfo=UTC), date(2026, 2, 28)),
        ("Pacific/Kiritimati", datetime(2024, 2, 28, 10, 0, tzinfo=UTC), date(2024, 2, 29)),
        ("UTC", datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), date(2025, 12, 31)),
    ],
)
def test_today_is_the_date_in_the_zone(zone: str, instant: datetime, day: date) -> None:
    assert date_in(zone, instant) == day


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC), 23),  # this day has no midnight
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),  # and this one two
        ("Asia/Shanghai", date(2026, 3, 29), datetime(2026, 3, 28, 16, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_once_and_is_as_long_as_its_zone_makes_it(
    zone: str, day: date, begins: datetime, hours: int
) -> None:
    assert start_of_day(zone, day) == begins
    assert start_of_day(zone, day + timedelta(days=1)) - begins == timedelta(hours=hours)


def test_a_day_that_a_zone_left_out_begins_with_the_next_one() -> None:
    assert start_of_day("Pacific/Apia", date(2011, 12, 30)) == start_of_day("Pacific/Apia", date(2011, 12, 31))


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2099, 12, 30)))
def test_the_turn_of_the_day_is_where_the_date_changes(zone: str, day: date) -> None:
    begins = start_of_day(zone, day)
    assert begins.tzinfo is UTC
    assert date_in(zone, begins) == day
    assert date_in(zone, begins - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_a_frozen_clock_stands_and_only_goes_forward() -> None:
    clock = FrozenClock(datetime.fromisoformat("2024-02-28T08:00:00+08:00"))
    assert clock.now() == datetime(2024, 2, 28, 0, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.advance(days=1) == clock.now() == datetime(2024, 2, 29, 0, 0, tzinfo=UTC)
    assert clock.advance(seconds=0.5) == datetime(2024, 2, 29, 0, 0, 0, 500000, tzinfo=UTC)
    for back in ({"days": -1}, {"seconds": -0.1}):
        with pytest.raises(ValueError, match="backwards"):
            clock.advance(**back)
    assert clock.advance() == datetime(2024, 2, 29, 0, 0, 0, 500000, tzinfo=UTC)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FrozenClock(datetime(2026, 1, 5))  # noqa: DTZ001


def test_the_system_clock_reads_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
