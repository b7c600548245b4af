"""Which months, quarters and years the calendar has."""

from datetime import date

import pytest

from dunlin_kernel.periods import KpiPeriod, first_day_of, periods_until


@pytest.mark.parametrize(
    ("period", "day", "begins"),
    [(KpiPeriod.MONTH, date(2026, 2, 28), date(2026, 2, 1)), (KpiPeriod.QUARTER, date(2026, 5, 31), date(2026, 4, 1)),
     (KpiPeriod.QUARTER, date(2026, 12, 31), date(2026, 10, 1)), (KpiPeriod.YEAR, date(2024, 2, 29), date(2024, 1, 1))])
def test_a_period_begins_with_its_part_of_the_calendar(period: KpiPeriod, day: date, begins: date) -> None:
    assert first_day_of(period, day) == begins


def test_periods_follow_each_other_without_a_gap() -> None:
    assert periods_until(KpiPeriod.QUARTER, date(2026, 2, 10), 3) == [
        (date(2025, 7, 1), date(2025, 9, 30)), (date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 2, 10))]
