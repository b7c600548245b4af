"""Interest: simple, actual days over the day-count base, from the due date, on what was open and not contested; rounded
once. Reckoned anew from the due date each time, so that money that came earlier than was known is seen.

What is contested bears nothing while the dispute is open, nor once it is accepted (until the day of that, when it is
credited); a dispute that is rejected, withdrawn or paid was owed all the time, back to the due date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billing_svc.domain.interest_policy import RateStep
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.money import Money, sum_money

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Contested:
    """So much bears nothing from a day on, until another (None: still)."""

    from_on: date
    until_on: date | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Segment:
    """`principal` bore `rate` percent a year for the days from one date to the other."""

    from_on: date
    to_on: date
    principal: Money
    rate: Decimal

    @property
    def days(self) -> int:
        return (self.to_on - self.from_on).days


@dataclass(frozen=True, slots=True)
class Bearing:
    """What interest is reckoned on: an item's amount from its due date, moves of it by value date (signed, without its
    issue), and what was contested."""

    amount: Money
    due_on: date
    moves: Sequence[Step]
    contested: Sequence[Contested]

    def known_by(self, to_on: date) -> bool:
        """Whether nothing moved after that day, so that what is reckoned to it is all that was borne."""
        return all(step.effective_on <= to_on for step in self.moves)


def segments_of(bearing: Bearing, rates: Sequence[RateStep], to_on: date) -> tuple[Segment, ...]:
    """From the due date to `to_on`, cut where money moved, a dispute began or ended, or the rate changed."""
    days = {step.effective_on for step in bearing.moves} | {step.effective_from for step in rates}
    days |= {day for one in bearing.contested for day in (one.from_on, one.until_on) if day is not None}
    cuts = sorted({bearing.due_on, to_on, *(day for day in days if bearing.due_on < day < to_on)})
    found: list[Segment] = []
    for start, end in pairwise(cuts):
        principal, rate = _principal(bearing, start), _rate(rates, start)
        if not principal.is_positive or rate <= 0:
            continue
        if found and (found[-1].to_on, found[-1].principal, found[-1].rate) == (start, principal, rate):
            found[-1] = Segment(found[-1].from_on, end, principal, rate)
        else:
            found.append(Segment(start, end, principal, rate))
    return tuple(found)


def interest_of(segments: Sequence[Segment], day_base: int, currency: str) -> Money:
    """Principal x rate x days / base over all segments, rounded once, half away from zero."""
    total = sum((Decimal(one.principal.amount) * one.rate * one.days for one in segments), Decimal(0))
    return Money.rounded(total / (_HUNDRED * day_base), currency)


def _principal(bearing: Bearing, day: date) -> Money:
    """What bears interest from this day on."""
    currency = bearing.amount.currency
    moved = sum(step.minor for step in bearing.moves if step.effective_on <= day)
    silent = sum_money(currency, (one.amount for one in bearing.contested if one.from_on <= day and (
        one.until_on is None or day < one.until_on)))
    return bearing.amount + Money(moved, currency) - silent


def _rate(rates: Sequence[RateStep], day: date) -> Decimal:
    return [step.rate for step in rates if step.effective_from <= day][-1]
