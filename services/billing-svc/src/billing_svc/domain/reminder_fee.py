"""Fees for reminders: a level of a ladder asks for one by its code, and the tenant's policy says how much that is.

One is charged once a reminder was sent, on the debt that it was sent for; never on fees or interest alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

_OF_NO_DEBT = (ItemKind.FEE, ItemKind.INTEREST)


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """By code and currency, what a reminder of such a level costs the customer. What is not in it costs nothing."""

    version: int
    fees: Mapping[tuple[str, str], Money] = field(default_factory=dict)

    def fee(self, code: str, currency: str) -> Money | None:
        return self.fees.get((code, currency))


FIRST_FEE_POLICY = FeePolicy(0)
"""By which every tenant begins: no reminder costs anything."""


def fee_policy_of(fees: Sequence[tuple[str, Money]]) -> FeePolicy:
    """Refuses: bad_fee_policy, amount_not_positive."""
    by_code = {(code, amount.currency): amount for code, amount in fees}
    if len(by_code) < len(fees):
        raise RuleBroken("bad_fee_policy", "Name each code once in a currency.")
    if not all(amount.is_positive for amount in by_code.values()):
        raise RuleBroken("amount_not_positive", "A fee has an amount above zero.")
    return FeePolicy(0, by_code)


def reminded_debt(reminded: Sequence[Item]) -> Item | None:
    """The debt for which a reminder with these items was sent; None when it was of fees and interest alone."""
    return next((item for item in reminded if item.kind not in _OF_NO_DEBT), None)
