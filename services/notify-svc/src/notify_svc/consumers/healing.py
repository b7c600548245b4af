"""What follows when our copy was put right by the log: ladders are chosen again."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from notify_svc.domain.ladder_choice import Segment
from notify_svc.store import customers
from notify_svc.usecases.plan_items_of import plan_items_of


async def ladders_chosen_anew(tx: Any, customer_ids: Collection[UUID]) -> None:
    """By the grade that credit-svc told last, or by none; what that plans otherwise is told."""
    kept = await customers.hold(tx, customer_ids)
    told = await customers.grades_told(tx, customer_ids)
    for customer in kept.values():
        if customer.segment.grade != told.get(customer.id):
            segment = Segment(told.get(customer.id), customer.segment.classes)
            customers.keep(tx, replace(customer, segment=segment))
    await tx.flush()
    await plan_items_of(tx, customer_ids)
