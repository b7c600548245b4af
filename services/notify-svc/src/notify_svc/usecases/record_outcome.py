"""Record how the hand-over of a message ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.gateways.sender import Delivery
from notify_svc.store import customers, messages
from notify_svc.usecases.end_message import end_message


@dataclass(frozen=True, slots=True)
class Ending:
    """What the sender said of a message; `at` is the machine's time right before the hand-over, if it came to that."""

    customer_id: UUID
    message_id: UUID
    delivery: Delivery
    at: datetime | None


async def record_outcome(tx: Transaction, ending: Ending) -> None:
    """Keep what the sender said, with all that follows from it. Refuses: message_not_found, illegal_transition."""
    kept = await customers.lock(tx, [ending.customer_id])
    message = await messages.lock(tx, ending.message_id)
    delivery = ending.delivery
    await end_message(tx, message, message.ended(
        delivery.status, reason=delivery.reason, code=delivery.code, at=ending.at), kept[ending.customer_id])
