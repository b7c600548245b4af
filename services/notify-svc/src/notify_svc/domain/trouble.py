"""What went wrong: money that went back or named nothing we know, broken promises, messages that did not arrive."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.money import Money


class TroubleKind(StrEnum):
    """`unmatched`: what a payer named was not found; `unknown`: nobody knows whether a message left, and it stays until
    a person says so."""

    PAYMENT_RETURNED = "payment_returned"
    PAYMENT_UNMATCHED = "payment_unmatched"
    PROMISE_BROKEN = "promise_broken"
    MESSAGE_BOUNCED = "message_bounced"
    MESSAGE_FAILED = "message_failed"
    MESSAGE_UNKNOWN = "message_unknown"
    NOTICE_FAILED = "notice_failed"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong on a day.

    `ref_id` is the payment, promise, message or notice; `amount` what went back or came, or what was promised.
    """

    kind: TroubleKind
    on: date
    ref_id: UUID
    customer_id: UUID | None
    number: str | None
    name: str | None
    owner_code: str | None
    amount: Money | None
    reason: str | None
