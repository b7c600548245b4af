"""Interest that has accrued on an account and is no item yet: what a run of that day would charge."""

from collections.abc import Iterable

from billing_svc.domain.interest_charge import Reckoning
from dunlin_kernel.money import Money, sum_money


def accrued_of(reckoned: Iterable[Reckoning], currency: str) -> Money:
    """What was charged too much on one item, and is to be waived again, lowers nothing of another."""
    return sum_money(currency, (one.to_charge for one in reckoned))
