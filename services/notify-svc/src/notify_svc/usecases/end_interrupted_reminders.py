"""End what an earlier run left in the middle: what was being handed over may have left, and only a person may say."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from dunlin_kit.transaction import Transaction
from notify_svc.store import customers, messages
from notify_svc.usecases.end_messages import Ended, end_messages

LONGEST_HAND_OVER = timedelta(minutes=5)


async def end_interrupted_reminders(
    tx: Transaction, customer_ids: Collection[UUID], *, job_id: UUID, now: datetime,
) -> set[UUID]:
    """A message that was `sending` becomes `unknown`, one only `queued` is judged again; `now` is the machine's time.

    Those of this very run were interrupted for certain, for a run is worked on by one worker at a time; one of another
    run may still be under way for five minutes: the customers of such messages are given back.
    """
    kept = await customers.lock(tx, customer_ids)
    left = await messages.under_way(tx, list(kept))
    busy = {one.customer_id for one in left if one.job_id != job_id and now - one.looked_at < LONGEST_HAND_OVER}
    over = [Ended(one, one.interrupted()) for one in left if one.customer_id not in busy]
    await end_messages(tx, over, kept)
    return busy
