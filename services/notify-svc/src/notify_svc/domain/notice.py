"""Notices beside reminders: to whom, how often, and that each leaves at most once."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from notify_svc.domain.message import MESSAGE, MessageStatus


class NoticeKind(StrEnum):
    """What it is: a statement, a reminder to answer one, a deposit that is asked for, the day's digest or an alert for
    a member of staff."""

    STATEMENT = "statement"
    RECONCILE = "reconcile"
    DEPOSIT = "deposit"
    OWNER_DIGEST = "owner_digest"
    ALERT = "alert"


class DigestFrequency(StrEnum):
    """How often staff are told of their customers; weekly: on Mondays."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"

    def due(self, today: date) -> bool:
        """Whether a digest leaves on a day."""
        return self is DigestFrequency.DAILY or (self is DigestFrequency.WEEKLY and today.weekday() == 0)


def reconcile_key(statement_id: UUID, number: int) -> str:
    """What the reminder of this number to answer a statement is about, so that it leaves once."""
    return str(statement_id) if number == 1 else f"{statement_id}:{number}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `key` names what it is about, so that it leaves once."""

    id: UUID
    kind: NoticeKind
    key: str
    customer_id: UUID | None
    staff_code: str | None
    on: date
    status: MessageStatus
    reason: str | None = None

    def again(self) -> "Notice | None":
        """What is done when it is to leave and was written down before: tried again only if nothing was handed over.

        One whose hand-over was interrupted becomes unknown, and is never sent again.
        """
        if self.status is MessageStatus.SENDING:
            return replace(self, status=MessageStatus.UNKNOWN, reason="outcome_unknown")
        return replace(self, status=MessageStatus.SENDING, reason=None) if (
            self.status is MessageStatus.DEFERRED) else None

    def ended(self, status: MessageStatus, reason: str | None) -> "Notice":
        """Refuses: illegal_transition."""
        MESSAGE.advance(self.status, status)
        return replace(self, status=status, reason=reason)
