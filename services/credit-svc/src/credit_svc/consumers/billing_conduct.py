"""What billing's facts say of a customer's conduct, whatever else they move."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from credit_svc.domain.conduct import BilledInvoice, Conduct, Mark, MarkKind
from credit_svc.domain.willingness import LearntPayment
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import (
    OWN_MONEY,
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceVoided,
    PaymentReversed,
)
from dunlin_events.contracts.billing_disputes import DisputeOpened, DisputeSettled
from dunlin_kernel.calendar import days_between

OWN_MISTAKE = "recorded_in_error"
"""A payment that was never made is not one that came back."""
_ALLOCATING = frozenset({CreditAllocated, AllocationReversed})
_TEACHING = _ALLOCATING | {InvoiceIssued, InvoiceVoided, PaymentReversed, DisputeOpened, DisputeSettled}
"""Looked up by type: asking each fact for each class costs more than folding it."""


def allocations_named(events: Iterable[Event]) -> dict[UUID, UUID]:
    """The allocations that these facts make or undo, and in whose stream they do."""
    return {event.allocation_id: event.customer_id for event in events
            if type(event) in _ALLOCATING and isinstance(event, CreditAllocated | AllocationReversed)}


def allocations_undone(events: Iterable[Event]) -> set[UUID]:
    """Those that are undone: they may have been learnt from another stream, before a merger."""
    return {event.allocation_id for event in events if isinstance(event, AllocationReversed)}


def conduct_after(event: Event, conduct: Conduct) -> Conduct:
    """The conduct after a fact; only the customer's own money teaches how it pays."""
    return _taught(event, conduct) if type(event) in _TEACHING else conduct


def _taught(event: Event, conduct: Conduct) -> Conduct:
    match event:
        case InvoiceIssued():
            return conduct.billing(_billed(event))
        case InvoiceVoided():
            return conduct.voiding(event.invoice_id)
        case CreditAllocated(credit_kind=kind) if kind in OWN_MONEY:
            return conduct.paid(LearntPayment.of(
                event.allocation_id, event.invoice_id, event.amount.money, due_on=event.due_on,
                paid_on=event.business_on))
        case AllocationReversed():
            return conduct.undone(LearntPayment.of(
                event.allocation_id, event.invoice_id, event.amount.money, due_on=event.due_on,
                paid_on=event.effective_on))
        case PaymentReversed(reason=reason) if reason != OWN_MISTAKE:
            return conduct.marked(Mark(MarkKind.RETURNED_PAYMENT, event.payment_id, event.effective_on))
        case DisputeOpened():
            return conduct.marked(Mark(MarkKind.DISPUTE_OPENED, event.dispute_id, event.opened_on))
        case DisputeSettled(outcome="rejected"):
            return conduct.marked(Mark(MarkKind.DISPUTE_LOST, event.dispute_id, event.settled_on))
        case _:
            return conduct


def _billed(event: InvoiceIssued) -> BilledInvoice:
    total = sum(item.amount.money.minor for item in event.items)
    days = sum(item.amount.money.minor * days_between(event.issued_on, item.due_on) for item in event.items)
    mean = Decimal(days) / total if total else Decimal(0)
    return BilledInvoice(
        event.invoice_id, event.total.money, event.issued_on, max(0, int(mean.to_integral_value(ROUND_HALF_UP))))
