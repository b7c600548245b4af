"""The cash forecast: weeks from Monday, what comes later, and that it ties to what is owed."""

from datetime import date

import pytest

from billing_svc.domain.cash_forecast import Controls, Expected, Learnt, forecast_of, monday_of
from billing_svc.domain.forecast_accuracy import WeekCompared, accuracy_of, is_kept_on
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
    expected = {0: Expected(100, 40, 2, 120, 40), 2: Expected(30, 0, 1, 10, 80), 3: Expected(7, 0, 1, 7, 17)}
    made = forecast_of(expected, 3, date(2026, 3, 4), of(140, 3))
    assert [(one.first, one.last, one.amount.minor, one.promised.minor, one.items) for one in made.weeks] == [
        (date(2026, 3, 2), date(2026, 3, 8), 100, 40, 2), (date(2026, 3, 9), date(2026, 3, 15), 0, 0, 0),
        (date(2026, 3, 16), date(2026, 3, 22), 30, 0, 1)]
    assert [(one.by_then.low.minor, one.by_then.likely.minor, one.by_then.high.minor) for one in made.weeks] == [
        (40, 100, 120), (40, 100, 120), (120, 130, 130)]
    assert (made.later, made.disputed, made.unapplied) == (cny(7), cny(3), cny(5))


@pytest.mark.parametrize("owed", [139, 141])
def test_one_that_does_not_tie_is_refused(owed: int) -> None:
    with pytest.raises(Conflict, match="report_does_not_tie"):
        forecast_of({0: Expected(140, 0, 1, 140, 140)}, 1, date(2026, 3, 4), of(owed))


def test_a_past_forecast_is_judged_by_what_came_whichever_way_it_was_off() -> None:
    def week(ahead: int, day: int, expected: int, received: int, currency: str = "CNY") -> WeekCompared:
        return WeekCompared(ahead, date(2026, 3, day), Money(expected, currency), Money(received, currency))

    own, early = accuracy_of([week(0, 2, 100, 130), week(0, 9, 80, 70), week(4, 2, 50, 0), week(0, 2, 9, 9, "USD")],
                             "CNY")
    assert (own.ahead, own.expected, own.received, own.error_bps) == (0, cny(180), cny(200), 2000)
    assert [one.off for one in own.weeks] == [cny(30), cny(10)]
    assert (early.ahead, early.expected, early.error_bps) == (4, cny(50), None)
    assert accuracy_of([], "CNY") == ()


def test_forecasts_are_kept_on_mondays() -> None:
    assert [day for day in range(1, 15) if is_kept_on(date(2026, 3, day))] == [2, 9]
