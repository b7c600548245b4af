"""Begin to hand messages over: from the commit of this on, nobody but their sender knows whether they left."""

from collections.abc import Collection
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.store import messages


async def begin_hand_over(tx: Transaction, message_ids: Collection[UUID]) -> set[UUID]:
    """Those that are queued still, now `sending`; another run may have taken the others for interrupted."""
    if not message_ids:
        return set()
    queued = await messages.lock_queued(tx, message_ids)
    messages.begin(tx, queued)
    return queued
