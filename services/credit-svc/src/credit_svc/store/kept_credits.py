"""Credit kept for orders as billing tells of it, and the orders of deposit requests."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.kept_credit import DepositOrder, KeptCredit
from credit_svc.store.kept_tables import DepositOrderRow, KeptCreditRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_FIND = text("SELECT * FROM kept_credit WHERE request_id = ANY(CAST(:request_ids AS uuid[]))")
_FOR_ORDER = text("""
SELECT coalesce(sum(k.kept), 0)::bigint AS kept FROM kept_credit k
WHERE k.customer_id = CAST(:customer_id AS uuid) AND k.currency = CAST(:currency AS text) AND k.kept > 0
  AND EXISTS (SELECT FROM deposit_order o WHERE o.request_id = k.request_id
              AND (o.order_reference = CAST(:reference AS text)
                   OR o.authorization_id = CAST(:authorization_id AS uuid)))""")


async def find(tx: Tx, request_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, KeptCredit]]:
    """What is or was kept on these requests, by customer; nothing is asked where none is named."""
    found: dict[UUID, dict[UUID, KeptCredit]] = {}
    for row in await tx.rows(_FIND, request_ids=list(request_ids)) if request_ids else ():
        found.setdefault(row["customer_id"], {})[row["credit_id"]] = KeptCredit(
            row["credit_id"], row["request_id"], Money(row["kept"], row["currency"]))
    return found


async def for_order(
    tx: Tx, customer_id: UUID, currency: str, *, reference: str, authorization_id: UUID | None,
) -> Money:
    """What is kept for the order of this reference, or that asks under this id."""
    row = await tx.row(_FOR_ORDER, customer_id=customer_id, currency=currency, reference=reference,
                       authorization_id=authorization_id)
    return Money(row["kept"] if row else 0, currency)


def keep(tx: Tx, customer_id: UUID, kept: Collection[KeptCredit], orders: Collection[DepositOrder]) -> None:
    """Gather them as they stand now."""
    tx.put(DepositOrderRow, *(
        {"request_id": one.request_id, "customer_id": customer_id, "order_reference": one.order_reference,
         "authorization_id": one.authorization_id} for one in orders), key=("request_id", "customer_id"))
    tx.put(KeptCreditRow, *(
        {"credit_id": one.credit_id, "customer_id": customer_id, "request_id": one.request_id,
         "currency": one.kept.currency, "kept": one.kept.minor} for one in kept), key=("credit_id", "customer_id"))
