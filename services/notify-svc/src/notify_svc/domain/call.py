"""A call to be made to a customer, how it went, and whether somebody calls again."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.lifecycle import IllegalTransition

MAX_ATTEMPTS = 5


class CallReason(StrEnum):
    """Why somebody is to be called."""

    LADDER = "ladder"
    PROMISE_BROKEN = "promise_broken"
    NOT_REACHED = "not_reached"
    BY_HAND = "by_hand"


class CallOutcome(StrEnum):
    """How it went. `promise` comes with one; `dispute_claimed` is to be entered at billing-svc."""

    REACHED = "reached"
    PROMISE = "promise"
    DISPUTE_CLAIMED = "dispute_claimed"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"
    REFUSED_TO_PAY = "refused_to_pay"
    CANCELLED = "cancelled"


TALKED = frozenset({CallOutcome.REACHED, CallOutcome.PROMISE, CallOutcome.DISPUTE_CLAIMED, CallOutcome.REFUSED_TO_PAY})
"""Outcomes after which the customer counts as contacted."""


@dataclass(frozen=True, slots=True)
class CallTask:
    """A call to one customer: due on a day, made by whoever works on it, the `attempt`-th in a row."""

    id: UUID
    customer_id: UUID
    reason: CallReason
    due_on: date
    opened_on: date
    opened_by: str
    attempt: int = 1
    message_id: UUID | None = None
    outcome: CallOutcome | None = None
    called_on: date | None = None
    called_by: str | None = None
    note: str | None = None
    promise_id: UUID | None = None

    def logged(
        self, outcome: CallOutcome, *, on: date, by: str, note: str | None, promise_id: UUID | None,
    ) -> "CallTask":
        """With its outcome. Refuses: illegal_transition for one that has it already, promise_missing."""
        if self.outcome is not None:
            raise IllegalTransition("illegal_transition", "This call was logged already.", outcome=self.outcome.value)
        if (outcome is CallOutcome.PROMISE) != (promise_id is not None):
            raise RuleBroken("promise_missing", "The outcome promise, and no other, comes with what was promised.")
        return replace(self, outcome=outcome, called_on=on, called_by=by, note=note, promise_id=promise_id)

    def again(self, new_id: UUID, *, after_days: int) -> "CallTask | None":
        """The next attempt after one in which nobody was reached; None otherwise, and after the fifth."""
        if self.outcome is not CallOutcome.NOT_REACHED or self.called_on is None or self.attempt >= MAX_ATTEMPTS:
            return None
        return CallTask(new_id, self.customer_id, CallReason.NOT_REACHED, days_after(self.called_on, after_days),
                        self.called_on, self.called_by or "", self.attempt + 1, self.message_id)
