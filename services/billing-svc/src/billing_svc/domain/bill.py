"""Bills of exchange: one that is received settles what it was given for, and is owed itself on its own day; once that
is paid it is honoured.

What stands on bills is booked on notes receivable, whatever fact moves it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.allocation import Choice, allocate
from billing_svc.domain.charge import Charge, ChargeReason, ChargeWish
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import journal_of_bill, on_notes, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money


class BillClass(StrEnum):
    """Who stands for it: a bank that accepted it, or a merchant."""

    BANK = "bank"
    COMMERCIAL = "commercial"


class BillState(StrEnum):
    HELD = "held"
    HONOURED = "honoured"
    DISHONOURED = "dishonoured"


@dataclass(frozen=True, slots=True)
class ReceiveBill:
    """The wish to record one: `number` is printed on it, `choice` is what it was given for."""

    id: UUID
    customer_id: UUID
    amount: Money
    number: str
    risk_class: BillClass
    drawer: str
    acceptor: str
    received_on: date
    due_on: date
    choice: Choice


@dataclass(frozen=True, slots=True)
class BillPart:
    """So much of an item was settled by a bill."""

    item_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Bill:
    """The fact: owed as the item `item_id`, which fell to it on `effective_on`."""

    id: UUID
    item_id: UUID
    wish: ReceiveBill
    effective_on: date
    parts: tuple[BillPart, ...]


def check_bill(wish: ReceiveBill, today: date, base_currency: str) -> None:
    """Refuses: amount_not_positive, received_in_future, bill_due_too_early, bill_not_in_base_currency."""
    if not wish.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A bill has an amount above zero.")
    if wish.received_on > today:
        raise RuleBroken("received_in_future", "It cannot have been received after today.", today=today)
    if wish.due_on <= max(wish.received_on, today):
        raise RuleBroken("bill_due_too_early", "A bill is received before it is due; one that is due is a payment.")
    if wish.amount.currency != base_currency:
        raise RuleBroken("bill_not_in_base_currency", "A bill is taken in the tenant's own currency.",
                         currency=base_currency)


def parts_of(wish: ReceiveBill, items: Mapping[UUID, Item]) -> tuple[BillPart, ...]:
    """What the bill settles: what its giver named, else the oldest first, and all of it; never another bill.

    Refuses: more_than_open, item_disputed, and what `allocate` refuses.
    """
    settled = allocate(wish.amount, wish.choice, {
        one.id: one for one in items.values() if one.kind is not ItemKind.BILL})
    if settled.rest.is_positive:
        raise RuleBroken("more_than_open", "A bill settles what is owed, and no more.", left=settled.rest)
    for share in settled.shares:
        if share.amount > items[share.item_id].undisputed:
            raise Conflict("item_disputed", "Part of it is in dispute; settle that first.", item_id=share.item_id)
    return tuple(BillPart(share.item_id, share.amount) for share in settled.shares)


def received_on(
    wish: ReceiveBill, parts: Sequence[BillPart], steps: Mapping[UUID, Sequence[Step]], books: Books,
) -> date:
    """Its day in the books: when it was received, never where its items did not owe as much.

    Refuses: effective_in_future, period_locked.
    """
    able = max(earliest_day(steps[part.item_id], part.amount.minor) for part in parts)
    return books.day_of(None, default=wish.received_on, not_before=able)


def charge_of_bill(wish: ReceiveBill, day: date) -> ChargeWish:
    """The bill as an item under a number of its own."""
    return ChargeWish(ItemKind.BILL, wish.customer_id, wish.amount, day, wish.due_on, ChargeReason.BILL_RECEIVED)


def fact_of_bill(bill: Bill) -> Fact:
    """What it settles is owed no more."""
    return Fact(
        FactKind.BILL_RECEIVED, bill.id, bill.wish.customer_id, bill.wish.amount.currency, bill.effective_on,
        tuple(Entry(LedgerSide.RECEIVABLE, part.item_id, -part.amount) for part in bill.parts),
        journal_of_bill(bill.wish.amount))


def fact_of_holding(charge: Charge) -> Fact:
    """The bill itself is owed."""
    wish = charge.wish
    return Fact(
        FactKind.BILL_HELD, charge.id, wish.customer_id, wish.amount.currency, wish.effective_on,
        (Entry(LedgerSide.RECEIVABLE, charge.item_id, wish.amount),), reversed_journal(journal_of_bill(wish.amount)))


def state_of(left: Money, *, dishonoured: bool) -> BillState:
    """Honoured once nothing is open of its item; a payment that is returned makes it held again."""
    if dishonoured:
        return BillState.DISHONOURED
    return BillState.HONOURED if left.is_zero else BillState.HELD


def noted(fact: Fact, items: Mapping[UUID, Item]) -> Fact:
    """The fact, booked on notes receivable as far as it moves bills."""
    moved = [entry.amount.minor for entry in fact.entries
             if entry.side is LedgerSide.RECEIVABLE and items[entry.ref_id].kind is ItemKind.BILL]
    if not moved:
        return fact
    return replace(fact, journal=on_notes(fact.journal, Money(sum(moved), fact.currency)))
