"""Promises to pay that were broken, as notify-svc judged them."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import text

from credit_svc.store.hold_tables import BrokenPromiseRow
from credit_svc.store.mergers import ENTRIES_OF_ALL
from dunlin_events.consuming import Tx

_BROKEN = text(f"""
WITH RECURSIVE {ENTRIES_OF_ALL}
SELECT e.of_id AS customer_id, p.promise_id, p.broken_on FROM entry e JOIN broken_promise p USING (customer_id)
WHERE p.broken""")  # noqa: S608


async def broken(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, date]]:
    """Those that stand as broken and since when, by customer and promise; also of those merged into it."""
    found: dict[UUID, dict[UUID, date]] = {}
    for row in await tx.rows(_BROKEN, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[row["promise_id"]] = row["broken_on"]
    return found


def keep(tx: Tx, customer_id: UUID, judged: Mapping[UUID, tuple[date, bool]]) -> None:
    """Gather promises as they are judged now."""
    tx.put(BrokenPromiseRow, *(
        {"promise_id": promise_id, "customer_id": customer_id, "broken_on": day, "broken": stands}
        for promise_id, (day, stands) in judged.items()
    ), key=("promise_id",))
