"""What credit-svc tells of covers: what others answer for when a customer does not pay."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.credit import OWNER
from dunlin_events.contracts.example_values import ID, cny

_COVER: dict[str, object] = {
    "cover_id": ID + "f", "kind": "insurance", "amount": cny("50000.00"), "share_bps": 9000,
    "retention": cny("5000.00"), "counts": cny("40000.00"), "valid_from": "2026-01-01", "valid_until": "2026-12-31"}


class CoverKind(StrEnum):
    """`insurance`: an insurer's limit; `guarantee`: another's promise to pay; `deposit`: money held as security."""

    INSURANCE = "insurance"
    GUARANTEE = "guarantee"
    DEPOSIT = "deposit"


class CoverStateTold(StrEnum):
    """Whether it counts inside its dates, or was ended before them."""

    STANDING = "standing"
    ENDED = "ended"


class CoverFact(CustomerEvent):
    """What is told of a cover, whatever became of it."""

    cover_id: UUID
    kind: CoverKind
    amount: Amount
    share_bps: int = Field(description="Which share of it counts; 10,000 is all.")
    retention: Amount
    counts: Amount = Field(description="What it adds to the limit.")
    valid_from: date
    valid_until: date | None


class CoverChanged(CoverFact):
    """A cover counts in the customer's limit from now on, inside its dates, or does not any more."""

    owner: ClassVar[str] = OWNER
    state: CoverStateTold
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", **_COVER, "state": state} for state in ("standing", "ended"))


class CoverTransferred(CoverFact):
    """A cover goes on at the customer into which its own was merged: told once in each of the two streams."""

    owner: ClassVar[str] = OWNER
    source_id: UUID
    into_id: UUID
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + who, **_COVER, "source_id": ID + "1", "into_id": ID + "2"} for who in ("1", "2"))


class ClaimOutcome(StrEnum):
    """`settled`: something was paid on it; `refused`: nothing was."""

    SETTLED = "settled"
    REFUSED = "refused"


class ClaimFiled(CustomerEvent):
    """Who answers for a customer was asked to pay; the debt stays as it is."""

    owner: ClassVar[str] = OWNER
    claim_id: UUID
    cover_id: UUID
    amount: Amount
    filed_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "claim_id": ID + "c", "cover_id": ID + "f", "amount": cny(amount),
         "filed_on": "2026-03-01"} for amount in ("40000.00", "1000.00"))


class ClaimSettled(CustomerEvent):
    """A claim was answered: what was paid of the cover counts in the limit no more."""

    owner: ClassVar[str] = OWNER
    claim_id: UUID
    cover_id: UUID
    amount: Amount
    paid: Amount
    outcome: ClaimOutcome
    settled_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "claim_id": ID + "c", "cover_id": ID + "f", "amount": cny("40000.00"),
         "paid": cny(paid), "outcome": outcome, "settled_on": "2026-04-01"}
        for paid, outcome in (("30000.00", "settled"), ("0.00", "refused")))
