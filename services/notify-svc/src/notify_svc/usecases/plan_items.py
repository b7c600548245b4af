"""Plan a page of items anew under the policies in force."""

from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.store import items
from notify_svc.usecases.plan_items_of import plan_anew


async def plan_items(tx: Transaction, *, after: UUID, most: int) -> UUID | None:
    """Plan up to `most` items after this id, and give the last one's id; None when there were none."""
    page = await items.climbing(tx, after, most)
    await plan_anew(tx, {customer_id for _, customer_id in page}, [item_id for item_id, _ in page])
    return page[-1][0] if page else None
