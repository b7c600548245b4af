"""Cancel a delivery of which nothing is billed: it was recorded in error, or came back whole."""

from uuid import UUID

from billing_svc.domain.delivery import Delivery, DeliveryCancelReason, cancel
from billing_svc.store import audit, deliveries
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_deliveries import DeliveryCancelled
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def cancel_delivery_note(tx: Transaction, delivery_id: UUID, reason: DeliveryCancelReason) -> Delivery:
    """Refuses: tenant_not_known_yet, delivery_not_found, delivery_billed, delivery_cancelled."""
    tenant = await present(tx)
    before = await deliveries.hold(tx, delivery_id)
    after = cancel(before, reason)
    deliveries.change(tx, after)
    audit.add(tx, "delivery_cancelled", delivery_id, customer_id=after.customer_id, recorded_at=tenant.now,
              before={"open": str(before.open)}, after={"open": str(after.open), "reason": reason.value})
    tx.emit(DeliveryCancelled(
        customer_id=after.customer_id, delivery_id=after.id, authorization_id=after.authorization_id,
        reference=after.reference, amount=Amount.of(before.open), reason=reason.value))
    return after
