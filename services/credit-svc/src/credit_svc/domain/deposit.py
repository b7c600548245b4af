"""Deposits: the share of an order that is paid before delivery, by the customer's terms, and what is missing of it."""

from dataclasses import dataclass

from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.policy import share_of
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class CashTerms:
    """What of an order is paid ahead, and whether the rest is paid on delivery."""

    prepayment_bps: int = 0
    cash_on_delivery: bool = False


NOTHING_AHEAD = CashTerms()


@dataclass(frozen=True, slots=True)
class Deposit:
    """`asked` for this order; `missing`: what is not on the account of that and of all that is reserved already."""

    asked: Money
    missing: Money


def deposit_of(amount: Money, parts: ExposureParts, terms: CashTerms) -> Deposit:
    """Orders that are reserved ask for their share too, so that one payment never stands for two of them."""
    needed, there = share_of(parts.reserved + amount, terms.prepayment_bps), parts.unapplied + parts.elsewhere
    return Deposit(share_of(amount, terms.prepayment_bps), max(Money.zero(amount.currency), needed - there))
