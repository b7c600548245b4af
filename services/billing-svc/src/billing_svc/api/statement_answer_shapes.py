"""The customer's answer to a statement on the wire, and the search tasks that may follow from it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.statement_answer import (
    AnsweredLine,
    AnswerWish,
    LineAnswer,
    MissingItem,
    MissingKind,
    SearchReason,
)
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.pages import Page
from dunlin_kit.wire import Day

MAX_LINES = 10_000


class AnsweredLineCreate(Body):
    """The answer to one line; `amount` is what is owed by the customer's own books, where that differs."""

    item_id: UUID
    answer: LineAnswer
    amount: Amount | None = None


class MissingItemCreate(Body):
    """Something in the customer's books that the statement has not, by the customer's own reference."""

    kind: MissingKind
    reference: Code
    amount: Amount
    day: Day | None = None


class StatementAnswerCreate(Body):
    """Who answers, by which authority, for every line."""

    id: UUID | None = None
    signer: Code = Field(examples=["Li Na"])
    authority: Code = Field(examples=["finance_director"])
    lines: Annotated[list[AnsweredLineCreate], Field(max_length=MAX_LINES)]
    missing: Annotated[list[MissingItemCreate], Field(max_length=500)] = Field(default_factory=list)

    def to_wish(self, statement_id: UUID) -> AnswerWish:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return AnswerWish(
            self.id or new_id(), statement_id, self.signer, self.authority,
            tuple(AnsweredLine(one.item_id, one.answer, one.amount.money if one.amount else None)
                  for one in self.lines),
            tuple(MissingItem(one.kind, one.reference, one.amount.money, one.day) for one in self.missing))


class AnsweredLineRead(BaseModel):
    """The answer to one line."""

    item_id: UUID
    answer: LineAnswer
    amount: Amount | None


class StatementAnswerRead(BaseModel):
    """The answer: `digest` names it together with the statement's own. What differs became disputes and tasks."""

    id: UUID
    agreed: bool
    signer: str
    authority: str
    lines: list[AnsweredLineRead]
    disputes: list[UUID]
    search_tasks: list[UUID]
    digest: str
    answered_at: datetime

    @classmethod
    def of(cls, row: Any, tasks: Sequence[UUID]) -> Self:
        said = row["answer"]
        return cls(
            id=row["answer_id"], agreed=row["agreed"], signer=said["signer"], authority=said["authority"],
            lines=[AnsweredLineRead(item_id=one["item_id"], answer=one["answer"], amount=_amount(one["amount"]))
                   for one in said["lines"]],
            disputes=[UUID(one) for one in row["disputes"]], search_tasks=list(tasks), digest=row["answer_digest"],
            answered_at=row["answered_at"])


class SearchTaskClose(Body):
    """What was found."""

    finding: Annotated[str, Field(min_length=1, max_length=1000)]


class SearchTaskRead(BaseModel):
    """What the customer's books have and ours do not; `kind` and `reference` where something is missing."""

    id: UUID
    statement_id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    reason: SearchReason
    item_id: UUID | None
    kind: MissingKind | None
    reference: str | None
    day: date | None
    amount: Amount
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    finding: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        same = ("id", "statement_id", "customer_id", "number", "name", "owner_code", "reason", "item_id", "kind",
                "reference", "opened_at", "closed_at", "closed_by", "finding")
        return cls(**{name: row[name] for name in same}, day=row["on_day"],
                   amount=Amount.of(Money(row["amount"], row["currency"])))


class SearchTaskPage(Page[SearchTaskRead]):
    """Open tasks, the oldest first."""


def _amount(text: str | None) -> Amount | None:
    if text is None:
        return None
    amount, currency = text.split()
    return Amount(amount=amount, currency=currency)
