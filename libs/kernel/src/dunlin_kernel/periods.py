"""Parts of the calendar that reports are made of: months, quarters and years in a row."""

from datetime import date, timedelta
from enum import StrEnum

from dunlin_kernel.errors import RuleBroken


class KpiPeriod(StrEnum):
    """A part of the calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def first_day_of(period: KpiPeriod, day: date) -> date:
    """The day on which the month, quarter or year of this day begins."""
    first_month = {KpiPeriod.MONTH: day.month, KpiPeriod.QUARTER: 3 * ((day.month - 1) // 3) + 1, KpiPeriod.YEAR: 1}
    return date(day.year, first_month[period], 1)


def periods_until(period: KpiPeriod, day: date, count: int) -> list[tuple[date, date]]:
    """So many periods in a row, the earliest first; the last one ends on this day."""
    found, end = [], day
    for _ in range(count):
        start = first_day_of(period, end)
        found.append((start, end))
        end = start - timedelta(days=1)
    return found[::-1]


def in_order(first: date, last: date) -> None:
    """Refuses: period_reversed."""
    if first > last:
        raise RuleBroken("period_reversed", "A period ends no earlier than it begins.")


def periods_asked(period: KpiPeriod, first: date | None, last: date, count: int) -> list[tuple[date, date]]:
    """The one period from `first` on, where that is given; else so many in a row. Refuses: period_reversed."""
    if first is None:
        return periods_until(period, last, count)
    in_order(first, last)
    return [(first, last)]
