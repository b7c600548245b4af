"""A person says that a letter was posted, or withdraws it."""

from uuid import UUID

from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.message import Message
from notify_svc.store import customers, messages
from notify_svc.usecases.end_messages import Ended, end_messages


async def post_letter(tx: Transaction, message_id: UUID, *, sent: bool) -> Message:
    """Withdrawn, its levels are due again. Refuses: message_not_found, illegal_transition."""
    await present(tx)
    found = await messages.find(tx, message_id)
    kept = await customers.lock(tx, [found.customer_id])
    message = await messages.lock(tx, message_id)
    ended = message.posted(sent=sent, by=tx.actor)
    await end_messages(tx, [Ended(message, ended)], kept)
    return ended
