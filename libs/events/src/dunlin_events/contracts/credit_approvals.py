"""What credit-svc tells of decisions that wait for a second person, so that one inbox can show them all."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from dunlin_events.contracts.base import Amount, CustomerEvent, Event
from dunlin_events.contracts.credit import OWNER
from dunlin_events.contracts.example_values import ID, cny


class ApprovalSubject(StrEnum):
    """What is to be signed: a credit limit that was proposed, or a cover that was registered."""

    CREDIT_LIMIT = "credit_limit"
    COVER = "cover"


class ApprovalOutcome(StrEnum):
    """Why it waits no more. `rejected`: also when its maker took it back; `transferred`: its customer was merged, and
    it waits for the other one."""

    APPROVED = "approved"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"


class ApprovalAsked(CustomerEvent):
    """Something waits for the signature of another person than its maker; nothing has changed yet."""

    owner: ClassVar[str] = OWNER
    approval_id: UUID = Field(description="Of the proposal or the cover.")
    subject: ApprovalSubject
    amount: Amount | None = Field(description="The limit, null for not rated; of a cover what it adds to the limit.")
    maker: str = Field(description="The subject of the token by which it was asked for.")
    since: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "approval_id": ID + "a", "subject": subject, "amount": amount, "maker": "clerk-7",
         "since": "2026-03-01T02:00:00Z"}
        for subject, amount in (("credit_limit", cny("50000.00")), ("cover", cny("20000.00")), ("credit_limit", None)))


class ApprovalEnded(CustomerEvent):
    """What waited for a second person was decided, or goes on at another customer."""

    owner: ClassVar[str] = OWNER
    approval_id: UUID
    subject: ApprovalSubject
    outcome: ApprovalOutcome
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "approval_id": ID + "a", "subject": "credit_limit", "outcome": outcome}
        for outcome in ("approved", "rejected", "transferred"))


class GroupApprovalAsked(Event):
    """A limit of a group waits for the signature of another person than its maker; nothing has changed yet."""

    owner: ClassVar[str] = OWNER
    approval_id: UUID = Field(description="Of the proposal.")
    group_id: UUID
    group_number: str
    group_name: str
    amount: Amount | None = Field(description="The limit; null: the group is to have none.")
    maker: str = Field(description="The subject of the token by which it was asked for.")
    since: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"approval_id": ID + "b", "group_id": ID + "a", "group_number": "G-000001", "group_name": "华为集团",
         "amount": amount, "maker": "clerk-7", "since": "2026-03-01T02:00:00Z"}
        for amount in (cny("90000.00"), None))


class GroupApprovalEnded(Event):
    """What waited for a second person's signature on a group's limit was decided."""

    owner: ClassVar[str] = OWNER
    approval_id: UUID
    group_id: UUID
    outcome: ApprovalOutcome
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"approval_id": ID + "b", "group_id": ID + "a", "outcome": outcome} for outcome in ("approved", "rejected"))
