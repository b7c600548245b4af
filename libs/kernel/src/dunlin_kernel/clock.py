"""The clock: the only place that reads the time. Rules are given dates; they never ask for them."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)


class FrozenClock:
    """A clock that stands until it is moved; it never runs backwards."""

    def __init__(self, at: datetime) -> None:
        """`at` has a time zone; refuses (ValueError) one without, which would mean the machine's."""
        if at.tzinfo is None:
            raise ValueError("an instant has a time zone")
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, *, days: int = 0, seconds: float = 0) -> datetime:
        """Move forward and return the new time. Refuses (ValueError) to go back."""
        step = timedelta(days=days, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("a clock never runs backwards")
        self._now += step
        return self._now


def date_in(zone: str, instant: datetime) -> date:
    """The calendar date at `instant` in an IANA time zone: what "today" means for a tenant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(zone: str, day: date) -> datetime:
    """The UTC instant at which `day` begins in an IANA time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
