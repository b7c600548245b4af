"""What notify-svc tells of messages after they left: delivered or given back, and addresses that are of no use."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from dunlin_events.contracts.base import CustomerEvent
from dunlin_events.contracts.example_values import ID
from dunlin_events.contracts.notify import ReminderChannel

OWNER = "notify"


class BounceKind(StrEnum):
    """`hard`: the address is of no use; `soft`: it may pass."""

    HARD = "hard"
    SOFT = "soft"


class DeliveryFact(CustomerEvent):
    """What became of a message after it left."""

    message_id: UUID
    channel: ReminderChannel


def _about(**changes: Any) -> dict[str, object]:
    return {"customer_id": ID + "1", "message_id": ID + "7", "channel": "email"} | changes


class MessageDelivered(DeliveryFact):
    """The recipient's side confirmed a message."""

    owner: ClassVar[str] = OWNER
    delivered_at: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _about(delivered_at=at) for at in ("2026-02-07T04:00:05Z", "2026-02-08T00:00:00Z"))


class MessageBounced(DeliveryFact):
    """The recipient's side gave a message back."""

    owner: ClassVar[str] = OWNER
    kind: BounceKind
    bounced_at: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _about(kind=kind, bounced_at="2026-02-07T04:00:09Z") for kind in ("hard", "soft"))


class ContactFailed(CustomerEvent):
    """The address for reminders is of no use: nothing is sent to it until the customer's contacts change."""

    owner: ClassVar[str] = OWNER
    channel: ReminderChannel
    message_id: UUID
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(_about(message_id=ID + last) for last in "78")
