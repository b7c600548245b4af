"""What may leave at the look: each reason of silence in its order, and the amount that is asked for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel, Reason, Standing, judge
from notify_svc.domain.ladder import NOT_BEGUN
from notify_svc.domain.look import AccountLook, Contact, DuePart, LookedItem, Reach
from notify_svc.domain.message import MESSAGE, MessageStatus

REACHED = Reach(contact=Contact("ap@example.com", "Li", "zh"), active=True, refused=False)
SILENT = replace(REACHED, contact=None)
ON, ITEM = date(2026, 2, 7), new_id()


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(due: date = date(2026, 2, 4), owed: int = 10000) -> DunnedItem:
    ids = new_id(), new_id(), new_id()
    return DunnedItem(*ids, "INV-1", date(2026, 1, 5), due, 1, cny(owed), True, NOT_BEGUN, cny(0))


def seen(one: DunnedItem, *, opened: int = 10000, disputed: int = 0, pending: int = 0) -> LookedItem:
    return LookedItem(one.id, one.due_on, cny(opened), cny(disputed), cny(pending))


@pytest.mark.parametrize(("figures", "unapplied", "reach", "reason"), [
    ({"opened": 0}, 0, REACHED, Reason.SETTLED),
    ({"disputed": 10000, "pending": 10000}, 10000, SILENT, Reason.DISPUTED),
    ({"pending": 10000}, 10000, SILENT, Reason.PENDING_PAYMENT),
    ({"disputed": 6000, "pending": 4000}, 0, REACHED, Reason.PENDING_PAYMENT),
    ({}, 10000, SILENT, Reason.UNAPPLIED_COVERS),
    ({"disputed": 4000}, 6000, REACHED, Reason.UNAPPLIED_COVERS),
    ({}, 0, replace(SILENT, active=False), Reason.NOT_ACTIVE),
    ({}, 0, SILENT, Reason.NO_CONTACT),
    ({}, 0, replace(REACHED, refused=True), Reason.RECIPIENT_REFUSED),
    ({}, 0, replace(SILENT, elsewhere=True), Reason.CHANNEL_NOT_ALLOWED),
    ({}, 0, replace(SILENT, opted_out=True, elsewhere=True), Reason.OPTED_OUT),
])
def test_reasons_of_silence(figures: dict[str, int], unapplied: int, reach: Reach, reason: Reason) -> None:
    one = item()
    verdict = judge([DueLevel(one, 1, 3)], AccountLook((seen(one, **figures),), {"CNY": cny(unapplied)}), reach, ON)
    assert verdict.remind == ()
    assert [s.reason for s in verdict.suppress] == [reason]


def test_an_item_that_the_look_does_not_show_is_settled() -> None:
    verdict = judge([DueLevel(item(), 1, 3)], AccountLook((), {}), REACHED, ON)
    assert [s.reason for s in verdict.suppress] == [Reason.SETTLED]


@pytest.mark.parametrize(("figures", "unapplied", "amount"), [
    ({}, 0, 10000), ({"disputed": 2500}, 0, 7500), ({}, 9999, 10000),
    ({"pending": 9999}, 0, 10000), ({"opened": 780}, 0, 780),
])
def test_the_amount_is_open_less_disputed(figures: dict[str, int], unapplied: int, amount: int) -> None:
    one = item()
    verdict = judge([DueLevel(one, 2, 3)], AccountLook((seen(one, **figures),), {"CNY": cny(unapplied)}), REACHED, ON)
    assert [(r.level, r.amount) for r in verdict.remind] == [(2, cny(amount))]


def test_one_message_speaks_at_its_highest_level_oldest_item_first() -> None:
    old, new = item(date(2026, 1, 1)), item(date(2026, 2, 4))
    verdict = judge([DueLevel(new, 0, 3), DueLevel(old, 2, 3)], AccountLook((seen(new), seen(old)), {}), REACHED, ON)
    assert [r.item for r in verdict.remind] == [old, new]
    assert verdict.level == 2


def test_unapplied_credit_is_spent_on_the_oldest_also_when_it_is_not_due_for_a_reminder() -> None:
    old, new = item(date(2026, 1, 1)), item(date(2026, 2, 4))
    look = AccountLook((seen(new), seen(old)), {"CNY": cny(15000)})
    assert look.covered(ON) == {old.id}
    assert judge([DueLevel(new, 1, 3)], look, REACHED, ON).suppress == ()


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), max_size=8), st.integers(0, 2000))
def test_credit_covers_no_more_than_it_holds(figures: list[tuple[int, int]], unapplied: int) -> None:
    items = [item(date(2026, 1, 1 + n)) for n in range(len(figures))]
    looked = tuple(
        seen(one, opened=opened, disputed=min(opened, disputed))
        for one, (opened, disputed) in zip(items, figures, strict=True))
    covered = AccountLook(looked, {"CNY": cny(unapplied), "USD": Money(9, "USD")}).covered(ON)
    assert sum(one.owed.minor for one in looked if one.id in covered) <= unapplied


@pytest.mark.parametrize(("on", "figures", "unapplied", "asked"), [
    (date(2026, 3, 7), {}, 0, 2000),
    (date(2026, 3, 13), {}, 0, 2000),
    (date(2026, 3, 13), {"disputed": 9000}, 0, 1000),
    (date(2026, 4, 10), {}, 0, 5000),
    (date(2026, 5, 13), {}, 0, 10000),
    (date(2026, 3, 13), {"pending": 1999}, 1999, 2000),
    (date(2026, 3, 13), {"pending": 2000}, 0, None),
    (date(2026, 3, 13), {}, 2000, None),
])
def test_of_what_is_arranged_the_part_that_is_due_is_asked_for(
    on: date, figures: dict[str, int], unapplied: int, asked: int | None,
) -> None:
    one = replace(item(date(2026, 3, 10)), due_version=2)
    parts = tuple(DuePart(date(2026, month, 10), cny(minor)) for month, minor in ((3, 2000), (4, 3000), (5, 5000)))
    looked = replace(seen(one, **figures), due_on=date(2026, 2, 4), parts=parts)
    verdict = judge([DueLevel(one, 0, -3)], AccountLook((looked,), {"CNY": cny(unapplied)}), REACHED, on)
    told = [(r.due_on, r.amount) for r in verdict.remind]
    assert told == ([(date(2026, 3, 10), cny(asked))] if asked is not None else [])


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 900)), min_size=1, max_size=5), st.integers(0, 3000),
       st.integers(0, 70), st.integers(0, 70))
def test_no_more_is_asked_than_is_owed_and_never_less_on_a_later_day(
    given_parts: list[tuple[int, int]], disputed: int, first: int, second: int,
) -> None:
    parts = tuple(DuePart(ON + timedelta(days=day), cny(minor)) for day, minor in sorted(given_parts))
    opened = sum(minor for _, minor in given_parts)
    one = LookedItem(ITEM, ON, cny(opened), cny(min(disputed, opened)), cny(0), parts)
    early, late = (one.asked(ON + timedelta(days=day)) for day in sorted((first, second)))
    assert cny(0) <= early <= late <= one.owed
    assert one.asked(parts[-1].due_on) == one.owed


def test_nothing_ever_leads_back_to_sending() -> None:
    pairs = [(start, end) for start, end, allowed in MESSAGE.all_pairs() if allowed]
    assert [start for start, end in pairs if end == MessageStatus.SENDING] == [MessageStatus.QUEUED]
    assert not [start for start, end in pairs if end in (MessageStatus.QUEUED, MessageStatus.TO_PRINT)]
    assert {start for start, _ in pairs} == {
        MessageStatus.QUEUED, MessageStatus.TO_PRINT, MessageStatus.SENDING, MessageStatus.UNKNOWN}


@pytest.mark.parametrize(("arranged", "standing", "reach", "reason"), [
    (None, Standing(), REACHED, None),
    (ON, Standing(), REACHED, Reason.ARRANGED),
    (ON - timedelta(days=2), Standing(), REACHED, Reason.ARRANGED),
    (ON - timedelta(days=3), Standing(), REACHED, None),
    (ON, Standing(promised=frozenset({ITEM})), REACHED, Reason.ARRANGED),
    (None, Standing(promised=frozenset({ITEM}), legal=frozenset({ITEM})), SILENT, Reason.PROMISE_RUNNING),
    (None, Standing(legal=frozenset({ITEM}), contacted=True), SILENT, Reason.LEGAL),
    (None, Standing(promised=frozenset({new_id()}), legal=frozenset({new_id()})), REACHED, None),
    (None, Standing(contacted=True, quiet=True), SILENT, Reason.NO_CONTACT),
    (None, Standing(contacted=True, quiet=True), REACHED, Reason.RECENTLY_CONTACTED),
    (None, Standing(quiet=True), REACHED, Reason.QUIET_HOURS),
])
def test_what_we_know_ourselves_holds_a_level_back(
    arranged: date | None, standing: Standing, reach: Reach, reason: Reason | None,
) -> None:
    """A level three days after the due date; the day that was arranged moves it."""
    one = replace(item(), id=ITEM)
    look = AccountLook((replace(seen(one), parts=(DuePart(arranged, cny(10000)),) if arranged else ()),), {})
    verdict = judge([DueLevel(one, 1, 3)], look, reach, ON, standing)
    assert [s.reason for s in verdict.suppress] == ([reason] if reason else [])
    assert len(verdict.remind) == (0 if reason else 1)
