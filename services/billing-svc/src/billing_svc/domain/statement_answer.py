"""The customer's answer to a statement, line by line: what agrees is evidence, what differs is contested or searched.

Silence is never an answer: every line is answered, and who signed by which authority is kept with the answer's digest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from billing_svc.domain.dispute import DisputeReason
from billing_svc.domain.statement import StatementLine
from dunlin_kernel.errors import NotFound, RuleBroken
from dunlin_kernel.money import Money


class LineAnswer(StrEnum):
    AGREE = "agree"
    AMOUNT_DIFFERS = "amount_differs"
    UNKNOWN = "unknown"


class MissingKind(StrEnum):
    """What the customer has in its books and does not find in ours."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"


class SearchReason(StrEnum):
    """Why somebody must look: something is missing, or the customer owes more by its own books."""

    MISSING = "missing"
    THEIRS_IS_MORE = "theirs_is_more"


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """`amount` is what the customer owes of the item by its own books, where that differs."""

    item_id: UUID
    answer: LineAnswer
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Something of the customer's books, by its own reference."""

    kind: MissingKind
    reference: str
    amount: Money
    day: date | None = None


@dataclass(frozen=True, slots=True)
class AnswerWish:
    """Who answers by which authority, for every line, and what is missing."""

    id: UUID
    statement_id: UUID
    signer: str
    authority: str
    lines: tuple[AnsweredLine, ...]
    missing: tuple[MissingItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Contested:
    """So much of an item is not accepted."""

    item_id: UUID
    reason: DisputeReason
    amount: Money


@dataclass(frozen=True, slots=True)
class Search:
    """Something for a person to look for; `item_id` names the line that it began with."""

    reason: SearchReason
    amount: Money
    item_id: UUID | None = None
    missing: MissingItem | None = None


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """What follows from an answer; it agrees when nothing does."""

    confirmed: tuple[UUID, ...]
    contested: tuple[Contested, ...]
    searches: tuple[Search, ...]

    @property
    def agreed(self) -> bool:
        return not self.contested and not self.searches


def judge_answer(wish: AnswerWish, lines: Mapping[UUID, StatementLine]) -> JudgedAnswer:
    """What follows from an answer to these lines.

    Refuses: line_not_found, line_named_twice, line_not_answered, amount_missing, amount_does_not_differ,
    amount_not_positive, currency_mismatch.
    """
    _each_once(wish.lines, lines)
    contested: list[Contested] = []
    searches = [_searched(one) for one in wish.missing]
    for one in wish.lines:
        line = lines[one.item_id]
        if one.answer is LineAnswer.UNKNOWN:
            contested.append(Contested(line.item_id, DisputeReason.NOT_ORDERED, line.open))
        elif one.answer is LineAnswer.AMOUNT_DIFFERS:
            theirs = _theirs(one, line)
            if theirs < line.open:
                contested.append(Contested(line.item_id, DisputeReason.OTHER, line.open - theirs))
            else:
                searches.append(Search(SearchReason.THEIRS_IS_MORE, theirs - line.open, item_id=line.item_id))
    agreed = tuple(one.item_id for one in wish.lines if one.answer is LineAnswer.AGREE)
    return JudgedAnswer(agreed, tuple(contested), tuple(searches))


def answer_digest(wish: AnswerWish, statement_digest: str) -> str:
    """SHA-256 (hex) of the answer with its keys in order, and of the statement that it answers."""
    said: dict[str, Any] = answer_text(wish) | {"statement": statement_digest}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def answer_text(wish: AnswerWish) -> dict[str, Any]:
    """The answer as it is kept."""
    return {
        "signer": wish.signer, "authority": wish.authority,
        "lines": [{"item_id": str(one.item_id), "answer": one.answer.value, "amount": _text(one.amount)}
                  for one in wish.lines],
        "missing": [{"kind": one.kind.value, "reference": one.reference, "amount": _text(one.amount),
                     "day": one.day and str(one.day)} for one in wish.missing]}


def _each_once(answered: Sequence[AnsweredLine], lines: Mapping[UUID, StatementLine]) -> None:
    named = [one.item_id for one in answered]
    for item_id in named:
        if item_id not in lines:
            raise NotFound("line_not_found", "The statement has no such line.", item_id=item_id)
    if len(set(named)) < len(named):
        raise RuleBroken("line_named_twice", "Answer each line once.")
    if len(named) < len(lines):
        raise RuleBroken("line_not_answered", "Answer every line: silence is no answer.",
                         lines=len(lines), answered=len(named))


def _theirs(one: AnsweredLine, line: StatementLine) -> Money:
    if one.amount is None:
        raise RuleBroken("amount_missing", "Say what is owed by the customer's books.", item_id=one.item_id)
    if one.amount.is_negative:
        raise RuleBroken("amount_not_positive", "Less than nothing is never owed.", item_id=one.item_id)
    if one.amount == line.open:
        raise RuleBroken("amount_does_not_differ", "This amount is the statement's own.", item_id=one.item_id)
    if one.amount.currency != line.open.currency:
        raise RuleBroken("currency_mismatch", "The amount is in the currency of the line.", item_id=one.item_id)
    return one.amount


def _searched(one: MissingItem) -> Search:
    if not one.amount.is_positive:
        raise RuleBroken("amount_not_positive", "What is missing has an amount above zero.")
    return Search(SearchReason.MISSING, one.amount, missing=one)


def _text(amount: Money | None) -> str | None:
    return None if amount is None else str(amount)
