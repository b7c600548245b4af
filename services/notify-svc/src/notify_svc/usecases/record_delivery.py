"""Record what became of a message after it left: delivered, or given back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dunlin_events.contracts.notify import ReminderChannel
from dunlin_events.contracts.notify_deliveries import BounceKind, ContactFailed, MessageBounced, MessageDelivered
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.message import Bounce, Message, MessageStatus
from notify_svc.store import customers, messages
from notify_svc.usecases.end_messages import Ended, end_messages


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """What the recipient's side said, and when; `bounce` None: it was delivered."""

    message_id: UUID
    bounce: Bounce | None
    at: datetime


async def record_delivery(tx: Transaction, command: RecordDelivery) -> Message:
    """A message of unknown outcome is known to have left by it; a hard bounce silences the address.

    What is told twice is recorded once. Refuses: message_not_found, illegal_transition.
    """
    tenant = await present(tx)
    found = await messages.find(tx, command.message_id)
    kept = await customers.lock(tx, [found.customer_id])
    message = await messages.lock(tx, command.message_id)
    if (message.bounce, message.bounced_at is not None) == (command.bounce, True) or (
            command.bounce is None and message.delivered_at is not None):
        return message
    after = message.delivered(command.at) if command.bounce is None else message.bounced(command.bounce, command.at)
    if message.status is MessageStatus.UNKNOWN:
        await end_messages(tx, [Ended(message, after)], kept)
    else:
        messages.keep_outcome(tx, after)
    _tell(tx, after, command)
    if command.bounce is Bounce.HARD:
        customers.refused(tx, after.customer_id, tenant.today)
    return after


def _tell(tx: Transaction, message: Message, command: RecordDelivery) -> None:
    channel = ReminderChannel(message.channel)
    if command.bounce is None:
        tx.emit(MessageDelivered(customer_id=message.customer_id, message_id=message.id, channel=channel,
                                 delivered_at=command.at))
        return
    tx.emit(MessageBounced(customer_id=message.customer_id, message_id=message.id, channel=channel,
                           kind=BounceKind(command.bounce.value), bounced_at=command.at))
    if command.bounce is Bounce.HARD:
        tx.emit(ContactFailed(customer_id=message.customer_id, channel=channel, message_id=message.id))
