"""Until when a claim can be enforced: its clock runs from the due date, and begins anew with what interrupts it."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date
from enum import StrEnum

from dunlin_kernel.money import Money

WARN_MONTHS = (1, 3, 6, 12)
"""How many months before its end a claim is warned of."""


class InterruptionKind(StrEnum):
    """What interrupts: a part was paid, or a promise made; the debt was acknowledged in a statement or in writing; a
    demand was delivered; a court was asked."""

    PART_PAYMENT = "part_payment"
    PROMISE = "promise"
    ACKNOWLEDGED = "acknowledged"
    DEMAND = "demand"
    COURT = "court"


OF_THE_DEBTOR = frozenset({InterruptionKind.PART_PAYMENT, InterruptionKind.PROMISE, InterruptionKind.ACKNOWLEDGED})
"""What the customer did itself begins also a clock anew that had run out; what was done to it comes too late then."""


@dataclass(frozen=True, slots=True, order=True)
class Interruption:
    """What happened on a day."""

    on: date
    kind: InterruptionKind


@dataclass(frozen=True, slots=True)
class LimitationClock:
    """The last day on which a claim can be enforced, and what began its clock anew for the last time."""

    expires_on: date
    restarted: Interruption | None = None


@dataclass(frozen=True, slots=True)
class OldClaim:
    """What is claimed of an item, `lost` of it written off."""

    due_on: date
    claimed: Money
    lost: Money


def limitation_clock(due_on: date, interruptions: Iterable[Interruption], *, months: int) -> LimitationClock:
    """Nothing that happened up to the due date interrupts: nothing ran then."""
    clock = LimitationClock(months_after(due_on, months))
    for one in sorted(interruptions):
        if one.on > due_on and (one.on <= clock.expires_on or one.kind in OF_THE_DEBTOR):
            clock = LimitationClock(months_after(one.on, months), one)
    return clock


def warning(expires_on: date, today: date) -> int | None:
    """Within how many months it ends, as it is warned of; 0 when it has ended, None while it is far away."""
    if expires_on < today:
        return 0
    return next((months for months in WARN_MONTHS if months_after(expires_on, -months) <= today), None)


def months_after(day: date, months: int) -> date:
    """The same day so many months later (earlier, where negative), or the last of a shorter month; within the years
    that there are."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= MAXYEAR:
        return date.max if year > MAXYEAR else date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
