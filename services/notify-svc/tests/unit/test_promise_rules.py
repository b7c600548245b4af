"""Promises: what may be promised, what counts as received, and each judgement by hand and as a property."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.item_history import ItemMoved, PaymentMoved
from notify_svc.domain.ladder import NOT_BEGUN
from notify_svc.domain.promise import Promise, PromiseStatus, check_promise, corrected, judged, received_for

TODAY, BY = date(2026, 2, 10), date(2026, 2, 20)
AT = datetime(2026, 2, 10, 2, tzinfo=UTC)
ITEM, OTHER, CUSTOMER = new_id(), new_id(), new_id()
RUNNING, KEPT, BROKEN, WITHDRAWN = PromiseStatus


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(item_id: UUID = ITEM, opened: Money | None = None) -> DunnedItem:
    opened = opened or cny(100)
    return DunnedItem(item_id, CUSTOMER, new_id(), "I", TODAY, TODAY, 1, opened, True, NOT_BEGUN,
                      Money.zero(opened.currency))


def promise(amount: int = 100, *, by: date = BY, grace: int = 2, items: frozenset[UUID] = frozenset({ITEM}),
            opened: int = 100) -> Promise:
    return Promise(new_id(), CUSTOMER, cny(amount), by, grace, items, TODAY, "clerk", None, cny(opened), 5,
                   cny(amount), cny(0))


def allocated(amount: int, on: date, *, item_id: UUID = ITEM, sequence: int = 6, allocation: UUID | None = None,
              cash: bool = True) -> ItemMoved:
    return ItemMoved(new_id(), CUSTOMER, sequence, AT, "CreditAllocated", item_id, cny(-amount), cny(0), cny(0), cash,
                     allocation or new_id(), on)


def undone(amount: int, allocation: UUID, sequence: int = 9) -> ItemMoved:
    return ItemMoved(new_id(), CUSTOMER, sequence, AT, "AllocationReversed", ITEM, cny(amount), cny(amount), cny(0),
                     allocation_id=allocation)


@pytest.mark.parametrize(("made", "code"), [
    (promise(0), "amount_not_positive"),
    (promise(by=TODAY - timedelta(days=1)), "promise_day_out_of_range"),
    (promise(by=TODAY + timedelta(days=367)), "promise_day_out_of_range"),
    (promise(grace=-1), "bad_grace_days"),
    (promise(grace=32), "bad_grace_days"),
    (promise(101), "promise_above_open"),
    (promise(by=TODAY), None),
    (promise(by=TODAY + timedelta(days=366), grace=31), None),
])
def test_what_may_be_promised(made: Promise, code: str | None) -> None:
    if code is None:
        check_promise(made, [item()], [])
        return
    with pytest.raises(DomainError) as refused:
        check_promise(made, [item()], [])
    assert refused.value.code == code


@pytest.mark.parametrize(("running", "refused"), [
    (promise(items=frozenset({OTHER})), False), (promise(), True), (promise(items=frozenset()), True)])
def test_one_item_has_one_running_promise(running: Promise, refused: bool) -> None:
    if not refused:
        check_promise(promise(), [item()], [running])
        return
    with pytest.raises(DomainError, match="promise_running"):
        check_promise(promise(), [item()], [running])


def test_a_promise_covers_its_items_in_its_currency_or_all() -> None:
    everything = promise(items=frozenset())
    assert promise().covers(item())
    assert not promise().covers(item(OTHER))
    assert everything.covers(item(OTHER))
    assert not everything.covers(item(OTHER, Money(100, "EUR")))


LAST = BY + timedelta(days=2)


@pytest.mark.parametrize(("moves", "received"), [
    ([], 0),
    ([allocated(60, BY), allocated(40, LAST)], 100),
    ([allocated(60, LAST + timedelta(days=1))], 0),
    ([allocated(60, BY, sequence=5)], 0),
    ([allocated(60, BY, item_id=OTHER)], 0),
    ([allocated(60, BY, cash=False)], 0),
    ([allocated(60, TODAY - timedelta(days=30))], 60),
])
def test_what_counts_is_own_money_told_since_and_of_worth_in_time(moves: list[ItemMoved], received: int) -> None:
    assert received_for(promise(), moves, []) == cny(received)


def test_money_that_goes_back_did_not_come() -> None:
    allocation = new_id()
    moves = [allocated(60, BY, allocation=allocation), allocated(40, BY), undone(60, allocation)]
    assert received_for(promise(), moves, []) == cny(40)
    assert received_for(promise(), [undone(60, new_id())], []) == cny(0)


def test_for_all_that_is_owed_payments_count_whatever_they_were_set_against() -> None:
    came = new_id()
    payments = [
        PaymentMoved(new_id(), CUSTOMER, 6, AT, came, cny(80), BY),
        PaymentMoved(new_id(), CUSTOMER, 7, AT, new_id(), Money(50, "EUR"), BY),
        PaymentMoved(new_id(), CUSTOMER, 8, AT, new_id(), cny(70), LAST + timedelta(days=1)),
    ]
    whole = promise(items=frozenset())
    assert received_for(whole, [allocated(30, BY)], payments) == cny(80)
    assert received_for(whole, [], [*payments, PaymentMoved(new_id(), CUSTOMER, 9, AT, came, cny(-80), None)]) == cny(0)


@pytest.mark.parametrize(("received", "opened", "today", "status", "required"), [
    (0, 100, BY, RUNNING, 100),
    (99, 1, LAST, RUNNING, 100),
    (100, 0, TODAY, KEPT, 100),
    (120, 30, BY, KEPT, 100),
    (60, 0, BY, KEPT, 60),
    (0, 0, BY, WITHDRAWN, 100),
    (0, 100, LAST + timedelta(days=1), BROKEN, 100),
    (60, 20, LAST + timedelta(days=1), BROKEN, 80),
])
def test_a_running_promise_at_the_turn_of_the_day(
    received: int, opened: int, today: date, status: PromiseStatus, required: int,
) -> None:
    after = judged(promise(), received=cny(received), open_now=cny(opened), today=today)
    assert (after.status, after.received, after.required) == (status, cny(received), cny(required))
    assert (after.judged_on is None) is (status is RUNNING)


@pytest.mark.parametrize(("was", "received", "today", "status"), [
    ((0, 100, LAST + timedelta(days=1)), 100, LAST + timedelta(days=9), KEPT),
    ((0, 100, LAST + timedelta(days=1)), 99, LAST + timedelta(days=9), BROKEN),
    ((100, 0, TODAY), 40, LAST + timedelta(days=1), BROKEN),
    ((100, 0, TODAY), 40, LAST, RUNNING),
    ((100, 0, TODAY), 100, LAST + timedelta(days=1), KEPT),
])
def test_what_turns_out_later_corrects_a_judgement(
    was: tuple[int, int, date], received: int, today: date, status: PromiseStatus,
) -> None:
    before = judged(promise(), received=cny(was[0]), open_now=cny(was[1]), today=was[2])
    assert corrected(before, received=cny(received), today=today).status is status


@settings(max_examples=60)
@given(amount=st.integers(1, 200), came=st.lists(st.tuples(st.integers(1, 100), st.integers(-5, 20)), max_size=6))
def test_the_order_in_which_money_is_told_does_not_change_the_end(amount: int, came: list[tuple[int, int]]) -> None:
    """Told in time or late, in any order: kept exactly when enough was of worth by the last day."""
    made, after_last = promise(amount, opened=amount), LAST + timedelta(days=1)
    moves = [allocated(part, BY + timedelta(days=days), sequence=6 + n) for n, (part, days) in enumerate(came)]
    now = judged(made, received=cny(0), open_now=cny(amount), today=after_last)
    for heard in range(len(moves) + 1):
        now = corrected(now, received=received_for(made, moves[:heard], []), today=after_last)
    in_time = sum(part for part, days in came if days <= 2)
    assert (now.status is KEPT) is (in_time >= amount)
    at_once = judged(made, received=cny(in_time), open_now=cny(amount), today=after_last)
    assert at_once.status is now.status


def test_only_a_running_promise_is_withdrawn() -> None:
    ended = promise().withdrawn(TODAY, "withdrawn")
    assert (ended.status, ended.end_reason) == (WITHDRAWN, "withdrawn")
    with pytest.raises(IllegalTransition):
        ended.withdrawn(TODAY, "withdrawn")
