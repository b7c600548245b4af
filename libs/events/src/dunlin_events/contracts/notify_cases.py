"""What notify-svc tells of collecting by persons: cases with their stages, and calls with their outcomes."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import CustomerEvent
from dunlin_events.contracts.example_values import ID

OWNER = "notify"


class CaseReasonTold(StrEnum):
    """Why a case was opened: by a rule, or by a person."""

    CHRONIC = "chronic"
    LARGE = "large"
    BY_HAND = "by_hand"


class CaseFact(CustomerEvent):
    """A fact about a collection case; its notes and persons stay at home."""

    case_id: UUID


def _case(**changes: Any) -> dict[str, object]:
    return {"customer_id": ID + "1", "case_id": ID + "6"} | changes


class CaseOpened(CaseFact):
    """A debt is collected by a person from now on."""

    owner: ClassVar[str] = OWNER
    reason: CaseReasonTold
    opened_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _case(reason="chronic", opened_on="2026-04-06"), _case(reason="by_hand", opened_on="2026-03-01"))


class CaseAdvanced(CaseFact):
    """A case came to another stage, or something else is to be done next in it."""

    owner: ClassVar[str] = OWNER
    stage: str
    next_action: str | None
    next_action_on: date | None
    advanced_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _case(stage="collecting", next_action="visit", next_action_on="2026-04-10", advanced_on="2026-04-07"),
        _case(stage="suit", next_action=None, next_action_on=None, advanced_on="2026-06-01"))


class CaseClosed(CaseFact):
    """A case is over: the debt is settled, or a person gave it up for the reason that is named."""

    owner: ClassVar[str] = OWNER
    reason: str
    closed_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _case(reason="settled", closed_on="2026-05-01"), _case(reason="agreed", closed_on="2026-05-02"))


class CallLogged(CustomerEvent):
    """The customer was called; `promise_id` names what was promised on the telephone."""

    owner: ClassVar[str] = OWNER
    call_id: UUID
    outcome: str
    called_on: date
    case_id: UUID | None
    promise_id: UUID | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "call_id": ID + "5", "outcome": "promise", "called_on": "2026-03-02",
         "case_id": ID + "6", "promise_id": ID + "8"},
        {"customer_id": ID + "1", "call_id": ID + "5", "outcome": "not_reached", "called_on": "2026-03-02",
         "case_id": None, "promise_id": None})
