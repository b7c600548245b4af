"""Wire shapes of a rating policy that is tried."""

from collections.abc import Iterable, Sequence
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.decision import DenialReason
from credit_svc.domain.dry_run import CurrencySum
from credit_svc.domain.grade import Grade, GradeTerms
from credit_svc.domain.rating_trial import LimitSum, TriedLimit
from credit_svc.store.rateable import Named
from dunlin_events.contracts.base import Amount

GradePair = tuple[Grade | None, Grade | None]


class GradeMoveRead(BaseModel):
    """How many have one grade by the one policy and another by the other; null: none."""

    before: Grade | None
    after: Grade | None
    count: int


def moves_of(pairs: Sequence[GradePair]) -> list[GradeMoveRead]:
    """Each pair that occurs, those that stay with them, from the best."""
    order = sorted(set(pairs), key=lambda pair: tuple(grade.value if grade else "" for grade in pair))
    return [GradeMoveRead(before=pair[0], after=pair[1], count=pairs.count(pair)) for pair in order]


def better_and_worse(pairs: Iterable[GradePair]) -> tuple[int, int]:
    """How many grades rise and how many fall, of those who have one by both."""
    known = [(before.value, after.value) for before, after in pairs if before and after]
    return sum(after < before for before, after in known), sum(after > before for before, after in known)


class TriedTermsRead(BaseModel):
    """What a grade gives."""

    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool

    @classmethod
    def of(cls, terms: GradeTerms | None) -> Self | None:
        return None if terms is None else cls(
            due_days=terms.due_days, prepayment_bps=terms.prepayment_bps, cash_on_delivery=terms.cash_on_delivery)


class NamedCustomerRead(BaseModel):
    """A customer as people read it."""

    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None

    @classmethod
    def told(cls, named: Named) -> dict[str, object]:
        return {"customer_id": named.customer_id, "number": named.number, "name": named.name,
                "owner_code": named.owner_code}


class LimitSumRead(BaseModel):
    """One currency: all limits before and after, and of the difference what is raised and what is cut."""

    currency: str
    limits_before: Amount
    limits_after: Amount
    raised: Amount
    cut: Amount

    @classmethod
    def told(cls, total: LimitSum) -> dict[str, object]:
        return {"currency": total.before.currency, "limits_before": Amount.of(total.before),
                "limits_after": Amount.of(total.after), "raised": Amount.of(total.raised), "cut": Amount.of(total.cut)}


class RatingBookSumRead(LimitSumRead):
    """With what those who can buy may still buy, and what is blocked and freed of it."""

    available_before: Amount
    available_after: Amount
    blocked: Amount
    freed: Amount

    @classmethod
    def of(cls, limits: LimitSum, book: CurrencySum) -> Self:
        return cls.model_validate(cls.told(limits) | {
            "available_before": Amount.of(book.available_before), "available_after": Amount.of(book.available_after),
            "blocked": Amount.of(book.blocked), "freed": Amount.of(book.freed)})


class TriedLimitRead(BaseModel):
    """A base limit in one currency (null: not rated), and why an order would be refused; no reasons: it can buy."""

    currency: str
    limit_before: Amount | None
    limit_after: Amount | None
    reasons_before: list[DenialReason]
    reasons_after: list[DenialReason]

    @classmethod
    def of(cls, currency: str, one: TriedLimit) -> Self:
        return cls(
            currency=currency, limit_before=amount_or_none(one.before), limit_after=amount_or_none(one.after),
            reasons_before=list(one.tried.before), reasons_after=list(one.tried.after))
