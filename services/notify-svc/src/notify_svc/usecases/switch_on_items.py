"""Switch on the ladders of a page of items, each at the level it has reached."""

from datetime import date
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.store import customers, items, ladder_policies
from notify_svc.usecases.plan_reminders import Change, plan_reminders


async def switch_on_items(tx: Transaction, *, customer_id: UUID | None, today: date, most: int) -> int:
    """Switch on up to `most`, of one customer or of all, and give how many that were; 0 when none is off any more."""
    page = await items.switched_off(tx, customer_id, most)
    kept = await customers.lock(tx, {owner for _, owner in page})
    ladders = await ladder_policies.all_of(tx)
    found = await items.by_id(tx, [item_id for item_id, _ in page])
    for item in found.values():
        if not item.active:
            policy = ladders.of(kept[item.customer_id].segment)
            plan_reminders(tx, policy, [Change(None, item.switched_on(policy, today))])
    return len(page)
