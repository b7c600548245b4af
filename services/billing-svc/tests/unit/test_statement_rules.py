"""Statements: what ties, what names a snapshot, and what follows from an answer."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.ageing import AgeingPolicy
from billing_svc.domain.dispute import DisputeReason
from billing_svc.domain.statement import (
    Balance,
    Movement,
    Statement,
    StatementHead,
    StatementLine,
    currency_statement,
    digest_of,
    period_of_statement,
    snapshot_of,
)
from billing_svc.domain.statement_answer import (
    AnsweredLine,
    AnswerWish,
    LineAnswer,
    MissingItem,
    MissingKind,
    SearchReason,
    answer_digest,
    judge_answer,
)
from billing_svc.store.statement_views import statement_of
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

END = date(2026, 2, 28)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def balance(receivables: int, unapplied: int = 0) -> Balance:
    return Balance(cny(receivables), cny(unapplied))


def line(n: int, opened: int, due_on: date = END) -> StatementLine:
    return StatementLine(UUID(int=n), "invoice", f"INV-{n}", date(2026, 1, 5), due_on, cny(9_000), cny(opened))


def movement(receivables: int, unapplied: int = 0) -> Movement:
    return Movement(END, "invoice_issued", UUID(int=7), "INV-1", None, balance(receivables, unapplied))


def statement(*moved: Movement, lines: tuple[StatementLine, ...] = ()) -> Statement:
    head = StatementHead(UUID(int=1), UUID(int=2), "C-1", "北京华为贸易", "Seller", date(2026, 2, 1), END,
                         datetime(2026, 3, 1, 2, tzinfo=UTC))
    return Statement(head, (currency_statement(balance(100, 40), moved, lines, END, AgeingPolicy()),))


def test_opening_plus_movements_is_closing_and_lies_in_its_buckets() -> None:
    made = statement(movement(200), movement(-50, -50 + 20), lines=(
        line(1, 150, date(2026, 2, 27)), line(2, 100, END))).currencies[0]
    assert [after.receivables for after in made.after] == [cny(300), cny(250)]
    assert (made.closing.unapplied, made.closing.net) == (cny(10), cny(240))
    assert {name: amount.minor for name, amount in made.buckets if amount.minor} == {"not_due": 100, "1_30": 150}
    assert [one.number for one in made.lines] == ["INV-1", "INV-2"]


def test_a_statement_whose_lines_are_not_its_closing_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        statement(lines=(line(1, 99),))
    assert refused.value.code == "report_does_not_tie"


def test_a_snapshot_comes_back_as_it_was_and_any_change_gives_another_digest() -> None:
    made = statement(lines=(line(1, 100),))
    snapshot = snapshot_of(made)
    assert statement_of(snapshot) == made
    assert digest_of(dict(reversed(snapshot.items()))) == digest_of(snapshot)
    other = replace(made, head=replace(made.head, name="Huawei"))
    assert digest_of(snapshot_of(other)) != digest_of(snapshot)


@pytest.mark.parametrize(
    ("start", "end", "code"), [(date(2026, 3, 1), END, "period_reversed"),
                               (END, date(2026, 3, 2), "period_in_future")])
def test_a_period_that_cannot_be_stated_is_refused(start: date, end: date, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        period_of_statement(start, end, date(2026, 3, 1))
    assert refused.value.code == code


LINES = {one.item_id: one for one in (line(1, 100), line(2, 50))}


def answered(first: AnsweredLine, *missing: MissingItem, more: tuple[AnsweredLine, ...] = ()) -> AnswerWish:
    second = AnsweredLine(UUID(int=2), LineAnswer.AGREE)
    return AnswerWish(UUID(int=5), UUID(int=1), "Li Na", "finance_director", (first, second, *more), missing)


def first(answer: LineAnswer, minor: int | None = None) -> AnsweredLine:
    return AnsweredLine(UUID(int=1), answer, None if minor is None else cny(minor))


def test_full_agreement_leaves_nothing_to_do() -> None:
    judged = judge_answer(answered(first(LineAnswer.AGREE)), LINES)
    assert judged.agreed
    assert judged.confirmed == (UUID(int=1), UUID(int=2))


def test_what_is_unknown_or_less_is_contested() -> None:
    unknown = judge_answer(answered(first(LineAnswer.UNKNOWN)), LINES).contested
    less = judge_answer(answered(first(LineAnswer.AMOUNT_DIFFERS, 30)), LINES).contested
    assert [(one.amount, one.reason) for one in (*unknown, *less)] == [
        (cny(100), DisputeReason.NOT_ORDERED), (cny(70), DisputeReason.OTHER)]


def test_what_is_more_or_missing_is_searched_for() -> None:
    missing = MissingItem(MissingKind.PAYMENT, "TT-9", cny(20), END)
    judged = judge_answer(answered(first(LineAnswer.AMOUNT_DIFFERS, 130), missing), LINES)
    assert [(one.reason, one.amount) for one in judged.searches] == [
        (SearchReason.MISSING, cny(20)), (SearchReason.THEIRS_IS_MORE, cny(30))]
    assert not judged.agreed


@pytest.mark.parametrize(
    ("wish", "code"),
    [(answered(AnsweredLine(UUID(int=9), LineAnswer.AGREE)), "line_not_found"),
     (answered(first(LineAnswer.AGREE), more=(first(LineAnswer.UNKNOWN),)), "line_named_twice"),
     (replace(answered(first(LineAnswer.AGREE)), lines=(first(LineAnswer.AGREE),)), "line_not_answered"),
     (answered(first(LineAnswer.AMOUNT_DIFFERS)), "amount_missing"),
     (answered(first(LineAnswer.AMOUNT_DIFFERS, -1)), "amount_not_positive"),
     (answered(first(LineAnswer.AMOUNT_DIFFERS, 100)), "amount_does_not_differ"),
     (answered(AnsweredLine(UUID(int=1), LineAnswer.AMOUNT_DIFFERS, Money(5, "USD"))), "currency_mismatch"),
     (answered(first(LineAnswer.AGREE), MissingItem(MissingKind.INVOICE, "X", cny(0))), "amount_not_positive")])
def test_an_answer_that_says_too_little_or_too_much_is_refused(wish: AnswerWish, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        judge_answer(wish, LINES)
    assert refused.value.code == code


def test_the_digest_of_an_answer_names_the_statement_too() -> None:
    wish = answered(first(LineAnswer.AGREE))
    assert answer_digest(wish, "a") != answer_digest(wish, "b") != answer_digest(replace(wish, signer="Wu"), "b")


@given(st.integers(0, 300))
def test_what_is_contested_or_searched_is_the_difference(theirs: int) -> None:
    if theirs == 100:
        return
    judged = judge_answer(answered(first(LineAnswer.AMOUNT_DIFFERS, theirs)), LINES)
    assert sum(one.amount.minor for one in judged.contested) - sum(one.amount.minor for one in judged.searches) == (
        100 - theirs)


def test_a_period_may_be_a_day_and_end_today() -> None:
    for start, today in ((END, END), (date(2026, 2, 1), date(2026, 3, 9))):
        period_of_statement(start, END, today)


def test_its_lines_are_found_by_their_items() -> None:
    made = statement(movement(50), lines=(line(3, 100), line(4, 50)))
    assert {item.int: one.open for item, one in made.lines.items()} == {3: cny(100), 4: cny(50)}
