"""Refunds: unapplied credit that is paid back, never more than is unapplied on its day, on any day since, and today."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.credit import Credit
from billing_svc.domain.journal import journal_of_payment, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money


class RefundReason(StrEnum):
    OVERPAID = "overpaid"
    CREDITED = "credited"
    PAID_TWICE = "paid_twice"
    ORDER_CANCELLED = "order_cancelled"
    ACCOUNT_CLOSED = "account_closed"


class RefundReversalReason(StrEnum):
    """`bounced`: the bank sent it back, on a day of its own; `recorded_in_error` takes the refund's own day."""

    BOUNCED = "bounced"
    RECORDED_IN_ERROR = "recorded_in_error"


@dataclass(frozen=True, slots=True)
class PayRefund:
    """The wish to pay credit back. `amount` None means all that is unapplied, `effective_on` None today."""

    id: UUID
    credit_id: UUID
    reason: RefundReason
    method: str
    amount: Money | None = None
    effective_on: date | None = None
    reference: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """The fact that so much of a credit was paid back."""

    id: UUID
    credit_id: UUID
    customer_id: UUID
    amount: Money
    effective_on: date


@dataclass(frozen=True, slots=True)
class RefundReversal:
    """The money came back, or was never paid: the credit has it again."""

    id: UUID
    refund: Refund
    effective_on: date


def refund_of(wish: PayRefund, credit: Credit, steps: Sequence[Step], books: Books) -> Refund:
    """What is paid back; `steps` are the credit's ledger entries so far.

    Refuses: nothing_unapplied, amount_not_positive, currency_mismatch, more_than_unapplied, effective_too_early,
    effective_in_future, period_locked.
    """
    if credit.unapplied.is_zero:
        raise RuleBroken("nothing_unapplied", "Nothing is left of this credit.")
    amount = credit.unapplied if wish.amount is None else wish.amount
    if not amount.is_positive:
        raise RuleBroken("amount_not_positive", "A refund has an amount above zero.")
    if amount > credit.unapplied:
        raise RuleBroken("more_than_unapplied", "This is more than the credit has left.", unapplied=credit.unapplied)
    day = books.day_of(wish.effective_on, default=books.today, not_before=earliest_day(steps, amount.minor))
    return Refund(wish.id, credit.id, credit.customer_id, amount, day)


def refund_back(
    refund: Refund, reason: RefundReversalReason, wanted: date | None, books: Books, reversal_id: UUID,
) -> RefundReversal:
    """The reversal of a refund that stands. Refuses: effective_too_early, effective_in_future, period_locked."""
    correction = reason is RefundReversalReason.RECORDED_IN_ERROR
    day = books.day_of(wanted, default=refund.effective_on if correction else books.today,
                       not_before=refund.effective_on)
    return RefundReversal(reversal_id, refund, day)


def refund_standing(refund: Refund, reversed_ids: Collection[UUID], reclaimed_ids: Collection[UUID]) -> Refund:
    """Refuses: refund_reversed, refund_reclaimed."""
    if refund.id in reclaimed_ids:
        raise Conflict("refund_reclaimed", "It is claimed back: money that comes is a payment of that claim.",
                       refund_id=refund.id)
    if refund.id in reversed_ids:
        raise Conflict("refund_reversed", "This refund was reversed already.", refund_id=refund.id)
    return refund


def fact_of_refund(refund: Refund) -> Fact:
    """The customer's credit was paid out."""
    return Fact(
        FactKind.REFUND_PAID, refund.id, refund.customer_id, refund.amount.currency, refund.effective_on,
        (Entry(LedgerSide.CREDIT, refund.credit_id, -refund.amount),),
        reversed_journal(journal_of_payment(refund.amount)))


def fact_of_refund_reversal(reversal: RefundReversal) -> Fact:
    """The bank has it again, and the customer's credit."""
    refund = reversal.refund
    return Fact(
        FactKind.REFUND_REVERSED, reversal.id, refund.customer_id, refund.amount.currency, reversal.effective_on,
        (Entry(LedgerSide.CREDIT, refund.credit_id, refund.amount),), journal_of_payment(refund.amount),
        undoes=refund.id)
