"""What credit-svc tells of holds: what stops new credit for a customer, and what lets it go again."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.credit import OWNER
from dunlin_events.contracts.example_values import ID, cny


class HoldRuleTold(StrEnum):
    """What placed a hold. `manual`: a person; the others are rules of the credit policy."""

    MANUAL = "manual"
    OVERDUE = "overdue"
    LIMIT_EXCEEDED = "limit_exceeded"
    GRADE = "grade"
    BROKEN_PROMISE = "broken_promise"


class HoldReleaseCause(StrEnum):
    """`cured`: nothing is left of what the rule found; `by_hand`: a person; `merged`: it goes on at the customer into
    which this one was merged."""

    CURED = "cured"
    BY_HAND = "by_hand"
    MERGED = "merged"


class CreditHoldPlaced(CustomerEvent):
    """No new credit for this customer; what was authorised before is captured all the same."""

    owner: ClassVar[str] = OWNER
    hold_id: UUID
    rule: HoldRuleTold
    reason: str
    amount: Amount | None
    days: int | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "hold_id": ID + "7", "rule": "overdue", "reason": "overdue",
         "amount": cny("4520.00"), "days": 31},
        {"customer_id": ID + "1", "hold_id": ID + "7", "rule": "manual", "reason": "insolvency", "amount": None,
         "days": None},
    )


class CreditHoldReleased(CustomerEvent):
    """A hold is gone. A rule that a person keeps still places none again until the day after `waived_until`."""

    owner: ClassVar[str] = OWNER
    hold_id: UUID
    rule: HoldRuleTold
    cause: HoldReleaseCause
    waived_until: date | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "hold_id": ID + "7", "rule": "overdue", "cause": "cured", "waived_until": None},
        {"customer_id": ID + "1", "hold_id": ID + "7", "rule": "overdue", "cause": "by_hand",
         "waived_until": "2026-03-10"},
    )
