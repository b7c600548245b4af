"""Reversals: everything a payment did is undone, on days that never make a past amount negative."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.allocation import Allocation, fact_of_allocation
from billing_svc.domain.item import Item
from billing_svc.domain.payment import (
    PAYMENT_LIFECYCLE,
    Payment,
    PaymentState,
    fact_of_payment,
)
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.domain.reversal import (
    ReversalReason,
    ReversalWish,
    Undoing,
    fact_of_allocation_reversal,
    fact_of_payment_reversal,
    return_fee,
    undo,
)
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
CUSTOMER = UUID(int=7)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def ids() -> Callable[[], UUID]:
    numbers = count(1000)
    return lambda: UUID(int=next(numbers))


def payment(amount: int, used: int) -> Payment:
    return Payment(
        UUID(int=1),
        CUSTOMER,
        Money(amount, "CNY"),
        Money(amount - used, "CNY"),
        DAY,
        DAY,
        DAY,
        1,
        state=PaymentState.CONFIRMED,
        received_on=DAY,
    )


def undoing(amount: int, parts: list[tuple[int, int]], *, closed: int | None = None, today: int = 60) -> Undoing:
    live = [
        Allocation(UUID(int=10 + n), CUSTOMER, UUID(int=1), UUID(int=20 + n), Money(minor, "CNY"), on(day), on(day))
        for n, (day, minor) in enumerate(parts)
    ]
    steps = [Step(DAY, amount), *(Step(one.effective_on, -one.amount.minor) for one in live)]
    used = sum(minor for _, minor in parts)
    return Undoing(payment(amount, used), live, steps, Books(None if closed is None else on(closed), on(today)))


def wish(reason: ReversalReason, day: int | None = None) -> ReversalWish:
    return ReversalWish(UUID(int=1), reason, None if day is None else on(day))


@pytest.mark.parametrize(
    ("reason", "day", "closed", "allocations", "whole"),
    [
        (ReversalReason.NOT_RECEIVED, None, None, [60, 60], 60),
        (ReversalReason.NOT_RECEIVED, 5, None, [5, 20], 5),
        (ReversalReason.NOT_RECEIVED, 30, None, [30, 30], 30),
        (ReversalReason.RECORDED_IN_ERROR, None, None, [0, 20], 0),
        (ReversalReason.RECORDED_IN_ERROR, None, 9, [10, 20], 10),
        (ReversalReason.RECORDED_IN_ERROR, None, 29, [30, 30], 30),
    ],
)
def test_the_days_of_a_return_and_of_a_correction(
    reason: ReversalReason,
    day: int | None,
    closed: int | None,
    allocations: list[int],
    whole: int,
) -> None:
    undone = undo(wish(reason, day), undoing(100, [(0, 60), (20, 40)], closed=closed), ids())
    assert [one.effective_on for one in undone.allocations] == [on(at) for at in allocations]
    assert undone.credit.effective_on == on(whole)
    assert undone.credit.amount == Money(100, "CNY")


def test_a_correction_keeps_the_value_date_and_a_return_has_its_own() -> None:
    corrected = undo(wish(ReversalReason.RECORDED_IN_ERROR), undoing(100, [(0, 60)], closed=9), ids())
    returned = undo(wish(ReversalReason.NOT_RECEIVED, 12), undoing(100, [(0, 60)]), ids())
    assert [corrected.credit.business_on, corrected.allocations[0].business_on] == [DAY, DAY]
    assert [returned.credit.business_on, returned.allocations[0].business_on] == [on(12), on(12)]


@pytest.mark.parametrize(
    ("day", "closed", "code"),
    [(-1, None, "effective_too_early"), (61, None, "effective_in_future"), (5, 5, "period_locked")],
)
def test_days_that_are_refused(day: int, closed: int | None, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        undo(wish(ReversalReason.NOT_RECEIVED, day), undoing(100, [(0, 60)], closed=closed), ids())
    assert refused.value.code == code


def test_a_day_on_which_an_undone_part_was_still_in_use_is_refused() -> None:
    was = undoing(100, [])
    in_use = Undoing(was.credit, (), [*was.steps, Step(on(3), -70), Step(on(8), 70)], was.books)
    with pytest.raises(DomainError) as refused:
        undo(wish(ReversalReason.NOT_RECEIVED, 5), in_use, ids())
    assert refused.value.facts["earliest"] == on(8)
    assert undo(wish(ReversalReason.RECORDED_IN_ERROR), in_use, ids()).credit.effective_on == on(8)


@given(
    parts=st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100)), max_size=6),
    rest=st.integers(0, 50),
    reason=st.sampled_from(ReversalReason),
    day=st.none() | st.integers(0, 60),
    closed=st.none() | st.integers(0, 40),
)
def test_pay_and_reverse_leave_nothing_and_never_a_negative_credit(
    parts: list[tuple[int, int]],
    rest: int,
    reason: ReversalReason,
    day: int | None,
    closed: int | None,
) -> None:
    amount = sum(minor for _, minor in parts) + rest or 1
    was = undoing(amount, parts, closed=closed)
    try:
        undone = undo(wish(reason, day), was, ids())
    except DomainError as refused:
        assert refused.code in ("period_locked", "effective_too_early")  # noqa: PT017
        return
    steps = [
        *was.steps,
        *(Step(one.effective_on, one.allocation.amount.minor) for one in undone.allocations),
        Step(undone.credit.effective_on, -amount),
    ]
    balances = [sum(step.minor for step in steps if step.effective_on <= on(at)) for at in range(62)]
    assert min(balances) >= 0
    assert balances[-1] == 0
    assert all(one.effective_on >= one.allocation.effective_on for one in undone.allocations)
    assert closed is None or undone.credit.effective_on > on(closed)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100)), max_size=5), st.integers(0, 30))
def test_the_account_is_as_if_never_paid(parts: list[tuple[int, int]], rest: int) -> None:
    owed = sum(minor for _, minor in parts)
    was = undoing(owed + rest or 1, parts)
    zero = Money.zero("CNY")
    start = account = Account(CUSTOMER, Money(owed, "CNY"), zero, zero, 0, 0)
    assert isinstance(was.credit, Payment)
    facts = [fact_of_payment(was.credit), *(fact_of_allocation(one) for one in was.live)]
    undone = undo(wish(ReversalReason.NOT_RECEIVED), was, new_id)
    facts += [
        *(fact_of_allocation_reversal(one) for one in undone.allocations),
        fact_of_payment_reversal(undone.credit),
    ]
    for fact in facts:
        account = account.after(fact)
    assert (account.open, account.unapplied, account.net) == (start.open, start.unapplied, start.net)
    assert account.entries == sum(len(fact.entries) for fact in facts)
    by_account: dict[str, int] = {}
    for fact in facts:
        for line in fact.journal:
            by_account[line.account] = by_account.get(line.account, 0) + line.amount.minor
    assert set(by_account.values()) <= {0}


@pytest.mark.parametrize(("start", "end", "allowed"), list(PAYMENT_LIFECYCLE.all_pairs()))
def test_only_what_is_pending_is_decided_and_only_what_is_confirmed_is_reversed(
    start: PaymentState,
    end: PaymentState,
    allowed: bool,
) -> None:
    decided = start is PaymentState.PENDING and end in (
        PaymentState.CONFIRMED,
        PaymentState.REJECTED,
        PaymentState.EXPIRED,
    )
    assert allowed == (decided or (start, end) == (PaymentState.CONFIRMED, PaymentState.REVERSED))


FEE = Money(500, "CNY")


@pytest.mark.parametrize(("reason", "fee", "parts", "expected"), [
    (ReversalReason.RETURNED, None, [(0, 60)], None),
    (ReversalReason.RETURNED, FEE, [(0, 60)], UUID(int=20)),
    (ReversalReason.RETURNED, FEE, [(0, 60), (2, 40)], "on no claim"),
    (ReversalReason.RETURNED, FEE, [], "on no claim"),
    (ReversalReason.NOT_RECEIVED, FEE, [(0, 60)], "fee_not_meant"),
    (ReversalReason.RETURNED, Money(0, "CNY"), [(0, 60)], "amount_not_positive"),
    (ReversalReason.RETURNED, Money(1, "USD"), [(0, 60)], "currency_mismatch")])
def test_the_fee_of_a_return_names_the_claim_when_there_is_just_one(
    reason: ReversalReason, fee: Money | None, parts: list[tuple[int, int]], expected: UUID | str | None,
) -> None:
    undone, owed = undo(wish(reason), undoing(100, parts), ids()), Money(100, "CNY")
    items = {UUID(int=20 + n): Item(UUID(int=20 + n), UUID(int=2), "INV-1", CUSTOMER, owed, owed, owed - owed, DAY, DAY,
                                    DAY, 1) for n in range(2)}
    try:
        charged = return_fee(ReversalWish(UUID(int=1), reason, None, fee), undone, items)
        found = charged and (charged.claim_item_id or "on no claim")
    except DomainError as refused:
        found = refused.code
    assert found == expected


def test_what_was_paid_back_is_not_undone() -> None:
    was = undoing(100, [(0, 60)])
    spent = Undoing(payment(100, 70), was.live, was.steps, was.books)
    with pytest.raises(DomainError, match="credit_refunded"):
        undo(wish(ReversalReason.NOT_RECEIVED), spent, ids())
