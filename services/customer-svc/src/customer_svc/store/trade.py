"""What was traded with a customer and with those merged into it, as billing-svc told: months, and items by due date."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from customer_svc.store.merged_entries import ENTRIES
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

MONTHS = 24
_MONTHS: Any = text(f"""
WITH RECURSIVE {ENTRIES}
SELECT m.month, m.currency, sum(m.billed)::bigint AS billed, sum(m.cash)::bigint AS cash,
       sum(m.invoices)::integer AS invoices
FROM entry e JOIN heard_month m USING (customer_id) WHERE m.month >= :since GROUP BY 1, 2 ORDER BY 1 DESC, 2""")  # noqa: S608
_ITEMS = """
WITH RECURSIVE {entries}
SELECT i.* FROM entry e CROSS JOIN LATERAL (
  SELECT * FROM heard_item l WHERE l.customer_id = e.customer_id AND (l.open > 0 OR l.settled_on IS NOT NULL) {before}
  ORDER BY l.due_on DESC, l.id DESC LIMIT :wanted) i
ORDER BY i.due_on DESC, i.id DESC LIMIT :wanted"""
_FIRST: Any = text(_ITEMS.format(entries=ENTRIES, before=""))
_NEXT: Any = text(_ITEMS.format(entries=ENTRIES, before="AND (l.due_on, l.id) < (:due_on, :last)"))


class TradeMonth(NamedTuple):
    """What was billed and what cash came in a month, named by its first day, in one currency."""

    month: date
    billed: Money
    cash: Money
    invoices: int


class TradedItem(NamedTuple):
    """One amount that is owed, or was paid on `settled_on`; one that ended without money is not shown."""

    id: UUID
    number: str
    due_on: date
    amount: Money
    open: Money
    settled_on: date | None


async def months(tx: Transaction, customer_id: UUID, since: date) -> Sequence[TradeMonth]:
    """From the month of this day on, the newest first."""
    return [TradeMonth(row["month"], Money(row["billed"], row["currency"]), Money(row["cash"], row["currency"]),
                       row["invoices"])
            for row in await tx.rows(_MONTHS, customer_id=customer_id, since=since)]


async def items(
    tx: Transaction, customer_id: UUID, after: tuple[Any, ...] | None, limit: int,
) -> Sequence[TradedItem]:
    """Up to `limit` + 1, the latest due first."""
    given: dict[str, Any] = {"customer_id": customer_id, "wanted": limit + 1}
    if after is not None:
        given |= {"due_on": date.fromisoformat(after[0]), "last": UUID(after[1])}
    return [TradedItem(row["id"], row["number"], row["due_on"], Money(row["amount"], row["currency"]),
                       Money(row["open"], row["currency"]), row["settled_on"])
            for row in await tx.rows(_NEXT if after else _FIRST, **given)]
