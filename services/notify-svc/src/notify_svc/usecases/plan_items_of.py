"""Plan all items of some customers anew: what is kept of them was put right, or they climb another ladder."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from notify_svc.store import customers, items, ladder_policies
from notify_svc.usecases.plan_reminders import Change, plan_reminders

PLAN_CUSTOMER = "plan_customer"


async def plan_items_of(tx: Any, customer_ids: Collection[UUID]) -> None:
    """Under the policies in force; tells what that changes."""
    await plan_anew(tx, customer_ids, None)


async def plan_anew(tx: Any, customer_ids: Collection[UUID], item_ids: Sequence[UUID] | None) -> None:
    """Plan these items of these customers, or all of theirs, after locking the customers."""
    kept = await customers.lock(tx, customer_ids)
    ladders = await ladder_policies.all_of(tx)
    ids = await items.ids_of(tx, customer_ids) if item_ids is None else item_ids
    planned = await items.with_plans(tx, ids)
    for customer_id, customer in kept.items():
        policy = ladders.of(customer.segment)
        own = [(was, item) for was, item in planned if item.customer_id == customer_id]
        plan_reminders(tx, policy, [Change(was, item) for was, item in own if was != item.planned(policy)])
