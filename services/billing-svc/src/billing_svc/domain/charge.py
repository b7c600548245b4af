"""Charges: interest, fees, refunds that are claimed back and bills of exchange, each owed as an item of its own with a
number of its own; never on interest."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import JournalAccount, journal_of_charge
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

SERIES = {ItemKind.INTEREST: "INT", ItemKind.FEE: "FEE", ItemKind.RECLAIM: "RCL", ItemKind.BILL: "BIL"}
"""The number series of each kind of charge."""
_ACCOUNTS = {ItemKind.INTEREST: JournalAccount.INTEREST, ItemKind.FEE: JournalAccount.FEES}
_FACTS = {ItemKind.INTEREST: FactKind.INTEREST_CHARGED, ItemKind.FEE: FactKind.FEE_CHARGED}


class ChargeReason(StrEnum):
    """Why it is charged."""

    LATE_PAYMENT = "late_payment"
    LATE_PAYMENT_COMPENSATION = "late_payment_compensation"
    RETURNED_PAYMENT = "returned_payment"
    REMINDER = "reminder"
    BANK_CHARGE = "bank_charge"
    BILL_RECEIVED = "bill_received"
    BILL_PROTEST = "bill_protest"


@dataclass(frozen=True, slots=True)
class ChargeWish:
    """What is to be charged to whom; `invoice_id` and `claim_item_id` name the claim that it comes from, if any."""

    kind: ItemKind
    customer_id: UUID
    amount: Money
    effective_on: date
    due_on: date
    reason: ChargeReason
    invoice_id: UUID | None = None
    claim_item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """The fact of a charge: owed under its own number as the item `item_id`."""

    id: UUID
    item_id: UUID
    number: str
    wish: ChargeWish


def charged_item(charge: Charge) -> Item:
    """The amount that a charge makes owed, before it is entered. Refuses: amount_not_positive, due_before_issue."""
    wish = charge.wish
    if not wish.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A charge has an amount above zero.")
    if wish.due_on < wish.effective_on:
        raise RuleBroken("due_before_issue", "A charge is due no earlier than it is made.")
    nothing = Money.zero(wish.amount.currency)
    return Item(charge.item_id, wish.invoice_id, charge.number, wish.customer_id, wish.amount, nothing, nothing,
                wish.effective_on, wish.effective_on, wish.due_on, 1, kind=wish.kind, claim_item_id=wish.claim_item_id)


def fact_of_charge(charge: Charge) -> Fact:
    """The customer owes it from its day on."""
    wish = charge.wish
    return Fact(
        _FACTS[wish.kind], charge.id, wish.customer_id, wish.amount.currency, wish.effective_on,
        (Entry(LedgerSide.RECEIVABLE, charge.item_id, wish.amount),),
        journal_of_charge(_ACCOUNTS[wish.kind], wish.amount))
