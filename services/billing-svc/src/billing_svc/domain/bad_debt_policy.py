"""The policy for bad debts: what bears the loss, and whether output tax is corrected as a debt is written off."""

from dataclasses import dataclass
from enum import StrEnum

from billing_svc.domain.invoice_totals import Totals
from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.money import Money


class BadDebtVat(StrEnum):
    """Whether output tax is corrected as a debt is written off, or not by that."""

    NONE = "none"
    AT_WRITE_OFF = "at_write_off"


class BadDebtAccount(StrEnum):
    """What bears the loss: an expense of its day, or the allowance made for it before."""

    BAD_DEBT = "bad_debt"
    ALLOWANCE = "allowance"


@dataclass(frozen=True, slots=True)
class BadDebtPolicy:
    version: int
    vat: BadDebtVat
    account: BadDebtAccount


FIRST_BAD_DEBT_POLICY = BadDebtPolicy(0, BadDebtVat.NONE, BadDebtAccount.BAD_DEBT)
"""By which every tenant begins."""


def tax_part(amount: Money, item: Item, totals: Totals | None, policy: BadDebtPolicy) -> Money:
    """The output tax in a part of an item; there is none in interest and fees."""
    if policy.vat is BadDebtVat.NONE or item.kind is not ItemKind.INVOICE or totals is None:
        return Money.zero(amount.currency)
    whole = totals.total.minor
    return Money((2 * totals.tax.minor * amount.minor + whole) // (2 * whole), amount.currency)
