"""Tell what was due and does not leave now: suppressed with its reason, or postponed to the end of quiet hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dunlin_events.contracts.notify import ReminderPostponed, ReminderSuppressed, SuppressionReason
from dunlin_kit.transaction import Transaction
from notify_svc.domain.judging import Reason, Suppressed
from notify_svc.domain.message import Message


def tell_suppressed(
    tx: Transaction, message: Message, fresh: Sequence[Suppressed], *, quiet_ends: datetime | None,
) -> None:
    """Emit a fact for each."""
    for one in fresh:
        about = _about(message, one)
        if one.reason is Reason.QUIET_HOURS:
            assert quiet_ends is not None
            tx.emit(ReminderPostponed(**about, postponed_on=message.judged_on, until=quiet_ends))
        else:
            tx.emit(ReminderSuppressed(
                **about, suppressed_on=message.judged_on, reason=SuppressionReason(one.reason.value)))


def _about(message: Message, one: Suppressed) -> dict[str, Any]:
    return {
        "customer_id": message.customer_id, "item_id": one.item.id, "invoice_id": one.item.invoice_id,
        "number": one.item.number, "due_version": one.item.due_version, "policy_version": message.policy_version,
        "level": one.level}
