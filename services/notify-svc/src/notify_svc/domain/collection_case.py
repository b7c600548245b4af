"""A collection case: when one is opened by rule, its stages, and what is to be done next in it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.calendar import days_after, days_between
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.notice import DigestFrequency
from notify_svc.domain.worth import Rates

MAX_CHRONIC_DAYS, MAX_CALL_AGAIN_DAYS, MAX_RECONCILE_DAYS, MAX_RECONCILE_TIMES = 3650, 30, 90, 24
MAX_BROKEN_PROMISE_DAYS = 365
MAX_ANSWER_DAYS = 90
MIN_LIMITATION_MONTHS, MAX_LIMITATION_MONTHS = 12, 360


class CaseReason(StrEnum):
    """Why it was opened."""

    CHRONIC = "chronic"
    LARGE = "large"
    BY_HAND = "by_hand"


class CaseStage(StrEnum):
    """How far it has come: from talk to court."""

    COLLECTING = "collecting"
    DEMAND = "demand"
    COUNSEL = "counsel"
    SUIT = "suit"
    JUDGMENT = "judgment"
    CLOSED = "closed"


class CaseAction(StrEnum):
    """What is to be done next."""

    CALL = "call"
    VISIT = "visit"
    NEGOTIATE = "negotiate"
    LETTER = "letter"
    DECIDE = "decide"


class EntryKind(StrEnum):
    """What an entry of a case is about; `court`: a case came to court, went on there, or left it."""

    OPENED = "opened"
    NOTE = "note"
    VISIT = "visit"
    NEGOTIATION = "negotiation"
    DEMAND_SERVED = "demand_served"
    ACKNOWLEDGED = "acknowledged"
    COURT = "court"
    ADVANCED = "advanced"
    CLOSED = "closed"


_OPEN = frozenset(CaseStage) - {CaseStage.CLOSED}
CASE = Lifecycle("case", {
    **{stage: (frozenset(CaseStage) - {stage}) for stage in _OPEN}, CaseStage.CLOSED: frozenset()})
"""An open case may come to any other stage, also back to talk; a closed one stays closed."""

MERGED = "merged"
"""Why a case ends that goes on at another customer."""

IN_COURT = frozenset({CaseStage.SUIT, CaseStage.JUDGMENT})
"""In these stages no reminder leaves: the court speaks."""


@dataclass(frozen=True, slots=True)
class CollectionPolicy:
    """When cases are opened by rule, after how many days somebody is called again, and how often staff are told.

    `large` is an overdue sum in the tenant's currency, others at the day's rates; None: no such rule. A statement that
    was not answered is reminded of every `reconcile_after_days`, `reconcile_times` at most. A promise that was broken
    is a reason to call for `broken_promise_days`. A statement asks for an answer within `statement_answer_days`. A
    claim can be enforced for `limitation_months`: three years, as in China, where nobody said otherwise.
    Refuses: bad_collection_policy.
    """

    version: int
    chronic_days: int | None
    large: Money | None
    call_again_days: int
    owner_digest: DigestFrequency = DigestFrequency.DAILY
    reconcile_after_days: int = 10
    reconcile_times: int = 3
    broken_promise_days: int = 30
    statement_answer_days: int = 10
    limitation_months: int = 36

    def __post_init__(self) -> None:
        if self.chronic_days is not None and not 1 <= self.chronic_days <= MAX_CHRONIC_DAYS:
            raise RuleBroken("bad_collection_policy", f"A debt is chronic after 1 to {MAX_CHRONIC_DAYS} days.")
        if self.large is not None and not self.large.is_positive:
            raise RuleBroken("bad_collection_policy", "A large sum is above zero.")
        if not 1 <= self.call_again_days <= MAX_CALL_AGAIN_DAYS:
            raise RuleBroken("bad_collection_policy", f"Call again after 1 to {MAX_CALL_AGAIN_DAYS} days.")
        if not 1 <= self.reconcile_after_days <= MAX_RECONCILE_DAYS:
            raise RuleBroken("bad_collection_policy", f"Remind of a statement after 1 to {MAX_RECONCILE_DAYS} days.")
        if not 0 <= self.reconcile_times <= MAX_RECONCILE_TIMES:
            raise RuleBroken("bad_collection_policy", f"Remind of a statement at most {MAX_RECONCILE_TIMES} times.")
        if not 1 <= self.broken_promise_days <= MAX_BROKEN_PROMISE_DAYS:
            raise RuleBroken(
                "bad_collection_policy", f"A broken promise counts for 1 to {MAX_BROKEN_PROMISE_DAYS} days.")
        if not MIN_LIMITATION_MONTHS <= self.limitation_months <= MAX_LIMITATION_MONTHS:
            raise RuleBroken("bad_collection_policy", f"A claim can be enforced for {MIN_LIMITATION_MONTHS} to "
                                                      f"{MAX_LIMITATION_MONTHS} months.")
        if not 1 <= self.statement_answer_days <= MAX_ANSWER_DAYS:
            raise RuleBroken("bad_collection_policy", f"A statement is answered within 1 to {MAX_ANSWER_DAYS} days.")

    def reconciles_on(self, on: date, reminded: int) -> date | None:
        """When a statement that was told of, or reminded of for the last time, on a day is reminded of next."""
        return days_after(on, self.reconcile_after_days) if reminded < self.reconcile_times else None

    def opens(self, overdue: Iterable[DunnedItem], today: date, rates: Rates) -> CaseReason | None:
        """Why a case is opened for a customer with these items; not what is disputed, not due, or silent."""
        late = [item for item in overdue if item.active and item.due_on < today and item.open > item.disputed]
        if self.chronic_days is not None and any(
                days_between(item.due_on, today) >= self.chronic_days for item in late):
            return CaseReason.CHRONIC
        return CaseReason.LARGE if self.is_large(rates.worth(item.open - item.disputed for item in late)) else None

    def is_large(self, worth: Money) -> bool:
        """Whether so much overdue, in the tenant's currency, is a large sum."""
        return self.large is not None and worth >= self.large


