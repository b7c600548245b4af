"""Customers as customer-svc tells of them: number, name, status."""

from collections.abc import Iterable

from credit_svc.domain.customer import CustomerStanding
from credit_svc.store.tables import CustomerRow
from dunlin_events.consuming import Tx


def keep(tx: Tx, customers: Iterable[CustomerStanding]) -> None:
    """Gather customers as they stand now; one not known before is new."""
    tx.put(CustomerRow, *(
        {"customer_id": one.customer_id, "number": one.number, "name": one.name, "status": one.status,
         "sequence": one.sequence} for one in customers
    ), key=("customer_id",))
