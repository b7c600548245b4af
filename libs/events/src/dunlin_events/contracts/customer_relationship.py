"""What customer-svc tells of a relationship: who answers for it, its classes, and what its persons agreed to."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import CustomerEvent
from dunlin_events.contracts.example_values import ID

OWNER = "customer"


class Dimension(StrEnum):
    """The six independent ways in which a customer is classed."""

    ABC = "abc"
    VALUE_TIER = "value_tier"
    IMPORTANCE = "importance"
    PAYMENT_BEHAVIOUR = "payment_behaviour"
    SIZE = "size"
    TYPE = "type"


class CustomerOwnerChanged(CustomerEvent):
    """This member of staff answers for the customer from now on, or nobody. Name and channels must be asked for."""

    owner: ClassVar[str] = OWNER
    owner_id: UUID | None
    owner_code: str | None = Field(description="The code under which the company knows its member of staff.")
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "owner_id": ID + "b", "owner_code": "S-17"},
        {"customer_id": ID + "1", "owner_id": None, "owner_code": None},
    )


class ConsentChanged(CustomerEvent):
    """A contact agreed to be reached for a purpose on a channel, or no longer.

    `purpose` null means every purpose, also those that need no consent: `given` false then shuts the channel.
    """

    owner: ClassVar[str] = OWNER
    contact_id: UUID
    purpose: str | None
    channel: str
    given: bool
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "contact_id": ID + "c", "purpose": "greeting", "channel": "email", "given": True},
        {"customer_id": ID + "1", "contact_id": ID + "c", "purpose": None, "channel": "sms", "given": False},
    )


class CustomerClassified(CustomerEvent):
    """The customer's class in one dimension changed; `rule_version` null says that a person set it."""

    owner: ClassVar[str] = OWNER
    dimension: Dimension
    value: str
    previous: str | None
    rule_version: int | None
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "dimension": "payment_behaviour", "value": "overdue", "previous": "on_time",
         "rule_version": 1, "effective_on": "2026-02-05"},
        {"customer_id": ID + "1", "dimension": "importance", "value": "vip", "previous": None, "rule_version": None,
         "effective_on": "2026-02-05"},
    )


class VisitRecorded(CustomerEvent):
    """Somebody of ours visited the customer. What was said and found stays at home, but for the willingness to pay."""

    owner: ClassVar[str] = OWNER
    interaction_id: UUID
    visited_on: date
    willingness: str | None = Field(description="As the visitor saw it: `willing`, `unwilling`, `unable` or `unclear`.")
    follow_up_on: date | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "interaction_id": ID + "d", "visited_on": "2026-02-20", "willingness": "unable",
         "follow_up_on": "2026-03-20"},
        {"customer_id": ID + "1", "interaction_id": ID + "e", "visited_on": "2026-02-21", "willingness": None,
         "follow_up_on": None},
    )
