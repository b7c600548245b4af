"""Keep items as they stand now, and tell what that changes in their plans."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from dunlin_events.contracts.notify import CancellationReason, ReminderCancelled, ReminderScheduled
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import LadderPolicy, NextReminder
from notify_svc.store import items


class Change(NamedTuple):
    """An item as it stands now, what was planned for it before, and why nothing is owed of it where that is so.

    `is_new`: nothing is kept of it yet.
    """

    was: NextReminder | None
    item: DunnedItem
    ended_by: CancellationReason = CancellationReason.SETTLED
    is_new: bool = False


def plan_reminders(tx: Any, policy: LadderPolicy, changes: Iterable[Change], *, climbed: bool = False) -> None:
    """Gather the items; tell ReminderScheduled for a new plan, ReminderCancelled for one ended by payment or void.

    `climbed`: they are kept already, and only their places on the ladder are other ones.
    """
    changed = [(change, change.item.planned(policy)) for change in changes]
    items.begin(tx, ((change.item, now) for change, now in changed if change.is_new))
    (items.climb if climbed else items.keep)(tx, ((change.item, now) for change, now in changed if not change.is_new))
    for (was, item, ended_by, _), now in changed:
        if now is not None and now != was:
            tx.emit(ReminderScheduled(**_about(item, policy, now.level), planned_on=now.planned_on))
        elif was is not None and item.open.is_zero:
            tx.emit(ReminderCancelled(
                **_about(item, policy, was.level), planned_on=was.planned_on, reason=ended_by))


def _about(item: DunnedItem, policy: LadderPolicy, level: int) -> dict[str, Any]:
    return {
        "customer_id": item.customer_id, "item_id": item.id, "invoice_id": item.invoice_id, "number": item.number,
        "due_version": item.due_version, "policy_version": policy.version, "level": level,
    }
