"""The cash forecast: weeks from Monday, what comes later, and that it ties to what is owed."""

from datetime import date

import pytest

from billing_svc.domain.cash_forecast import Controls, Learnt, forecast_of, monday_of
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def of(receivables: int, disputed: int = 0) -> Controls:
    return Controls(cny(receivables), cny(5), cny(disputed), Learnt(cny(0), 0, 0))


@pytest.mark.parametrize(
    ("day", "monday"),
    [(date(2026, 3, 2), date(2026, 3, 2)), (date(2026, 3, 8), date(2026, 3, 2)),
     (date(2026, 1, 1), date(2025, 12, 29))])
def test_a_week_begins_on_monday(day: date, monday: date) -> None:
    assert monday_of(day) == monday


def test_weeks_later_and_disputed_are_what_is_owed() -> None:
    made = forecast_of({0: (100, 2), 2: (30, 1), 3: (7, 1)}, 3, date(2026, 3, 4), of(140, 3))
    assert [(one.first, one.last, one.amount.minor, one.items) for one in made.weeks] == [
        (date(2026, 3, 2), date(2026, 3, 8), 100, 2), (date(2026, 3, 9), date(2026, 3, 15), 0, 0),
        (date(2026, 3, 16), date(2026, 3, 22), 30, 1)]
    assert (made.later, made.disputed, made.unapplied) == (cny(7), cny(3), cny(5))


@pytest.mark.parametrize("owed", [139, 141])
def test_one_that_does_not_tie_is_refused(owed: int) -> None:
    with pytest.raises(Conflict, match="report_does_not_tie"):
        forecast_of({0: (140, 1)}, 1, date(2026, 3, 4), of(owed))
