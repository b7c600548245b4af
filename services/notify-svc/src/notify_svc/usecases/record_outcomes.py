"""Record how the hand-over of messages ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.gateways.sender import Delivery
from notify_svc.store import customers, messages
from notify_svc.usecases.end_messages import Ended, end_messages


@dataclass(frozen=True, slots=True)
class Ending:
    """What the sender said of a message; `at` is the machine's time right before the hand-over, if it came to that."""

    customer_id: UUID
    message_id: UUID
    delivery: Delivery
    at: datetime | None


async def record_outcomes(tx: Transaction, endings: Collection[Ending]) -> None:
    """Keep what the sender said, with all that follows from it. Refuses: illegal_transition."""
    if not endings:
        return
    said = {one.message_id: one for one in endings}
    kept = await customers.lock(tx, [one.customer_id for one in endings])
    ends = []
    for message in await messages.lock_all(tx, list(said)):
        one = said[message.id]
        ends.append(Ended(message, message.ended(
            one.delivery.status, reason=one.delivery.reason, code=one.delivery.code, at=one.at)))
    await end_messages(tx, ends, kept)
