"""Plan the fee for a reminder that was sent: by a job of its own, one for each message, whatever is told how often."""

from typing import Any

from dunlin_events.contracts.notify import ReminderSent
from dunlin_kit import jobs

CHARGE_REMINDER_FEE = "charge_reminder_fee"


def plan_reminder_fee(tx: Any, sent: ReminderSent) -> None:
    """The items are those at the level of the message, in its order."""
    highest = [str(one.item_id) for one in sent.items if one.level == sent.level]
    jobs.schedule(tx, CHARGE_REMINDER_FEE, str(sent.message_id), sent.heard.recorded_at,
                  {"fee_code": sent.fee_code, "item_ids": highest})
