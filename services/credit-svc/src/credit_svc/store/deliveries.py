"""Deliveries as billing tells of them: those that a batch names."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.delivery import Delivery
from credit_svc.store.tables import DeliveryRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_FIND = text("SELECT * FROM delivery WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[]))")


async def find(tx: Tx, delivery_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Delivery]]:
    """Those of these that were told of, by customer; nothing is asked where none is named."""
    found: dict[UUID, dict[UUID, Delivery]] = {}
    for row in await tx.rows(_FIND, delivery_ids=list(delivery_ids)) if delivery_ids else ():
        currency = row["currency"]
        found.setdefault(row["customer_id"], {})[row["delivery_id"]] = Delivery(
            row["delivery_id"], row["authorization_id"], row["reference"], row["delivered_on"],
            Money(row["amount"], currency), Money(row["open"], currency))
    return found


def keep(tx: Tx, deliveries: Mapping[UUID, Mapping[UUID, Delivery]]) -> None:
    """Gather deliveries as they stand now, by customer; one not told of before is new."""
    tx.put(DeliveryRow, *(
        {"delivery_id": one.id, "customer_id": customer_id, "authorization_id": one.authorization_id,
         "reference": one.reference, "delivered_on": one.delivered_on, "currency": one.amount.currency,
         "amount": one.amount.minor, "open": one.open.minor}
        for customer_id, by_id in deliveries.items() for one in by_id.values()
    ), key=("delivery_id", "customer_id"))
