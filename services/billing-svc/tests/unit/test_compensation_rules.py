"""Compensation: no more than is owed, the debt stays, and what comes in later is shared pro rata."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.compensation import (
    ClaimPaid,
    Compensation,
    CompensationReversalReason,
    CompensationStanding,
    PaidBefore,
    ReceiveCompensation,
    ReverseCompensation,
    compensation_of,
    fact_of_compensation,
    fact_of_compensation_reversal,
    fact_of_share,
    reversal_of,
    shareable,
    within_claim,
)
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.errors import Conflict, DomainError, RuleBroken
from dunlin_kernel.money import Money

TODAY, ONE = date(2026, 4, 1), UUID(int=1)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def wish(minor: int = 30_000, currency: str = "CNY", on: date = TODAY) -> ReceiveCompensation:
    return ReceiveCompensation(ONE, UUID(int=2), Money(minor, currency), "Sinosure", on, None, None)


def item(opened: int) -> Item:
    return Item(UUID(int=2), UUID(int=4), "INV-000001", UUID(int=3), cny(40_000), cny(opened), cny(0), TODAY, TODAY,
                TODAY, 0)


def compensation(amount: int, claimed: int = 40_000) -> Compensation:
    return Compensation(ONE, UUID(int=2), UUID(int=3), cny(amount), cny(claimed), cny(0), "Sinosure", TODAY, TODAY)


@pytest.mark.parametrize(("said", "before", "code"), [
    (wish(0), 0, "amount_not_positive"), (wish(on=date(2026, 4, 2)), 0, "received_in_future"),
    (wish(currency="USD"), 0, "currency_mismatch"), (wish(40_001), 0, "more_than_open"),
    (wish(30_000), 10_001, "more_than_open")])
def test_what_is_refused(said: ReceiveCompensation, before: int, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        compensation_of(said, item(40_000), PaidBefore(cny(before), cny(0)), day=TODAY, today=TODAY)


@pytest.mark.parametrize(("minor", "currency", "paid", "booked", "code"), [
    (300, "CNY", 300, 0, None), (200, "CNY", 300, 100, None), (201, "CNY", 300, 100, "more_than_claim_paid"),
    (1, "CNY", 300, 300, "more_than_claim_paid"), (1, "CNY", 300, 400, "more_than_claim_paid"),
    (1, "USD", 300, 0, "currency_mismatch"), (1, "CNY", None, 0, "claim_not_paid")])
def test_no_more_is_booked_on_a_claim_than_was_paid(
    minor: int, currency: str, paid: int | None, booked: int, code: str | None,
) -> None:
    said = replace(wish(minor, currency), claim_id=UUID(int=6))
    claim = None if paid is None else ClaimPaid(cny(paid), cny(booked))
    with pytest.raises(DomainError, match=code) if code else nullcontext():
        assert within_claim(said, claim) is said


def test_what_names_no_claim_is_within_any() -> None:
    assert within_claim(wish(), None) == wish()


def test_it_books_their_money_apart_and_moves_nothing_of_the_customer() -> None:
    one = compensation_of(wish(), item(40_000), PaidBefore(cny(10_000), cny(500)), day=TODAY, today=TODAY)
    assert (one.amount, one.claimed, one.paid_before) == (cny(30_000), cny(40_000), cny(500))
    fact = fact_of_compensation(one, None)
    assert fact.entries == () and [(line.account.value, line.amount.minor) for line in fact.journal] == [
        ("third_party_bank", 30_000), ("third_party_claims", -30_000)]
    back = fact_of_share(UUID(int=9), one, cny(7), Money(5, "EUR"), TODAY)
    assert [(line.amount.minor, line.base and line.base.minor) for line in back.journal] == [(-7, -5), (7, 5)]


@pytest.mark.parametrize(("amount", "recovered", "shared", "due"), [
    (30_000, 0, 0, 0), (30_000, 4_000, 0, 3_000), (30_000, 4_000, 3_000, 0), (30_000, 40_000, 3_000, 27_000),
    (30_000, 2_000, 3_000, 0), (1, 20_000, 0, 1), (1, 19_999, 0, 0), (30_000, 50_000, 0, 30_000)],
    ids=["nothing came", "three quarters", "passed on", "the rest", "some went back", "half up", "below", "at most"])
def test_what_is_theirs_of_later_receipts(amount: int, recovered: int, shared: int, due: int) -> None:
    one = CompensationStanding(compensation(amount), cny(recovered), cny(shared))
    assert one.due == cny(due)
    if due:
        assert shareable(one) == cny(due)
    else:
        with pytest.raises(RuleBroken, match="nothing_to_share"):
            shareable(one)


@given(amount=st.integers(1, 40_000), receipts=st.lists(st.integers(0, 5_000), max_size=8))
@settings(max_examples=50)
def test_sharing_often_or_once_comes_to_the_same(amount: int, receipts: list[int]) -> None:
    often = CompensationStanding(compensation(amount), cny(0), cny(0))
    for part in receipts:
        often = replace(often, recovered=often.recovered + cny(part))
        often = replace(often, shared=often.shared + often.due)
    once = CompensationStanding(compensation(amount), often.recovered, cny(0))
    assert often.shared == once.due <= cny(amount)


LATER = date(2026, 5, 1)
BOOKS = Books(date(2026, 4, 10), LATER)


@pytest.mark.parametrize(("reason", "shared", "wanted", "left", "day"), [
    ("reclaimed", 0, None, 30_000, LATER), ("reclaimed", 3_000, date(2026, 4, 20), 27_000, date(2026, 4, 20)),
    ("recorded_in_error", 0, None, 30_000, date(2026, 4, 11))])
def test_what_was_not_passed_on_goes_back_and_its_claim_with_it(
    reason: str, shared: int, wanted: date | None, left: int, day: date,
) -> None:
    standing = CompensationStanding(compensation(30_000), cny(4_000), cny(shared))
    wish = ReverseCompensation(ONE, CompensationReversalReason(reason), wanted)
    made = reversal_of(wish, standing, BOOKS, UUID(int=7))
    assert (made.amount, made.effective_on, made.reason.value) == (cny(left), day, reason)
    lines = fact_of_compensation_reversal(made, Money(5, "EUR")).journal
    assert [(line.account.value, line.amount.minor, line.base) for line in lines] == [
        ("third_party_bank", -left, Money(-5, "EUR")), ("third_party_claims", left, Money(5, "EUR"))]
    assert fact_of_compensation_reversal(made, None).journal[0].base is None


@pytest.mark.parametrize(("reason", "shared", "gone", "code"), [
    ("reclaimed", 30_000, None, "compensation_shared"), ("recorded_in_error", 1, None, "compensation_shared"),
    ("reclaimed", 0, TODAY, "compensation_reversed")])
def test_what_was_passed_on_or_went_back_is_not_taken_back(
    reason: str, shared: int, gone: date | None, code: str,
) -> None:
    standing = CompensationStanding(compensation(30_000), cny(40_000), cny(shared), gone)
    with pytest.raises(Conflict, match=code):
        reversal_of(ReverseCompensation(ONE, CompensationReversalReason(reason)), standing, BOOKS, UUID(int=7))


def test_of_what_went_back_nothing_is_due() -> None:
    gone = CompensationStanding(compensation(30_000), cny(4_000), cny(0), LATER)
    assert gone.due == cny(0)
    with pytest.raises(Conflict, match="compensation_reversed"):
        shareable(gone)
