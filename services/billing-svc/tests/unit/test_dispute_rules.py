"""Disputes: how much may be contested and settled, and how they give way before money."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import allocate_oldest_first
from billing_svc.domain.dispute import (
    Dispute,
    DisputeOutcome,
    DisputeReason,
    DisputeWish,
    giving_way,
    open_dispute,
    settle_by_hand,
)
from billing_svc.domain.item import Item
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money, sum_money

DAY = date(2026, 2, 10)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(opened: int, disputed: int = 0) -> Item:
    return Item(UUID(int=3), UUID(int=2), "INV-1", UUID(int=7), cny(max(opened, 1)), cny(opened), cny(disputed),
                DAY, DAY, DAY, 1)


def wish(amount: Money | None) -> DisputeWish:
    return DisputeWish(UUID(int=9), UUID(int=3), DisputeReason.PRICE, amount, "mail of 2026-02-09")


def contested(number: int, rest: int) -> Dispute:
    return replace(open_dispute(wish(cny(1)), item(10), DAY), id=UUID(int=number), amount=cny(rest), rest=cny(rest))


@pytest.mark.parametrize(
    ("opened", "disputed", "amount", "expected"),
    [
        (100, 0, cny(40), 40),
        (100, 0, None, 100),
        (100, 60, None, 40),
        (100, 60, cny(41), "more_than_undisputed"),
        (100, 100, None, "more_than_undisputed"),
        (0, 0, None, "more_than_undisputed"),
        (100, 0, cny(0), "amount_not_positive"),
        (100, 0, cny(-1), "amount_not_positive"),
        (100, 0, Money(1, "USD"), "currency_mismatch"),
    ],
)
def test_no_more_is_disputed_than_is_open(
    opened: int, disputed: int, amount: Money | None, expected: int | str,
) -> None:
    try:
        found: int | str = open_dispute(wish(amount), item(opened, disputed), DAY).rest.minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


@pytest.mark.parametrize(
    ("rest", "outcome", "amount", "expected"),
    [
        (40, DisputeOutcome.ACCEPTED, None, 40),
        (40, DisputeOutcome.REJECTED, cny(15), 15),
        (40, DisputeOutcome.WITHDRAWN, cny(40), 40),
        (40, DisputeOutcome.REJECTED, cny(41), "more_than_disputed"),
        (40, DisputeOutcome.REJECTED, cny(0), "amount_not_positive"),
        (40, DisputeOutcome.REJECTED, Money(1, "USD"), "currency_mismatch"),
        (0, DisputeOutcome.REJECTED, None, "dispute_settled"),
        (40, DisputeOutcome.PAID, None, "not_by_hand"),
    ],
)
def test_no_more_is_settled_than_is_contested(
    rest: int, outcome: DisputeOutcome, amount: Money | None, expected: int | str,
) -> None:
    try:
        found: int | str = settle_by_hand(contested(1, rest), outcome, amount).minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


@given(rests=st.lists(st.integers(1, 1000), max_size=5), undisputed=st.integers(0, 1000), share=st.integers(0, 6000))
def test_disputes_give_way_by_just_enough_the_newest_first(rests: list[int], undisputed: int, share: int) -> None:
    disputes = [contested(n, rest) for n, rest in enumerate(rests, 1)]
    owed = item(sum(rests) + undisputed, sum(rests))
    lowered = cny(min(share, owed.open.minor))
    yielded = giving_way(disputes, owed, lowered)
    total = sum_money("CNY", (part for _, part in yielded))
    assert total == max(cny(0), lowered - cny(undisputed))
    left = owed.disputing(-total)
    assert left.disputed <= left.open - lowered
    ids = [dispute.id.int for dispute, _ in yielded]
    assert ids == sorted(ids, reverse=True)
    assert all(dispute.less(part).rest.is_zero for dispute, part in yielded[:-1])


def test_money_settles_the_undisputed_part_first_and_sweeps_no_dispute() -> None:
    paid = allocate_oldest_first(cny(500), [item(100, 60)])
    assert ([share.amount.minor for share in paid.shares], paid.rest.minor) == ([40], 460)
