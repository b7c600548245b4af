"""Willingness to pay: what a customer's own money says, a payment counting half after 240 days, un-learnt exactly.

A payment of a later day adds more instead of older ones fading, so a sum is never touched but by the payment that comes
or goes: each costs the same, in any order, and taking one back leaves what stood before it to the last digit.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Self
from uuid import UUID

from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money

HALF_LIFE_DAYS = 240
LANDMARK = date(2000, 1, 1)
EARLIEST, LATEST = -60, 150
"""Days late beyond these count as these: one forgotten invoice says no more than a very late one."""
MUCH_LATE_DAYS = 15
_SCALE_BITS = 32
_PARTS = tuple(
    int((Decimal(2) ** (Decimal(part) / HALF_LIFE_DAYS) * 2**_SCALE_BITS).to_integral_value(ROUND_HALF_UP))
    for part in range(HALF_LIFE_DAYS))


def weight_of(day: date) -> int:
    """What a payment of that day adds: 2^32 on the landmark, twice as much every 240 days later."""
    doublings, part = divmod(days_between(LANDMARK, day), HALF_LIFE_DAYS)
    return _PARTS[part] << doublings if doublings >= 0 else _PARTS[part] >> -doublings


@dataclass(frozen=True, slots=True)
class LearntPayment:
    """Own money of a customer set against an item: `days_late` from the contractual due date to the value date.

    `under` is the customer from whose stream it was learnt, where that one was merged since; None: this one.
    """

    allocation_id: UUID
    invoice_id: UUID | None
    amount: Money
    days_late: int
    paid_on: date
    under: UUID | None = None

    @classmethod
    def of(cls, allocation_id: UUID, invoice_id: UUID | None, amount: Money, *, due_on: date, paid_on: date) -> Self:
        late = max(EARLIEST, min(LATEST, days_between(due_on, paid_on)))
        return cls(allocation_id, invoice_id, amount, late, paid_on)

    @property
    def weight(self) -> int:
        return weight_of(self.paid_on)


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A customer's payments in one currency as sums of weights: of each, of late ones, of days and of their squares,
    of amounts in minor units, and of amounts times days; `payments` is their plain number."""

    payments: int = 0
    weight: int = 0
    late: int = 0
    much_late: int = 0
    days: int = 0
    squares: int = 0
    amount: int = 0
    amount_days: int = 0

    def learning(self, one: LearntPayment) -> Self:
        return self._moved(one, 1)

    def unlearning(self, one: LearntPayment) -> Self:
        return self._moved(one, -1)

    def with_other(self, other: "PaymentRecord") -> "PaymentRecord":
        """Two currencies side by side; their amounts are not sums of anything any more."""
        return PaymentRecord(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def cases(self, today: date) -> Decimal:
        """How many payments of today this is worth."""
        return Decimal(self.weight) / weight_of(today)

    @property
    def mean_days(self) -> Decimal | None:
        return Decimal(self.days) / self.weight if self.weight else None

    @property
    def days_late(self) -> Decimal | None:
        """Mean days late, by amount; negative is early. None without a payment."""
        return Decimal(self.amount_days) / self.amount if self.amount else None

    @property
    def spread(self) -> Decimal | None:
        """Standard deviation of days late. None with fewer than two payments."""
        mean = self.mean_days
        if mean is None or self.payments < 2:
            return None
        return max(Decimal(0), Decimal(self.squares) / self.weight - mean * mean).sqrt()

    def _moved(self, one: LearntPayment, sign: int) -> Self:
        weight, days = sign * one.weight, one.days_late
        return type(self)(
            self.payments + sign, self.weight + weight, self.late + weight * (days > 0),
            self.much_late + weight * (days > MUCH_LATE_DAYS), self.days + weight * days,
            self.squares + weight * days * days, self.amount + weight * one.amount.minor,
            self.amount_days + weight * one.amount.minor * days)


def shrunk_share_bps(part: Decimal, cases: Decimal, *, prior_bps: int, prior_cases: int) -> int:
    """A share that leans on the segment's by so many cases of it, in basis points."""
    share = (part * 10_000 + Decimal(prior_bps) * prior_cases) / (cases + prior_cases)
    return int(share.to_integral_value(ROUND_HALF_UP))
