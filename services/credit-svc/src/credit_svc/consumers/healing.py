"""What follows when our copy was put right by the log: the rules of holds look again."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from credit_svc.store import policies
from credit_svc.usecases.watch_customers import watch_customers


async def holds_judged_anew(tx: Any, customers: Collection[UUID]) -> None:
    """By today's policy; what was placed or released is told."""
    _, moment = await policies.in_force(tx)
    if moment is not None:
        await watch_customers(tx, sorted(customers), moment)
