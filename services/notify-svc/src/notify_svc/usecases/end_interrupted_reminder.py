"""End what an earlier run left in the middle: nobody knows whether it left, so only a person may say."""

from datetime import datetime, timedelta
from uuid import UUID

from dunlin_kernel.errors import NotReady
from dunlin_kit.transaction import Transaction
from notify_svc.domain.message import MessageStatus
from notify_svc.store import customers, messages
from notify_svc.usecases.end_message import end_message

LONGEST_HAND_OVER = timedelta(minutes=5)


async def end_interrupted_reminder(tx: Transaction, *, customer_id: UUID, job_id: UUID, now: datetime) -> None:
    """Every message of the customer that is still `sending` becomes `unknown`; `now` is the machine's time.

    One of this very run was interrupted for certain, for a run is worked on by one worker at a time; one of another
    run may still be under way for five minutes. Refuses: reminder_under_way.
    """
    kept = await customers.lock(tx, [customer_id])
    for message in await messages.sending_of(tx, customer_id):
        if message.job_id != job_id and now - message.looked_at < LONGEST_HAND_OVER:
            raise NotReady("reminder_under_way", "Another message to this customer is being handed over.")
        ended = message.ended(MessageStatus.UNKNOWN, reason="outcome_unknown", code=None, at=None)
        await end_message(tx, message, ended, kept[customer_id])
