"""Plan all items of some customers anew, after what is kept of them was put right."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from notify_svc.store import customers, items, ladder_policies
from notify_svc.usecases.plan_reminders import Change, plan_reminders


async def plan_items_of(tx: Any, customer_ids: Collection[UUID]) -> None:
    """Under the policy in force; tells what that changes."""
    await customers.lock(tx, customer_ids)
    policy = (await ladder_policies.in_force(tx)).policy
    planned = await items.with_plans(tx, await items.ids_of(tx, customer_ids))
    plan_reminders(tx, policy, [Change(was, item) for was, item in planned if was != item.planned(policy)])
