"""Small differences: what is left of a nearly paid item is closed for a named reason, within the tenant's tolerance, by
a fact of its own and never silently."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.item import Item
from billing_svc.domain.journal import journal_of_difference, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

WHOLE_BPS = 10_000


class DifferenceReason(StrEnum):
    BANK_CHARGE = "bank_charge"
    DEDUCTION = "deduction"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class TolerancePolicy:
    """By currency the most that may be closed of an item, and never more than `share_bps` of its amount; a currency
    without an amount has no tolerance."""

    version: int
    most: Mapping[str, Money] = field(default_factory=dict)
    share_bps: int = WHOLE_BPS

    def __post_init__(self) -> None:
        if not 0 < self.share_bps <= WHOLE_BPS:
            raise RuleBroken("bad_tolerance_policy", f"A share is 1 to {WHOLE_BPS} basis points.")
        if any(amount.is_negative for amount in self.most.values()):
            raise RuleBroken("bad_tolerance_policy", "A tolerance is zero or more.")


FIRST_TOLERANCE_POLICY = TolerancePolicy(0)
"""By which every tenant begins: nothing is closed."""


@dataclass(frozen=True, slots=True)
class CloseDifference:
    """The wish to close what is left of an item. `effective_on` None means today."""

    id: UUID
    item_id: UUID
    reason: DifferenceReason
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The fact that so much of an item was closed, by a version of the policy."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    reason: DifferenceReason
    effective_on: date
    policy_version: int


@dataclass(frozen=True, slots=True)
class DifferenceReversal:
    """So much is owed again."""

    id: UUID
    difference: Difference
    effective_on: date


def difference_of(
    wish: CloseDifference, item: Item, steps: Sequence[Step], policy: TolerancePolicy, books: Books,
) -> Difference:
    """All that is left of the item; `steps` are its ledger entries so far.

    Refuses: nothing_open, item_disputed, above_tolerance, effective_too_early, effective_in_future, period_locked.
    """
    if item.is_settled:
        raise RuleBroken("nothing_open", "Nothing is open on this item.", item_id=item.id)
    if not item.disputed.is_zero:
        raise Conflict("item_disputed", "Part of it is in dispute; settle that first.", disputed=item.disputed)
    if item.open > tolerance_of(item, policy):
        raise RuleBroken("above_tolerance", "More is left than may be closed.", open=item.open,
                         tolerance=tolerance_of(item, policy))
    able = earliest_day(steps, item.open.minor)
    day = books.day_of(wish.effective_on, default=books.today, not_before=able)
    return Difference(wish.id, item.id, item.customer_id, item.open, wish.reason, day, policy.version)


def tolerance_of(item: Item, policy: TolerancePolicy) -> Money:
    """The most that may be closed of this item."""
    most = policy.most.get(item.amount.currency, Money.zero(item.amount.currency))
    return min(most, Money(item.amount.minor * policy.share_bps // WHOLE_BPS, item.amount.currency))


def reversal_of(difference: Difference, wanted: date | None, books: Books, reversal_id: UUID) -> DifferenceReversal:
    """From today on, or the named day. Refuses: effective_too_early, effective_in_future, period_locked."""
    day = books.day_of(wanted, default=books.today, not_before=difference.effective_on)
    return DifferenceReversal(reversal_id, difference, day)


def closed_again(difference: Difference, amount: Money, difference_id: UUID, day: date) -> Difference:
    """So much of one that was reversed, for the reason and by the policy that it had."""
    assert amount <= difference.amount, "no more than was closed before"
    return replace(difference, id=difference_id, amount=amount, effective_on=day)


def difference_standing(difference: Difference, reversed_ids: Collection[UUID]) -> Difference:
    """Refuses: difference_reversed."""
    if difference.id in reversed_ids:
        raise Conflict("difference_reversed", "This difference was reversed already.", difference_id=difference.id)
    return difference


def fact_of_difference(difference: Difference) -> Fact:
    """So much is owed no more, and is our cost."""
    return Fact(
        FactKind.DIFFERENCE_CLOSED, difference.id, difference.customer_id, difference.amount.currency,
        difference.effective_on, (Entry(LedgerSide.RECEIVABLE, difference.item_id, -difference.amount),),
        journal_of_difference(difference.amount))


def fact_of_difference_reversal(reversal: DifferenceReversal) -> Fact:
    """It is owed again."""
    was = reversal.difference
    return Fact(
        FactKind.DIFFERENCE_REVERSED, reversal.id, was.customer_id, was.amount.currency, reversal.effective_on,
        (Entry(LedgerSide.RECEIVABLE, was.item_id, was.amount),), reversed_journal(journal_of_difference(was.amount)),
        undoes=was.id)
