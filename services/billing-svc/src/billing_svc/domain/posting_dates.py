"""Posting dates: the day on which a fact takes effect. Never in a locked period, never before what it rests on, never
where an amount of the past would fall below zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from dunlin_kernel.errors import RuleBroken


class Step(NamedTuple):
    """One ledger entry of an item or credit, in minor units."""

    effective_on: date
    minor: int


@dataclass(frozen=True, slots=True)
class Books:
    """The days on which something may take effect: after `closed_until` (None: nothing is closed), up to `today`."""

    closed_until: date | None
    today: date

    @property
    def first_open_day(self) -> date:
        return self.closed_until + timedelta(days=1) if self.closed_until else date.min

    def open_on(self, day: date) -> date:
        """The day itself. Refuses: effective_in_future, period_locked."""
        if day > self.today:
            raise RuleBroken("effective_in_future", "Nothing takes effect after today.", today=self.today)
        if day < self.first_open_day:
            raise RuleBroken("period_locked", "The books are closed up to a later day.", closed_until=self.closed_until)
        return day

    def day_of(self, wanted: date | None, *, default: date, not_before: date) -> date:
        """The named day if it is allowed, else the first allowed one from `default` on.

        Refuses: effective_too_early, effective_in_future, period_locked.
        """
        if wanted is None:
            wanted = max(default, not_before, self.first_open_day)
        if wanted < not_before:
            raise RuleBroken("effective_too_early", "It would take effect before what it rests on.",
                             earliest=not_before)
        return self.open_on(wanted)


def earliest_day(steps: Iterable[Step], minor: int) -> date:
    """The first day from which on the balance never lies below `minor`: so much may be taken away from then on.

    The steps must sum to at least `minor`, which is above zero.
    """
    by_day: dict[date, int] = {}
    for step in steps:
        by_day[step.effective_on] = by_day.get(step.effective_on, 0) + step.minor
    balance = sum(by_day.values())
    assert balance >= minor > 0, "asked for a day on which there will be enough"
    return next(day for day in sorted(by_day, reverse=True) if (balance := balance - by_day[day]) < minor)
