"""What notify-svc tells of promises to pay: made, then kept or broken, and put right by what turns out later."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.example_values import ID, cny

OWNER = "notify"


class PromiseOutcome(StrEnum):
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"


class PromiseEnd(StrEnum):
    """Why a promise ended that was neither kept nor broken."""

    WITHDRAWN = "withdrawn"
    NOTHING_OWED = "nothing_owed"
    MERGED = "merged"


class PromiseFact(CustomerEvent):
    """A fact about one promise. `items` names what it is for; an empty list means all that the customer owes."""

    promise_id: UUID
    amount: Amount
    promised_on: date
    grace_days: int = Field(ge=0)
    items: list[UUID]


def _promise(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": ID + "1", "promise_id": ID + "8", "amount": cny("4520.00"), "promised_on": "2026-02-20",
        "grace_days": 2, "items": [ID + "3"],
    }
    return base | changes


class PromiseMade(PromiseFact):
    """The customer promised to pay an amount by a day: reminders of what it is for wait until the promise is judged."""

    owner: ClassVar[str] = OWNER
    made_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _promise(made_on="2026-02-10"), _promise(made_on="2026-02-10", items=[], grace_days=0))


class PromiseKept(PromiseFact):
    """At the turn of the day the money of a promise was there in time; `received` is what came for it until then."""

    owner: ClassVar[str] = OWNER
    received: Amount
    judged_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _promise(received=cny("4520.00"), judged_on="2026-02-19"),
        _promise(received=cny("6000.00"), judged_on="2026-02-23", items=[]))


class PromiseBroken(PromiseFact):
    """At the turn of the day after its last day a promise was not kept; `received` is what came for it in time."""

    owner: ClassVar[str] = OWNER
    received: Amount
    judged_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _promise(received=cny("0.00"), judged_on="2026-02-23"),
        _promise(received=cny("1000.00"), judged_on="2026-02-23", items=[]))


class PromiseCorrected(PromiseFact):
    """A promise that was judged turns out otherwise: its money had come in time, or was given back after all."""

    owner: ClassVar[str] = OWNER
    was: PromiseOutcome
    outcome: PromiseOutcome
    received: Amount
    corrected_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _promise(was="broken", outcome="kept", received=cny("4520.00"), corrected_on="2026-02-25"),
        _promise(was="kept", outcome="broken", received=cny("0.00"), corrected_on="2026-03-02"))


class PromiseWithdrawn(PromiseFact):
    """A running promise ended without a judgement: a person withdrew it, or nothing is owed of it any more."""

    owner: ClassVar[str] = OWNER
    reason: PromiseEnd
    withdrawn_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _promise(reason="withdrawn", withdrawn_on="2026-02-12"),
        _promise(reason="nothing_owed", withdrawn_on="2026-02-15"))
