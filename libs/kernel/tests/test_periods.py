"""Which months, quarters and years the calendar has."""

from datetime import date

import pytest

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.periods import KpiPeriod, first_day_of, periods_asked, periods_until


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


def test_one_period_from_a_day_on_or_so_many_in_a_row() -> None:
    first, last = date(2026, 1, 5), date(2026, 2, 10)
    assert periods_asked(KpiPeriod.MONTH, first, last, 3) == [(first, last)]
    assert periods_asked(KpiPeriod.MONTH, last, last, 1) == [(last, last)]
    assert periods_asked(KpiPeriod.MONTH, None, last, 2) == periods_until(KpiPeriod.MONTH, last, 2)
    with pytest.raises(RuleBroken, match="period_reversed"):
        periods_asked(KpiPeriod.MONTH, last, first, 1)
