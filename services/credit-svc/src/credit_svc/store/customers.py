"""Customers as customer-svc tells of them: number, name, status."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.customer import CustomerOwner, CustomerStanding
from credit_svc.store.alert_tables import CustomerOwnerRow
from credit_svc.store.tables import CustomerRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotReady

_KNOWN = text("SELECT 1 FROM customer WHERE customer_id = CAST(:customer_id AS uuid)")
_TO_WATCH = text("""
SELECT DISTINCT customer_id FROM (
  SELECT customer_id FROM owed_item WHERE open > disputed AND due_on < CAST(:before AS date)
  UNION ALL SELECT customer_id FROM credit_hold WHERE released_at IS NULL AND rule <> 'manual'
  UNION ALL SELECT customer_id FROM credit_hold WHERE waived_until >= CAST(:today AS date) - 1
  UNION ALL SELECT customer_id FROM credit_limit
  WHERE valid_from = CAST(:today AS date) OR valid_until = CAST(:today AS date) - 1
  UNION ALL SELECT customer_id FROM cover WHERE state = 'standing' AND (
    valid_from = CAST(:today AS date) OR valid_until = CAST(:today AS date) - 1)
  UNION ALL SELECT customer_id FROM alert_level WHERE ageing > 0 OR silence > 0
  UNION ALL SELECT customer_id FROM exposure WHERE CAST(:everyone AS boolean)) w
ORDER BY customer_id""")


async def check_known(tx: Tx, customer_id: UUID) -> None:
    """Refuses: customer_not_known_yet."""
    if await tx.row(_KNOWN, customer_id=customer_id) is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")


@dataclass(frozen=True, slots=True)
class ToWatch:
    """Whom time alone may have moved: something was due before a day, a hold stands, a limit begins or ended."""

    today: date
    before: date
    everyone: bool

    async def all(self, tx: Tx) -> Sequence[UUID]:
        """By id, in one look: to find the next of them costs as much as to find all."""
        rows = await tx.rows(_TO_WATCH, today=self.today, before=self.before, everyone=self.everyone)
        return [row["customer_id"] for row in rows]


def keep(tx: Tx, customers: Iterable[CustomerStanding]) -> None:
    """Gather customers as they stand now; one not known before is new."""
    tx.put(CustomerRow, *(
        {"customer_id": one.customer_id, "number": one.number, "name": one.name, "status": one.status,
         "sequence": one.sequence, "prepayment_bps": one.terms.prepayment_bps,
         "cash_on_delivery": one.terms.cash_on_delivery} for one in customers
    ), key=("customer_id",))


def keep_owners(tx: Tx, owners: Mapping[UUID, CustomerOwner]) -> None:
    """Gather who answers for customers now."""
    tx.put(CustomerOwnerRow, *(
        {"customer_id": customer_id, "owner_id": one.owner_id, "owner_code": one.owner_code}
        for customer_id, one in owners.items()
    ), key=("customer_id",))