@dataclass(frozen=True, slots=True)
class CollectionCase:
    """One customer's case. `owner_code` is the member of staff who works on it, else the customer's own."""

    id: UUID
    customer_id: UUID
    reason: CaseReason
    stage: CaseStage
    owner_code: str | None
    next_action: CaseAction | None
    next_action_on: date | None
    opened_on: date
    opened_by: str
    closed_on: date | None = None
    end_reason: str | None = None
    version: int = 1

    def advanced(self, *, stage: CaseStage, action: CaseAction | None, on: date | None) -> "CollectionCase":
        """At this stage, with this to be done next. Refuses: illegal_transition, bad_next_action."""
        if (action is None) != (on is None):
            raise RuleBroken("bad_next_action", "What is to be done next has a day, or there is nothing to be done.")
        if stage is not self.stage or stage is CaseStage.CLOSED:
            CASE.advance(self.stage, stage)
        return replace(self, stage=stage, next_action=action, next_action_on=on, version=self.version + 1)

    def over(self, owed: Iterable[DunnedItem], today: date, *, claimed: bool = False) -> bool:
        """Whether it closes by itself, with this owed: a rule's once nothing is overdue, a person's once all is paid.

        In court a person closes it, and while something is claimed that was written off.
        """
        if self.stage in IN_COURT or claimed:
            return False
        return not any(self.reason is CaseReason.BY_HAND or item.due_on < today for item in owed)

    def closed(self, on: date, reason: str) -> "CollectionCase":
        """Refuses: illegal_transition."""
        CASE.advance(self.stage, CaseStage.CLOSED)
        return replace(self, stage=CaseStage.CLOSED, next_action=None, next_action_on=None, closed_on=on,
                       end_reason=reason, version=self.version + 1)


USUAL_COLLECTION = CollectionPolicy(version=1, chronic_days=60, large=None, call_again_days=1)
"""The policy of a tenant that has not set its own."""


def taken_over(case: CollectionCase, new_id: UUID, customer_id: UUID, on: date) -> CollectionCase:
    """The case at the customer that goes on: at the same stage, with the same to be done next."""
    return replace(case, id=new_id, customer_id=customer_id, opened_on=on, version=1)
