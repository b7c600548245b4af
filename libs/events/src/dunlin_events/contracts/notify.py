"""What notify-svc tells: which reminder comes next, which left, and which did not and why. No address ever travels."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from dunlin_events.contracts.base import Amount, CustomerEvent, Wire

OWNER = "notify"
_ID = "01970000-0000-7000-8000-00000000000"


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class ReminderChannel(StrEnum):
    EMAIL = "email"
    CALL = "call"
    LETTER = "letter"
    SMS = "sms"


class SuppressionReason(StrEnum):
    """Why a level that was due did not leave; it stays due and goes on the first run without a reason."""

    SETTLED = "settled"
    UNAPPLIED_COVERS = "unapplied_covers"
    DISPUTED = "disputed"
    PENDING_PAYMENT = "pending_payment"
    ARRANGED = "arranged"
    PROMISE_RUNNING = "promise_running"
    LEGAL = "legal"
    RECENTLY_CONTACTED = "recently_contacted"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    NOT_ACTIVE = "not_active"
    RECIPIENT_REFUSED = "recipient_refused"


class CancellationReason(StrEnum):
    SETTLED = "settled"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    TRANSFERRED = "transferred"


class FailureReason(StrEnum):
    """`outcome_unknown`: the server may or may not have taken it; it is never sent again without a person."""

    RECIPIENT_REFUSED = "recipient_refused"
    SENDER_REFUSED = "sender_refused"
    MESSAGE_REFUSED = "message_refused"
    OUTCOME_UNKNOWN = "outcome_unknown"


class ItemStep(Wire):
    """One item in a message: the level it was reminded at and the amount that was named (open less disputed)."""

    item_id: UUID
    invoice_id: UUID | None
    number: str
    due_on: date
    due_version: int
    level: int
    amount: Amount


class ItemReminder(CustomerEvent):
    """A fact about the reminder of one item at one level of one policy version."""

    item_id: UUID
    invoice_id: UUID | None
    number: str
    due_version: int
    policy_version: int
    level: int


def _item(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": _ID + "1", "item_id": _ID + "3", "invoice_id": _ID + "2", "number": "INV-000001",
        "due_version": 1, "policy_version": 1, "level": 0,
    }
    return base | changes


class ReminderScheduled(ItemReminder):
    """The next reminder of an item is planned for a day; it is judged again when it is about to leave."""

    owner: ClassVar[str] = OWNER
    planned_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _item(planned_on="2026-02-01"), _item(level=3, policy_version=2, planned_on="2026-03-06"))


class ReminderCancelled(ItemReminder):
    """The planned reminder of an item will not leave, for nothing is owed any more; a reversal plans it anew."""

    owner: ClassVar[str] = OWNER
    planned_on: date
    reason: CancellationReason
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _item(level=3, planned_on="2026-03-06", reason="settled"), _item(planned_on="2026-03-28", reason="settled"))


class ReminderSuppressed(ItemReminder):
    """A reminder was due and did not leave, with the reason; the level stays due."""

    owner: ClassVar[str] = OWNER
    suppressed_on: date
    reason: SuppressionReason
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _item(level=1, suppressed_on="2026-02-07", reason="disputed"),
        _item(suppressed_on="2026-03-28", reason="unapplied_covers"))


class ReminderPostponed(ItemReminder):
    """A reminder was due in the quiet hours of its recipient: it is judged again when they end."""

    owner: ClassVar[str] = OWNER
    postponed_on: date
    until: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _item(level=1, postponed_on="2026-02-07", until="2026-02-07T13:00:00Z"),
        _item(postponed_on="2026-02-01", until="2026-02-02T00:00:00Z"))


def _message(**changes: Any) -> dict[str, object]:
    step = {"item_id": _ID + "3", "invoice_id": _ID + "2", "number": "INV-000001", "due_on": "2026-02-04",
            "due_version": 1, "level": 1, "amount": _cny("4520.00")}
    base: dict[str, object] = {
        "customer_id": _ID + "1", "message_id": _ID + "7", "channel": "email", "level": 1, "policy_version": 1,
        "reminded_on": "2026-02-07", "items": [step],
    }
    return base | changes


class ReminderMessage(CustomerEvent):
    """A fact about one message to a customer: it bundles the items due that day, at the highest of their levels."""

    message_id: UUID
    channel: ReminderChannel
    level: int
    policy_version: int
    reminded_on: date
    items: list[ItemStep]


class ReminderSent(ReminderMessage):
    """A message left: the receiving server took it. `fee_code` names the fee its level asks for, if any."""

    owner: ClassVar[str] = OWNER
    language: str = Field(description="Language of the message, `zh` or `en`.")
    sent_at: AwareDatetime
    fee_code: str | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _message(language="zh", sent_at="2026-02-07T04:00:01Z", fee_code=None),
        _message(language="en", sent_at="2026-02-07T04:00:02Z", fee_code="REMINDER-1"))


class ReminderFailed(ReminderMessage):
    """A message did not leave, or nobody knows whether it did; the reason says which."""

    owner: ClassVar[str] = OWNER
    reason: FailureReason
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _message(reason="recipient_refused"), _message(reason="outcome_unknown"))
