"""Compensation: no more than is owed, the debt stays, and what comes in later is shared pro rata."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.compensation import (
    Compensation,
    CompensationStanding,
    PaidBefore,
    ReceiveCompensation,
    compensation_of,
    fact_of_compensation,
    fact_of_share,
    shareable,
)
from billing_svc.domain.item import Item
from dunlin_kernel.errors import RuleBroken
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
