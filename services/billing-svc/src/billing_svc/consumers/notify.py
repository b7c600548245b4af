"""What notify-svc tells: a reminder that left may cost its customer a fee."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from billing_svc.usecases.plan_reminder_fee import plan_reminder_fee
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.notify import ReminderSent
from dunlin_events.subscription import Subscription

Sent = tuple[ReminderSent, ...]


async def load(_tx: Any, events: Sequence[Event]) -> dict[UUID, Sent]:
    """Nothing is kept of a customer: each reminder stands for itself."""
    return {event.concerns: () for event in events if event.concerns is not None}


async def save(tx: Any, states: Mapping[UUID, Sent]) -> None:
    for sent in states.values():
        for one in sent:
            plan_reminder_fee(tx, one)


notify = Subscription[Sent](consumer="billing", owner="notify", load=load, save=save)


@notify.on(ReminderSent)
def reminder_sent(event: ReminderSent, sent: Sent) -> Sent:
    """One whose level asks for a fee; one that was suppressed or failed is told otherwise."""
    return sent if event.fee_code is None else (*sent, event)
