"""Letting a fee go: so much of it is not owed; above the threshold one person proposes it and another approves it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.interest_waiver import most_let_go
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import JournalAccount, journal_of_charge, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money


class FeeWaiverReason(StrEnum):
    """`recomputed`: it was charged for a lateness that was none, by money or a void that was known later."""

    GOODWILL = "goodwill"
    SETTLEMENT = "settlement"
    OUR_ERROR = "our_error"
    RECOMPUTED = "recomputed"


@dataclass(frozen=True, slots=True)
class WaiveFee:
    """The wish to let a fee go. `amount` None means all that is open of it and not disputed."""

    id: UUID
    item_id: UUID
    reason: FeeWaiverReason
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class FeeWaiver:
    """The fact that so much of a fee is not owed; `checker` approved what `maker` proposed, None where one did both."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    reason: FeeWaiverReason
    effective_on: date
    maker: str
    checker: str | None


def waivable_fee(item: Item, amount: Money | None, paid: Money) -> Money:
    """The amount that is let go, of what is open and undisputed and of what was `paid`, which is given back.

    Refuses: not_fee, nothing_open, currency_mismatch, more_than_undisputed, amount_not_positive.
    """
    if item.kind is not ItemKind.FEE:
        raise RuleBroken("not_fee", "Only a fee is waived so; interest has its own waiver, anything else is credited.")
    return most_let_go(item, amount, paid)


def fact_of_fee_waiver(waiver: FeeWaiver) -> Fact:
    """It is not owed any more, nor was it earned."""
    return Fact(
        FactKind.FEE_WAIVED, waiver.id, waiver.customer_id, waiver.amount.currency, waiver.effective_on,
        (Entry(LedgerSide.RECEIVABLE, waiver.item_id, -waiver.amount),),
        reversed_journal(journal_of_charge(JournalAccount.FEES, waiver.amount)))
