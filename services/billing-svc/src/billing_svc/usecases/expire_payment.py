"""Expire a pending payment whose last day is over; one that was decided meanwhile stays as it is."""

from uuid import UUID

from billing_svc.domain.pending_payment import expired, has_expired
from billing_svc.store import accounts, payments
from billing_svc.usecases.reject_payment import end_pending
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import PaymentExpired
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


async def expire_payment(tx: Transaction, payment_id: UUID, tenant: Tenant) -> bool:
    """Whether it expired now; `tenant` gives the day for which that is judged."""
    named = (await payments.by_id(tx, [payment_id]))[payment_id]
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    payment = (await payments.by_id(tx, [payment_id]))[payment_id]
    if not has_expired(payment, tenant.today):
        return False
    ended = expired(payment)
    end_pending(tx, ended, None, tenant)
    assert ended.expires_on is not None, "what expires had a last day"
    tx.emit(PaymentExpired(customer_id=ended.customer_id, payment_id=ended.id, amount=Amount.of(ended.amount),
                           expired_on=ended.expires_on))
    return True
