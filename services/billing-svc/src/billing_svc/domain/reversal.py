"""Reversals: a payment that did not arrive or was recorded in error, or one allocation of it, is undone by facts with
dates of their own.

A return or a reassignment takes its own date; a correction the original one if that is open, else the first open day.
A reversal is never effective before what it reverses. What was paid back of money that did not arrive is claimed back.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.allocation import Allocation, fact_of_allocation
from billing_svc.domain.charge import ChargeReason, ChargeWish
from billing_svc.domain.credit import Credit
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import journal_of_payment, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from billing_svc.domain.reclaim import Reclaim, reclaim_on
from billing_svc.domain.refund import Refund
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money, sum_money


class ReversalReason(StrEnum):
    """`returned`: it had come in, and the bank took it back on a day of its own, which may cost the customer a fee."""

    RETURNED = "returned"
    NOT_RECEIVED = "not_received"
    RECORDED_IN_ERROR = "recorded_in_error"


class UndoReason(StrEnum):
    """Why one allocation is undone: it was a mistake, or both sides want the money elsewhere from now on."""

    RECORDED_IN_ERROR = "recorded_in_error"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True)
class UndoWish:
    """`effective_on` None means today for a reassignment, the allocation's own day for a correction."""

    allocation_id: UUID
    reason: UndoReason
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class AllocationReversal:
    """The undoing of one allocation."""

    id: UUID
    allocation: Allocation
    effective_on: date
    business_on: date


@dataclass(frozen=True, slots=True)
class CreditReversal:
    """The undoing of a credit after its allocations; `amount` is the whole of it."""

    id: UUID
    credit: Credit
    amount: Money
    effective_on: date
    business_on: date


@dataclass(frozen=True, slots=True)
class ReversalWish:
    """`effective_on` None means today for a return, the payment's own day for a correction. `fee` is charged for a
    return, due at once."""

    payment_id: UUID
    reason: ReversalReason
    effective_on: date | None
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """Allocation reversals, then what is claimed back of refunds, then the reversal of the credit."""

    allocations: tuple[AllocationReversal, ...]
    credit: CreditReversal
    reclaims: tuple[Reclaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """All that deciding needs: the credit, its live allocations, its ledger entries so far, and the calendar; and the
    refunds of it that stand, where they are claimed back."""

    credit: Credit
    live: Sequence[Allocation]
    steps: Sequence[Step]
    books: Books
    refunds: Sequence[Refund] = ()


def undo(wish: ReversalWish, undoing: Undoing, new_id: Callable[[], UUID]) -> Undone:
    """Reverse all live allocations and the payment itself; refunds of it are claimed back, where it is told of them.

    Refuses: what `undo_credit` refuses.
    """
    correction = wish.reason is ReversalReason.RECORDED_IN_ERROR
    return undo_credit(undoing, new_id, wanted=wish.effective_on, correction=correction)


def return_fee(wish: ReversalWish, undone: Undone, items: Mapping[UUID, Item]) -> ChargeWish | None:
    """The fee for a return, on its day; it names the claim where the payment had paid one only.

    Refuses: fee_not_meant, amount_not_positive, currency_mismatch.
    """
    if wish.fee is None:
        return None
    if wish.reason is not ReversalReason.RETURNED:
        raise RuleBroken("fee_not_meant", "A fee is charged only where the bank returned the payment.")
    if not wish.fee.is_positive:
        raise RuleBroken("amount_not_positive", "A fee has an amount above zero.")
    if wish.fee.currency != undone.credit.amount.currency:
        raise RuleBroken("currency_mismatch", "The fee is charged in the currency of the payment.")
    day, paid = undone.credit.effective_on, {one.allocation.item_id for one in undone.allocations}
    claim = items[next(iter(paid))] if len(paid) == 1 else None
    return ChargeWish(
        ItemKind.FEE, undone.credit.credit.customer_id, wish.fee, day, day, ChargeReason.RETURNED_PAYMENT,
        claim.invoice_id if claim else None, claim.id if claim else None)


def undo_credit(undoing: Undoing, new_id: Callable[[], UUID], *, wanted: date | None, correction: bool) -> Undone:
    """Reverse all live allocations and the credit itself; without a wanted day a correction takes its own one.

    Refuses: credit_refunded, effective_too_early, effective_in_future, period_locked.
    """
    credit, books = undoing.credit, undoing.books
    used = sum_money(credit.amount.currency, (
        *(one.amount for one in undoing.live), *(one.amount for one in undoing.refunds)))
    if credit.unapplied + used != credit.amount:
        raise Conflict("credit_refunded", "Part of it was paid back; reverse the refund first.")
    day = books.day_of(wanted, default=credit.effective_on if correction else books.today,
                       not_before=credit.effective_on)
    undone = tuple(
        AllocationReversal(new_id(), one, effective_on=max(day, one.effective_on),
                           business_on=one.business_on if correction else max(day, one.business_on))
        for one in undoing.live)
    reclaims = tuple(reclaim_on(one, day) for one in undoing.refunds)
    back = [*(Step(one.effective_on, one.allocation.amount.minor) for one in undone),
            *(Step(one.effective_on, one.refund.amount.minor) for one in reclaims)]
    able = earliest_day([*undoing.steps, *back], credit.amount.minor)
    if wanted is not None and able > wanted:
        raise RuleBroken("effective_too_early", "Part of it was in use on that day.", earliest=able)
    business_on = credit.business_on if correction else day
    return Undone(undone, CreditReversal(new_id(), credit, credit.amount, max(day, able), business_on), reclaims)


def standing(allocation: Allocation, undone: Collection[UUID]) -> Allocation:
    """Refuses: already_reversed."""
    if allocation.id in undone:
        raise Conflict("already_reversed", "This allocation was undone already.", allocation_id=allocation.id)
    return allocation


def undo_allocation(wish: UndoWish, allocation: Allocation, books: Books, reversal_id: UUID) -> AllocationReversal:
    """Undo one allocation that stands; the credit has its part back and keeps it unapplied.

    Refuses: effective_too_early, effective_in_future, period_locked.
    """
    correction = wish.reason is UndoReason.RECORDED_IN_ERROR
    day = books.day_of(wish.effective_on, default=allocation.effective_on if correction else books.today,
                       not_before=allocation.effective_on)
    business_on = allocation.business_on if correction else max(day, allocation.business_on)
    return AllocationReversal(reversal_id, allocation, day, business_on)


def fact_of_allocation_reversal(reversal: AllocationReversal) -> Fact:
    """The item owes that part again; the credit has it back."""
    was = fact_of_allocation(reversal.allocation)
    return Fact(
        FactKind.ALLOCATION_REVERSED, reversal.id, was.customer_id, was.currency, reversal.effective_on,
        tuple(Entry(entry.side, entry.ref_id, -entry.amount) for entry in was.entries), reversed_journal(was.journal),
        undoes=reversal.allocation.id)


def fact_of_payment_reversal(reversal: CreditReversal) -> Fact:
    """The money is gone, and the customer's credit with it."""
    payment = reversal.credit
    return Fact(
        FactKind.PAYMENT_REVERSED, reversal.id, payment.customer_id, reversal.amount.currency, reversal.effective_on,
        (Entry(LedgerSide.CREDIT, payment.id, -reversal.amount),),
        reversed_journal(journal_of_payment(reversal.amount)))
