"""Plan a page of items anew under the policy in force."""

from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.store import customers, items, ladder_policies
from notify_svc.usecases.plan_reminders import Change, plan_reminders


async def plan_items(tx: Transaction, *, after: UUID) -> UUID | None:
    """Plan the items after this id, and give the last id of the page; None when there were none."""
    page = await items.climbing(tx, after)
    await customers.lock(tx, {customer_id for _, customer_id in page})
    policy = (await ladder_policies.in_force(tx)).policy
    planned = await items.with_plans(tx, [item_id for item_id, _ in page])
    plan_reminders(tx, policy, [Change(was, item) for was, item in planned if was != item.planned(policy)])
    return page[-1][0] if page else None
