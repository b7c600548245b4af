"""What is credited of an invoice that was paid early takes its share of the discount with it: the allocation that had
it is undone, the note pays its part, and the money pays the rest again, less the discount on just that rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing_svc.domain.allocation import Allocation
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
