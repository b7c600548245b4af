"""How good past cash forecasts were: week by week what was expected of it beside the money that came in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dunlin_kernel.money import Money, sum_money

AHEAD = (0, 4)
"""How many weeks ahead forecasts are judged: on the Monday of the week itself, and four weeks before."""
WEEKS_BACK = 13
DEFINITION = (
    "Each Monday's forecast of all customers is kept. Of the last 13 weeks that are over: what was expected of a week "
    "on its own Monday, and four weeks before, beside the payments received in it by the day of receipt, without those "
    "that went back. The error is the sum of differences, whichever way, / the sum received; none where nothing came.")


@dataclass(frozen=True, slots=True)
class WeekCompared:
    """One week that is over: expected so many weeks `ahead`, and received."""

    ahead: int
    week_from: date
    expected: Money
    received: Money

    @property
    def off(self) -> Money:
        """How far the forecast was off, whichever way."""
        return max(self.expected, self.received) - min(self.expected, self.received)


@dataclass(frozen=True, slots=True)
class ForecastAccuracy:
    """Forecasts made so many weeks `ahead`. `error_bps` is in hundredths of a percent of what was received."""

    ahead: int
    weeks: tuple[WeekCompared, ...]
    expected: Money
    received: Money
    error_bps: int | None


def is_kept_on(day: date) -> bool:
    """On Mondays."""
    return day.weekday() == 0


def accuracy_of(weeks: Iterable[WeekCompared], currency: str) -> tuple[ForecastAccuracy, ...]:
    """By weeks ahead, in one currency; those of which no week is over yet are left out."""
    own = [one for one in weeks if one.received.currency == currency]
    parts = [(ahead, tuple(one for one in own if one.ahead == ahead)) for ahead in AHEAD]
    return tuple(_accuracy(ahead, found, currency) for ahead, found in parts if found)


def _accuracy(ahead: int, weeks: tuple[WeekCompared, ...], currency: str) -> ForecastAccuracy:
    expected = sum_money(currency, (one.expected for one in weeks))
    received = sum_money(currency, (one.received for one in weeks))
    off = sum_money(currency, (one.off for one in weeks))
    error = off.minor * 10_000 // received.minor if received.is_positive else None
    return ForecastAccuracy(ahead, weeks, expected, received, error)
