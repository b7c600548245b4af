"""Begin to hand messages over: from the commit of this on, nobody but their sender knows whether they left."""

from collections.abc import Collection
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.domain.message import MessageStatus
from notify_svc.store import messages


async def begin_hand_over(tx: Transaction, message_ids: Collection[UUID]) -> set[UUID]:
    """Those that are queued still, now `sending`; another run may have taken the others for interrupted."""
    if not message_ids:
        return set()
    queued = [one for one in await messages.lock_all(tx, message_ids) if one.status is MessageStatus.QUEUED]
    for message in queued:
        messages.keep_outcome(tx, message.begun())
    return {message.id for message in queued}
