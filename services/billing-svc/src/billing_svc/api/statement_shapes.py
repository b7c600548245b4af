"""Statements of account on the wire: what is sent to make one, and what is read."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from billing_svc.api.owned import OwnerCode
from billing_svc.api.shapes import Body
from billing_svc.api.statement_answer_shapes import StatementAnswerRead
from billing_svc.domain.statement import Balance, CurrencyStatement, Movement, Statement, StatementLine, ThirdPartyMove
from billing_svc.store.statement_views import statement_of
from billing_svc.usecases.issue_statement import StatementWish
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit.pages import Page
from dunlin_kit.wire import Day


class StatementCreate(Body):
    """A statement for one customer, from the first day to the end of the last one."""

    id: UUID | None = None
    customer_id: UUID
    period_from: Day
    period_to: Day

    def to_wish(self) -> StatementWish:
        return StatementWish(self.id or new_id(), self.customer_id, self.period_from, self.period_to)


class StatementRunCreate(Body):
    """Statements for every customer that owes, has unapplied credit, or moved in these days."""

    period_from: Day
    period_to: Day


class StatementBalanceRead(BaseModel):
    """What is owed and what is unapplied, never netted in the books; `net` stands beside them."""

    receivables: Amount
    unapplied: Amount
    net: Amount

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(receivables=Amount.of(balance.receivables), unapplied=Amount.of(balance.unapplied),
                   net=Amount.of(balance.net))


class StatementMovementRead(BaseModel):
    """What one fact did, and the balance after it."""

    effective_on: date
    fact_kind: str
    fact_id: UUID
    number: str | None
    reference: str | None
    receivables: Amount
    unapplied: Amount
    after: StatementBalanceRead

    @classmethod
    def of(cls, moved: Movement, after: Balance) -> Self:
        return cls(
            effective_on=moved.effective_on, fact_kind=moved.fact_kind, fact_id=moved.fact_id, number=moved.number,
            reference=moved.reference, receivables=Amount.of(moved.moved.receivables),
            unapplied=Amount.of(moved.moved.unapplied), after=StatementBalanceRead.of(after))


class StatementLineRead(BaseModel):
    """One item that is open at the end of the statement: the customer answers each of them."""

    item_id: UUID
    kind: str
    number: str
    issued_on: date
    due_on: date
    amount: Amount
    open: Amount

    @classmethod
    def of(cls, line: StatementLine) -> Self:
        return cls(item_id=line.item_id, kind=line.kind, number=line.number, issued_on=line.issued_on,
                   due_on=line.due_on, amount=Amount.of(line.amount), open=Amount.of(line.open))


class StatementThirdPartyRead(BaseModel):
    """Money of an insurer or a guarantor for an item, below zero where it went back: the customer owes as before."""

    effective_on: date
    fact_kind: str
    fact_id: UUID
    number: str
    payer: str
    amount: Amount

    @classmethod
    def of(cls, moved: ThirdPartyMove) -> Self:
        return cls(effective_on=moved.effective_on, fact_kind=moved.fact_kind, fact_id=moved.fact_id,
                   number=moved.number, payer=moved.payer, amount=Amount.of(moved.amount))


class StatementBucketRead(BaseModel):
    """Closing receivables of one age: `not_due`, `1_30`, ..."""

    name: str
    amount: Amount


class StatementCurrencyRead(BaseModel):
    """One currency: opening plus all movements is closing, which is the sum of the lines and of the buckets;
    what third parties paid in these days stands beside it."""

    currency: str
    opening: StatementBalanceRead
    movements: list[StatementMovementRead]
    closing: StatementBalanceRead
    buckets: list[StatementBucketRead]
    lines: list[StatementLineRead]
    third_parties: list[StatementThirdPartyRead]

    @classmethod
    def of(cls, one: CurrencyStatement) -> Self:
        return cls(
            currency=one.opening.receivables.currency, opening=StatementBalanceRead.of(one.opening),
            movements=[StatementMovementRead.of(moved, after)
                       for moved, after in zip(one.movements, one.after, strict=True)],
            closing=StatementBalanceRead.of(one.closing),
            buckets=[StatementBucketRead(name=name, amount=Amount.of(amount)) for name, amount in one.buckets],
            lines=[StatementLineRead.of(line) for line in one.lines],
            third_parties=[StatementThirdPartyRead.of(moved) for moved in one.third_parties])


class StatementSummaryRead(BaseModel):
    """A statement in a list; `agreed` is null until the customer has answered: silence is no answer."""

    id: UUID
    customer_id: UUID
    number: str
    name: str | None
    owner_code: str | None = OwnerCode
    period_from: date
    period_to: date
    closing: list[StatementBalanceRead]
    known_at: datetime
    digest: str
    agreed: bool | None

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(**_head(row, statement_of(row["snapshot"])))


class StatementPage(Page[StatementSummaryRead]):
    """Statements, the last one first."""


class StatementRead(StatementSummaryRead):
    """A statement as it was made; `digest` is the SHA-256 of its snapshot, and nothing in that changes."""

    seller: str
    currencies: list[StatementCurrencyRead]
    answer: StatementAnswerRead | None

    @classmethod
    def whole(cls, row: Any, tasks: Sequence[UUID]) -> Self:
        made = statement_of(row["snapshot"])
        return cls(
            **_head(row, made), seller=made.head.seller,
            currencies=[StatementCurrencyRead.of(one) for one in made.currencies],
            answer=None if row["answer_id"] is None else StatementAnswerRead.of(row, tasks))


def _head(row: Any, made: Statement) -> dict[str, Any]:
    head = made.head
    return {"id": head.id, "customer_id": head.customer_id, "number": head.number, "name": head.name,
            "owner_code": row["owner_code"],
            "period_from": head.period_from, "period_to": head.period_to, "known_at": head.known_at,
            "digest": row["digest"], "agreed": row["agreed"],
            "closing": [StatementBalanceRead.of(one.closing) for one in made.currencies]}
