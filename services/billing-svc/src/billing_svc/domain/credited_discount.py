"""What is credited of an invoice that was paid early takes its share of the discount with it: the allocation that had
it is undone, the note pays its part, and the money pays the rest again, less the discount on just that rest. Once the
note is cancelled, the money that it freed pays that part again, with the discount that it had."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.allocation import Allocated, Allocation, Share
from billing_svc.domain.credit import Credit
from billing_svc.domain.discount import Discount
from billing_svc.domain.item import Item
from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class CreditedPart:
    """So much of what this allocation relieved is credited; the rest of it is paid again."""

    allocation: Allocation
    credited: Money

    @property
    def paid_again(self) -> bool:
        return self.credited < self.allocation.relieved


def credited_parts(rest: Money, paid: Sequence[Allocation], before: Money) -> tuple[CreditedPart, ...]:
    """How much of `rest`, what a note credits beyond all that was open of its invoice, falls on each allocation with a
    discount: by shares of what was relieved, over all that is `paid` of the invoice by other credits.

    `before` is what earlier notes credited of it beyond what they pay: it fell on allocations without a discount.
    """
    discounted = [one for one in paid if one.discount is not None]
    plain = sum_money(rest.currency, (one.relieved for one in paid if one.discount is None)) - before
    weights = [max(plain.minor, 0), *(one.relieved.minor for one in discounted)]
    shared = min(rest.minor, sum(weights))
    if not discounted or shared == 0:
        return ()
    parts = Money(shared, rest.currency).split(weights)[1:]
    return tuple(CreditedPart(one, part) for one, part in zip(discounted, parts, strict=True) if part.is_positive)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """So much of this credit a note freed, and this discount went with it; both had paid the item."""

    credit_id: UUID
    item_id: UUID
    amount: Money
    discount: Discount


def taken_back(was: Allocation, again: Sequence[Allocation]) -> TakenBack:
    """What an allocation had paid, less what its money paid again."""
    currency = was.amount.currency
    kept = [one.discount for one in again if one.discount is not None]
    given = was.discount or Discount(Money.zero(currency), Money.zero(currency))
    return TakenBack(
        was.credit_id, was.item_id, was.amount - sum_money(currency, (one.amount for one in again)),
        Discount(given.net - sum_money(currency, (one.net for one in kept)),
                 given.tax - sum_money(currency, (one.tax for one in kept))))


def given_again(taken: TakenBack, credit: Credit, item: Item) -> Allocated:
    """What pays the item again when the note is cancelled: the same money with the same discount where both sides are
    as they were; of money that went elsewhere or an item that was paid meanwhile what is left, without a discount."""
    left = min(taken.amount, credit.unapplied)
    whole = Share(item.id, taken.amount, taken.discount if taken.discount.total.is_positive else None)
    if left == taken.amount and whole.relieved <= item.undisputed:
        return _of(credit, whole)
    return _of(credit, Share(item.id, min(left, item.undisputed)))


def _of(credit: Credit, share: Share) -> Allocated:
    return Allocated((share,) if share.amount.is_positive else (), credit.unapplied - share.amount)
