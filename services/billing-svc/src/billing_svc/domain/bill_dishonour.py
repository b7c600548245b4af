"""A bill of exchange that is dishonoured: what it had settled is owed again, with the days it had, and its protest may
cost a fee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.bill import Bill
from billing_svc.domain.charge import ChargeReason, ChargeWish
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import journal_of_dishonour
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money


class DishonourReason(StrEnum):
    """`recorded_in_error`: there never was such a bill, and that counts from its own day if open."""

    DISHONOURED = "dishonoured"
    RECORDED_IN_ERROR = "recorded_in_error"


@dataclass(frozen=True, slots=True)
class DishonourBill:
    """The wish. `effective_on` None means the bill's own day for a correction, else today. `fee` is that of its
    protest, due at once."""

    id: UUID
    bill_id: UUID
    reason: DishonourReason
    effective_on: date | None = None
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Dishonour:
    """The fact that a bill was not paid, or never was one."""

    id: UUID
    bill: Bill
    reason: DishonourReason
    effective_on: date


def dishonour_of(
    wish: DishonourBill, bill: Bill, item: Item, steps: Sequence[Step], books: Books,
) -> Dishonour:
    """`item` is the bill's own, `steps` its ledger entries so far.

    Refuses: bill_settled, item_disputed, fee_not_meant, amount_not_positive, currency_mismatch, effective_too_early,
    effective_in_future, period_locked.
    """
    if item.open != item.amount:
        raise Conflict("bill_settled", "All or part of it was paid or written off; undo that first.", open=item.open)
    if not item.disputed.is_zero:
        raise Conflict("item_disputed", "Part of it is in dispute; settle that first.", item_id=item.id)
    correction = wish.reason is DishonourReason.RECORDED_IN_ERROR
    _check_fee(wish, item, correction=correction)
    day = books.day_of(wish.effective_on, default=bill.effective_on if correction else books.today,
                       not_before=earliest_day(steps, item.amount.minor))
    return Dishonour(wish.id, bill, wish.reason, day)


def fee_of_protest(dishonour: Dishonour, fee: Money, items: Mapping[UUID, Item]) -> ChargeWish:
    """On the debt that is owed again, where that is one."""
    parts, day = dishonour.bill.parts, dishonour.effective_on
    claim = items[parts[0].item_id] if len(parts) == 1 else None
    return ChargeWish(
        ItemKind.FEE, items[dishonour.bill.item_id].customer_id, fee, day, day, ChargeReason.BILL_PROTEST,
        claim.invoice_id if claim else None, claim.id if claim else None)


def fact_of_dishonour(dishonour: Dishonour, item: Item) -> Fact:
    """What the bill had settled is owed again by whoever owes the bill, and the bill is owed no more."""
    bill = dishonour.bill
    return Fact(
        FactKind.BILL_DISHONOURED, dishonour.id, item.customer_id, item.amount.currency, dishonour.effective_on,
        (*(Entry(LedgerSide.RECEIVABLE, part.item_id, part.amount) for part in bill.parts),
         Entry(LedgerSide.RECEIVABLE, item.id, -item.amount)), journal_of_dishonour(item.amount))


def _check_fee(wish: DishonourBill, item: Item, *, correction: bool) -> None:
    if wish.fee is None:
        return
    if correction:
        raise RuleBroken("fee_not_meant", "A fee is charged only where the bill was dishonoured.")
    if wish.fee.currency != item.amount.currency:
        raise RuleBroken("currency_mismatch", "The fee is charged in the currency of the bill.")
    if not wish.fee.is_positive:
        raise RuleBroken("amount_not_positive", "A fee has an amount above zero.")
