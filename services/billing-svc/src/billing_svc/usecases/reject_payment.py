"""Reject pending payments: the money did not arrive; nothing was moved by it, and nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.payment import Payment
from billing_svc.domain.pending_payment import RejectionReason, rejected
from billing_svc.store import accounts, audit, payments, pending_payments
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import PaymentRejected
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RejectPayment:
    payment_id: UUID
    reason: RejectionReason


async def reject_payment(tx: Transaction, wishes: Sequence[RejectPayment]) -> list[Payment]:
    """Reject payments, in order; all or none. Refuses: payment_not_found, illegal_transition."""
    ids = [wish.payment_id for wish in wishes]
    named = await payments.by_id(tx, ids)
    await accounts.lock(tx, {(one.customer_id, one.amount.currency) for one in named.values()})
    tenant = await present(tx)
    held = await payments.by_id(tx, ids)
    made = []
    for wish in wishes:
        ended = held[wish.payment_id] = rejected(held[wish.payment_id])
        end_pending(tx, ended, wish.reason.value, tenant)
        tx.emit(PaymentRejected(customer_id=ended.customer_id, payment_id=ended.id, amount=Amount.of(ended.amount),
                                reason=wish.reason.value))
        made.append(ended)
    return made


def end_pending(tx: Transaction, ended: Payment, reason: str | None, tenant: Tenant) -> None:
    """Keep a payment that ended without ever being certain."""
    payments.move(tx, ended)
    pending_payments.add_decision(tx, ended, reason, recorded_at=tenant.now)
    audit.add(tx, f"payment_{ended.state.value}", ended.id, customer_id=ended.customer_id, recorded_at=tenant.now)
