"""Cash forecast: what is open is expected so many days after the day it stands due as its customer pays late on
average, and today at the earliest; what is promised, on the day of the promise. What is disputed is not expected; all
of it ties to the receivables control."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money, sum_money

HISTORY_DAYS = 365
OWN_SPREAD = 5
"""So many payments of a customer say how far its delays lie apart."""
DEFINITION = (
    "Open and undisputed items by the week in which they are expected: the due date that stands plus the customer's "
    "average delay, no earlier than today. The delay is the days from due date to value date of money on invoices over "
    "the last 365 days, weighted by amount; of all customers in that currency for one without such money, and none "
    "where there is none; a bill of exchange is expected on its own day. What a running promise covers is expected on "
    "its day, no earlier than today: up to its amount, of its items the first due first. Unapplied credit stands "
    "beside it and is not netted. By the end of a week, between `low` and `high` has come in of all that is open now: "
    "low if all pay only when four fifths of the money used to have come, high if already when one fifth had, by the "
    "delays of the customer where it made five payments, else by those of all in that currency around its average; "
    "promises and bills are on their day in both.")


class Expected(NamedTuple):
    """Minor units and items expected in one week, how much of that is promised, and what would come in it if all paid
    early, or late."""

    minor: int
    promised: int
    items: int
    early: int
    late: int


@dataclass(frozen=True, slots=True)
class ByThen:
    """What has come in by the end of a week, counted from this one on: at least, likely, at most."""

    low: Money
    likely: Money
    high: Money


@dataclass(frozen=True, slots=True)
class ExpectedWeek:
    """So much of so many items is expected from Monday to Sunday, `promised` of it by a promise that runs."""

    first: date
    amount: Money
    promised: Money
    items: int
    by_then: ByThen

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the delays rest on: so much money, on average so many days after it was due; of so many customers."""

    amount: Money
    average_days: int
    customers: int


@dataclass(frozen=True, slots=True)
class CashForecast:
    """One currency. Weeks, what is expected `later` and what is `disputed` sum to `receivables`."""

    weeks: tuple[ExpectedWeek, ...]
    later: Money
    disputed: Money
    receivables: Money
    unapplied: Money
    learnt: Learnt


@dataclass(frozen=True, slots=True)
class Controls:
    """The two controls of one currency, what is disputed, and what delays were learnt from."""

    receivables: Money
    unapplied: Money
    disputed: Money
    learnt: Learnt


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def forecast_of(expected: Mapping[int, Expected], weeks: int, today: date, of: Controls) -> CashForecast:
    """`expected`: by number of week from this one on; from `weeks` on it is later.

    Refuses: report_does_not_tie.
    """
    currency, monday = of.receivables.currency, monday_of(today)
    shown, low, likely, high = [], 0, 0, 0
    for week in range(weeks):
        one = expected.get(week, Expected(0, 0, 0, 0, 0))
        low, likely, high = low + one.late, likely + one.minor, high + one.early
        assert low <= likely <= high, "who pays late pays after who pays early"
        shown.append(ExpectedWeek(
            monday + timedelta(days=7 * week), Money(one.minor, currency), Money(one.promised, currency), one.items,
            ByThen(*(Money(minor, currency) for minor in (low, likely, high)))))
    later = Money(sum(one.minor for week, one in expected.items() if week >= weeks), currency)
    whole = sum_money(currency, (one.amount for one in shown)) + later + of.disputed
    if whole != of.receivables:
        raise Conflict("report_does_not_tie", "What is expected, later and disputed is not what is owed.",
                       currency=currency, expected=whole, control=of.receivables)
    return CashForecast(tuple(shown), later, of.disputed, of.receivables, of.unapplied, of.learnt)
