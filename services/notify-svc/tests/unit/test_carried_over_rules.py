"""What goes on at the customer into which one was merged: what is still promised, and the case at its stage."""

from datetime import date
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.collection_case import CaseAction, CaseReason, CaseStage, CollectionCase, taken_over
from notify_svc.domain.promise import Promise, carried_over

OLD, NEW, ITEM, OTHER = (new_id() for _ in range(4))
MADE, BY = date(2026, 2, 10), date(2026, 2, 20)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


@pytest.mark.parametrize(("named", "received", "gone", "expected"), [
    ({ITEM}, 0, {ITEM: 150}, (100, {ITEM}, 150)),
    ({ITEM}, 30, {ITEM: 120}, (70, {ITEM}, 120)),
    ({ITEM}, 0, {ITEM: 60}, (60, {ITEM}, 60)),
    ({ITEM}, 0, {ITEM: 60, OTHER: 90}, (60, {ITEM}, 60)),
    (set(), 0, {ITEM: 60, OTHER: 90}, (100, {ITEM, OTHER}, 150)),
    ({ITEM}, 100, {ITEM: 60}, None),
    ({ITEM}, 0, {OTHER: 60}, None),
    ({ITEM}, 0, {}, None)])
def test_what_is_still_to_come_is_promised_for_the_items_that_went(
    named: set[UUID], received: int, gone: dict[UUID, int], expected: tuple[int, set[UUID], int] | None,
) -> None:
    was = Promise(new_id(), OLD, cny(100), BY, 2, frozenset(named), MADE, "clerk", "by phone", cny(150), 5, cny(100),
                  cny(received))
    one = new_id()
    now = carried_over(was, NEW, one, received=cny(received), gone={
        item: cny(left) for item, left in gone.items()})
    if expected is None:
        assert now is None
        return
    assert now is not None
    assert (now.id, now.customer_id, now.promised_on, now.grace_days, now.heard_sequence) == (one, NEW, BY, 2, 0)
    assert (now.amount, set(now.items), now.open_when_made, now.required, now.received) == (
        cny(expected[0]), expected[1], cny(expected[2]), cny(expected[0]), cny(0))


def test_a_case_goes_on_at_its_stage_with_what_is_to_be_done_next() -> None:
    was = CollectionCase(
        new_id(), OLD, CaseReason.CHRONIC, CaseStage.COUNSEL, "E-7", CaseAction.LETTER, BY, MADE, "rule", version=4)
    one = new_id()
    now = taken_over(was, one, NEW, date(2026, 2, 15))
    assert (now.id, now.customer_id, now.stage, now.owner_code, now.next_action, now.next_action_on) == (
        one, NEW, CaseStage.COUNSEL, "E-7", CaseAction.LETTER, BY)
    assert (now.opened_on, now.version, now.reason) == (date(2026, 2, 15), 1, CaseReason.CHRONIC)
