"""Dates of the trade: due dates from terms, end of month, business days, days between."""

from calendar import monthrange
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta

from dunlin_kernel.errors import RuleBroken

MAX_DUE_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Terms:
    """When an invoice is due: `due_days` after issue, or after the end of the month of issue."""

    due_days: int
    end_of_month: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.due_days <= MAX_DUE_DAYS:
            raise RuleBroken("bad_terms", f"Terms have between 0 and {MAX_DUE_DAYS} days.")


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def due_on(issued_on: date, terms: Terms) -> date:
    """The due date of an invoice: issue date (or its month's end) plus the days of the terms.

    Refuses: date_out_of_range, when it would lie beyond the year 9999.
    """
    start = end_of_month(issued_on) if terms.end_of_month else issued_on
    if (date.max - start).days < terms.due_days:
        raise RuleBroken("date_out_of_range", "The due date would lie beyond the year 9999.")
    return start + timedelta(days=terms.due_days)


def days_after(day: date, days: int) -> date:
    """The date so many days later (earlier, where negative); the last or first one there is, beyond these."""
    held = max((date.min - day).days, min(days, (date.max - day).days))
    return day + timedelta(days=held)


def days_between(earlier: date, later: date) -> int:
    """Calendar days from one date to another; negative when the second lies before the first."""
    return (later - earlier).days


def is_business_day(day: date, holidays: Set[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def next_business_day(day: date, holidays: Set[date]) -> date:
    """`day` itself when it is a business day, else the first one after it."""
    while not is_business_day(day, holidays):
        day += timedelta(days=1)
    return day
