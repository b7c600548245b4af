"""Pending payments: how long they wait, on which day they are confirmed, and what they would pay."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import AllocationRule, Choice, Part, allocate
from billing_svc.domain.item import Item
from billing_svc.domain.payment import Payment, PaymentState, RecordPayment, receive
from billing_svc.domain.payment_policy import FIRST_POLICY, PaymentPolicy
from billing_svc.domain.pending_payment import (
    Announced,
    awaiting,
    confirmed,
    expired,
    has_expired,
    pending_by_item,
    rejected,
)
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
CUSTOMER = UUID(int=7)
NOTHING, OLDEST = Choice(AllocationRule.NONE), Choice(AllocationRule.OLDEST_FIRST)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def pending(recorded: int = 0) -> Payment:
    command = RecordPayment(UUID(int=1), CUSTOMER, cny(6000), DAY, "cheque", NOTHING, pending=True)
    return awaiting(receive(command, effective_on=DAY, today=on(recorded)), PaymentPolicy(1, 10), on(recorded))


def item(n: int, minor: int, due: int) -> Item:
    amount = cny(minor)
    return Item(UUID(int=n), UUID(int=100 + n), f"INV-{n}", CUSTOMER, amount, amount, cny(0), DAY, DAY, on(due), 1)


def test_it_waits_so_many_days_after_its_recording_and_holds_no_credit() -> None:
    assert (pending(3).expires_on, pending(3).state, pending(3).unapplied) == (on(13), PaymentState.PENDING, cny(0))
    assert [has_expired(pending(3), on(day)) for day in (12, 13, 14)] == [False, False, True]
    assert not has_expired(rejected(pending(3)), on(14))
    assert FIRST_POLICY.pending_days == 30


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_policy_out_of_its_bounds_is_refused(days: int) -> None:
    with pytest.raises(DomainError, match="bad_payment_policy"):
        PaymentPolicy(1, days)


@pytest.mark.parametrize(
    ("wanted", "closed", "today", "expected"),
    [
        (None, None, 5, 0),
        (None, 2, 5, 3),
        (4, 2, 5, 4),
        (2, 2, 5, "period_locked"),
        (-1, None, 5, "effective_too_early"),
        (6, None, 5, "effective_in_future"),
        (None, None, 10, 0),
        (None, None, 11, "payment_expired"),
    ],
)
def test_the_day_of_a_confirmation(wanted: int | None, closed: int | None, today: int, expected: int | str) -> None:
    books = Books(None if closed is None else on(closed), on(today))
    day = None if wanted is None else on(wanted)
    if isinstance(expected, str):
        with pytest.raises(DomainError, match=expected):
            confirmed(pending(), day, books)
        return
    certain = confirmed(pending(), day, books)
    assert (certain.effective_on, certain.raised_on, certain.business_on) == (on(expected), on(expected), DAY)
    assert (certain.state, certain.unapplied, certain.version) == (PaymentState.CONFIRMED, cny(0), 2)


@pytest.mark.parametrize("state", [one for one in PaymentState if one is not PaymentState.PENDING])
def test_only_what_is_pending_is_decided(state: PaymentState) -> None:
    other = replace(pending(), state=state)
    for act in (rejected, expired, lambda one: confirmed(one, None, Books(None, DAY))):
        with pytest.raises(DomainError, match="illegal_transition"):
            act(other)


@pytest.mark.parametrize(
    ("announced", "expected"),
    [
        ([], [0, 0]),
        ([(6000, NOTHING)], [0, 0]),
        ([(6000, OLDEST)], [4000, 2000]),
        ([(9000, OLDEST)], [4000, 3000]),
        ([(6000, Choice(AllocationRule.ITEMS, (Part(UUID(int=2)),)))], [0, 3000]),
        ([(6000, Choice(AllocationRule.ITEMS, (Part(UUID(int=2), cny(500)), Part(UUID(int=9)))))], [0, 500]),
        ([(1000, Choice(AllocationRule.ITEMS, (Part(UUID(int=1), cny(1000)),))), (4000, OLDEST)], [4000, 1000]),
    ],
)
def test_what_would_be_paid_is_shown_beside_each_item(announced: list[tuple[int, Choice]], expected: list[int]) -> None:
    items = {one.id: one for one in (item(1, 4000, 10), item(2, 3000, 20))}
    found = pending_by_item([Announced(cny(amount), choice) for amount, choice in announced], items)
    assert [found[UUID(int=n)].minor for n in (1, 2)] == expected


@given(amounts=st.lists(st.integers(1, 5000), max_size=5), opens=st.lists(st.integers(1, 4000), max_size=5))
def test_what_is_shown_is_what_confirming_in_order_would_pay(amounts: list[int], opens: list[int]) -> None:
    items = {one.id: one for one in (item(n, minor, n % 3) for n, minor in enumerate(opens, 1))}
    shown = pending_by_item([Announced(cny(amount), OLDEST) for amount in amounts], items)
    left = dict(items)
    for amount in amounts:
        for share in allocate(cny(amount), OLDEST, left).shares:
            left[share.item_id] = replace(left[share.item_id], open=left[share.item_id].open - share.amount)
    assert shown == {one: items[one].open - left[one].open for one in items}


def test_money_in_another_currency_pays_nothing_of_it() -> None:
    owed = item(1, 4000, 0)
    assert pending_by_item([Announced(Money(4000, "USD"), OLDEST)], {owed.id: owed}) == {owed.id: cny(0)}
