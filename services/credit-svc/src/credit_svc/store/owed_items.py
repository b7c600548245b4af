"""Items that are owed, as billing tells of them: those that a batch touches, and sums of what is overdue."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.owed_item import Overdue, OwedItem
from credit_svc.store.hold_tables import OwedItemRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_FIND = text("""
SELECT customer_id, item_id, currency, due_on, open, disputed FROM owed_item
WHERE item_id = ANY(CAST(:item_ids AS uuid[]))""")
_OVERDUE = text("""
SELECT customer_id, currency, min(due_on) AS oldest, sum(open - disputed)::bigint AS amount FROM owed_item
WHERE customer_id = ANY(CAST(:customer_ids AS uuid[])) AND open > disputed AND due_on < CAST(:before AS date)
  AND item_id <> ALL(CAST(:beside AS uuid[]))
GROUP BY customer_id, currency""")

ByCustomer = Mapping[UUID, Mapping[str, Overdue]]


async def find(tx: Tx, item_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, OwedItem]]:
    """Those of these that were told of, by customer and item."""
    found: dict[UUID, dict[UUID, OwedItem]] = {}
    for row in await tx.rows(_FIND, item_ids=list(item_ids)) if item_ids else ():
        currency = row["currency"]
        found.setdefault(row["customer_id"], {})[row["item_id"]] = OwedItem(
            row["item_id"], row["due_on"], Money(row["open"], currency), Money(row["disputed"], currency))
    return found


async def overdue(
    tx: Tx, customer_ids: Collection[UUID], *, before: date, beside: Collection[UUID] = (),
) -> ByCustomer:
    """What was due before this day and is undisputed, by customer and currency, without the items `beside`."""
    found: dict[UUID, dict[str, Overdue]] = {}
    rows = await tx.rows(_OVERDUE, customer_ids=list(customer_ids), before=before, beside=list(beside))
    for row in rows:
        found.setdefault(row["customer_id"], {})[row["currency"]] = Overdue(
            row["oldest"], Money(row["amount"], row["currency"]))
    return found


def keep(tx: Tx, items: Mapping[UUID, Mapping[UUID, OwedItem]]) -> None:
    """Gather items as they stand now, by customer; one not told of before is new."""
    tx.put(OwedItemRow, *(
        {"item_id": one.id, "customer_id": customer_id, "currency": one.open.currency, "due_on": one.due_on,
         "open": one.open.minor, "disputed": one.disputed.minor}
        for customer_id, by_id in items.items() for one in by_id.values()
    ), key=("item_id", "customer_id"))
