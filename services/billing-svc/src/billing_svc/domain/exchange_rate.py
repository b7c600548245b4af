"""Exchange rates: what a unit of a foreign currency is worth in the tenant's own on a day; a missing one refuses."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import NamedTuple
from uuid import UUID

from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

MAX_RATE_AGE_DAYS = 31
"""So long a rate counts after its own day, if no later one is set: longer than any month."""
RATE_SCALE = 10
MAX_RATE = Decimal(10) ** 9
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class RateWish:
    """A unit of `currency` is worth `rate` units of base currency on `valid_on`, as `source` says."""

    currency: str
    rate: Decimal
    valid_on: date
    source: str


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """The fact of a rate; of several of one pair and day the last recorded counts."""

    id: UUID
    base_currency: str
    wish: RateWish


class DayRate(NamedTuple):
    valid_on: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Rates:
    """The tenant's currency, and what others are worth in it: by currency, in order of their days."""

    base_currency: str
    of_currency: Mapping[str, Sequence[DayRate]]

    def on(self, currency: str, day: date) -> Decimal:
        """The rate of the day, or the last one before it. Refuses: exchange_rate_missing."""
        known = self.of_currency.get(currency, ())
        at = bisect_right(known, day, key=lambda one: one.valid_on)
        if at == 0 or known[at - 1].valid_on < day - timedelta(days=MAX_RATE_AGE_DAYS):
            raise RuleBroken(
                "exchange_rate_missing", "No rate of this currency is set for this day: set it, then do this again.",
                currency=currency, base_currency=self.base_currency, day=day)
        return known[at - 1].rate

    def based(self, amount: Money, day: date) -> Money:
        """The amount in base currency at the day's rate. Refuses: exchange_rate_missing, amount_too_large."""
        if amount.currency == self.base_currency:
            return amount
        units = Decimal(amount.minor).scaleb(-exponent_of(amount.currency), _EXACT)
        return Money.rounded(_EXACT.multiply(units, self.on(amount.currency, day)), self.base_currency)


def rate_set(wish: RateWish, *, base_currency: str, today: date, rate_id: UUID) -> ExchangeRate:
    """The rate as a fact. Refuses: unknown_currency, rate_of_base_currency, bad_exchange_rate, rate_in_future."""
    exponent_of(wish.currency)
    if wish.currency == base_currency:
        raise RuleBroken("rate_of_base_currency", "A currency has no rate against itself.")
    if not 0 < wish.rate < MAX_RATE or wish.rate != wish.rate.quantize(Decimal(1).scaleb(-RATE_SCALE)):
        raise RuleBroken("bad_exchange_rate", f"A rate is above zero and has at most {RATE_SCALE} decimals.")
    if wish.valid_on > today:
        raise RuleBroken("rate_in_future", "A rate is set on its day or later.", today=today)
    return ExchangeRate(rate_id, base_currency, wish)
