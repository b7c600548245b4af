"""Parts of the calendar that reports are made of: months, quarters and years in a row."""

from datetime import date, timedelta
from enum import StrEnum


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
