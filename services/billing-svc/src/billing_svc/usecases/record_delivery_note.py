"""Record a delivery: what left and is not billed yet uses the customer's credit from now on."""

from billing_svc.domain.customer import going_on, heard_of
from billing_svc.domain.delivery import Delivery, RecordDelivery, delivered
from billing_svc.store import audit, customers, deliveries
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_deliveries import DeliveryRecorded
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def record_delivery_note(tx: Transaction, wish: RecordDelivery) -> Delivery:
    """No money moves. Refuses: tenant_not_known_yet, customer_not_known_yet, customer_merged,
    amount_not_positive, effective_in_future."""
    tenant = await present(tx)
    going_on(heard_of((await customers.known(tx, [wish.customer_id])).get(wish.customer_id), wish.customer_id))
    made = delivered(wish, tenant.today)
    deliveries.add(tx, made, recorded_at=tenant.now)
    audit.add(tx, "delivery_recorded", made.id, customer_id=made.customer_id, recorded_at=tenant.now,
              after={"amount": str(made.amount), "reference": made.reference})
    tx.emit(DeliveryRecorded(
        customer_id=made.customer_id, delivery_id=made.id, authorization_id=made.authorization_id,
        reference=made.reference, amount=Amount.of(made.amount), delivered_on=made.delivered_on))
    return made
