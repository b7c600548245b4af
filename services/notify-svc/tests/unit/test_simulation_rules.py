"""The simulator: what a ladder would have sent, by hand and as properties; two ladders compared."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.ladder import LADDER_K, LetterTone, Level, LevelChannel
from notify_svc.domain.simulation import MAX_DAYS, Dated, ItemStory, Owed, check_period, simulate

CUSTOMER = new_id()
BEGIN, END = date(2026, 1, 1), date(2026, 6, 30)
ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
CALLING = replace(LADDER_K, levels=(Level(3, LetterTone.FRIENDLY), Level(10, LetterTone.FIRM, None, LevelChannel.CALL)))


def story(
    *days: tuple[date, bool, bool], due: date = DUE, issued: date = ISSUED, later: tuple[tuple[date, date], ...] = (),
) -> ItemStory:
    dates = (Dated(issued, due), *(Dated(*one) for one in later))
    return ItemStory(new_id(), CUSTOMER, issued, dates, tuple(Owed(*day) for day in days))


OPEN = (ISSUED, True, False)


def test_an_item_that_is_never_paid_is_reminded_of_at_every_level() -> None:
    found = simulate(LADDER_K, [story(OPEN)], begin=BEGIN, end=END)
    assert (found.by_level, found.messages, found.people) == ({0: 1, 1: 1, 2: 1, 3: 1}, {LevelChannel.EMAIL: 4}, 1)
    assert (found.items, found.settled, found.per_settled) == (1, 0, None)


def test_money_ends_it_a_return_resumes_it_and_a_dispute_waits() -> None:
    paid = story(OPEN, (date(2026, 2, 10), False, True))
    back = story(OPEN, (date(2026, 2, 10), False, True), (date(2026, 3, 10), True, False))
    disputed = story(OPEN, (date(2026, 2, 10), False, False), (date(2026, 6, 30), True, False))
    assert simulate(LADDER_K, [paid], begin=BEGIN, end=END).by_level == {0: 1, 1: 1}
    assert simulate(LADDER_K, [back], begin=BEGIN, end=END).by_level == {0: 1, 1: 1, 2: 1, 3: 1}
    assert simulate(LADDER_K, [disputed], begin=BEGIN, end=END).by_level == {0: 1, 1: 1, 2: 1}
    assert simulate(LADDER_K, [paid, back], begin=BEGIN, end=date(2026, 3, 1)).per_settled == 200


def test_what_is_due_on_one_day_is_one_message_and_two_ladders_are_compared() -> None:
    stories = [story(OPEN), story(OPEN), story(OPEN, due=date(2026, 2, 5))]
    usual = simulate(LADDER_K, stories, begin=BEGIN, end=END)
    calling = simulate(CALLING, stories, begin=BEGIN, end=END)
    assert (usual.messages, sum(usual.by_level.values())) == ({LevelChannel.EMAIL: 8}, 12)
    assert calling.messages == {LevelChannel.EMAIL: 2, LevelChannel.CALL: 2}
    prices = {LevelChannel.CALL: Money(1250, "CNY")}
    assert (calling.cost(prices, "CNY"), usual.cost(prices, "CNY")) == (Money(2500, "CNY"), Money(0, "CNY"))


def test_what_was_issued_before_begins_at_the_level_it_had_reached() -> None:
    old = story((date(2025, 1, 5), True, False), issued=date(2025, 1, 5), due=date(2025, 12, 20))
    assert simulate(LADDER_K, [old], begin=BEGIN, end=date(2026, 1, 1)).by_level == {1: 1}
    fresh = story((BEGIN, True, False), issued=BEGIN, due=date(2025, 12, 10))
    assert simulate(LADDER_K, [fresh], begin=BEGIN, end=END).by_level == {1: 1, 2: 1, 3: 1}


@pytest.mark.parametrize(("later", "begin", "levels", "days"), [
    (((date(2026, 2, 20), date(2026, 3, 10)),), BEGIN, {0: 2, 1: 2, 2: 2, 3: 1}, 7),
    (((date(2026, 2, 20), date(2026, 3, 10)), (date(2026, 3, 14), DUE)), BEGIN, {0: 2, 1: 2, 2: 1, 3: 1}, 6),
    (((date(2026, 2, 20), date(2026, 3, 10)),), date(2026, 3, 1), {0: 1, 1: 1, 2: 1, 3: 1}, 4),
    (((date(2026, 2, 20), date(2026, 3, 10)),), date(2026, 2, 15), {0: 1, 1: 2, 2: 1, 3: 1}, 5),
    (((date(2027, 2, 20), date(2027, 3, 10)),), BEGIN, {0: 1, 1: 1, 2: 1, 3: 1}, 4),
])
def test_on_each_day_the_due_date_counts_that_stood_then(
    later: tuple[tuple[date, date], ...], begin: date, levels: dict[int, int], days: int,
) -> None:
    """Due on 4 February; arranged on 20 February for 10 March; the old date stands again from 14 March on."""
    found = simulate(LADDER_K, [story(OPEN, later=later)], begin=begin, end=END)
    assert (found.by_level, sum(found.messages.values())) == (levels, days)


@pytest.mark.parametrize(("end", "levels"), [(25, {0: 1, 1: 1, 2: 1}), (26, {0: 1, 1: 1, 2: 1, 3: 1})])
def test_a_due_date_that_moves_forward_keeps_the_gap_to_what_was_sent(end: int, levels: dict[int, int]) -> None:
    """Level 2 went on 19 February; by the due date of the next day level 3 has come already, and waits for the gap."""
    later = ((date(2026, 2, 20), date(2026, 1, 10)),)
    assert simulate(LADDER_K, [story(OPEN, later=later)], begin=BEGIN, end=date(2026, 2, end)).by_level == levels


@pytest.mark.parametrize("end", [date(2025, 12, 31), date(2028, 1, 3)])
def test_a_period_has_bounds(end: date) -> None:
    with pytest.raises(RuleBroken, match="bad_period"):
        check_period(BEGIN, end)
    check_period(BEGIN, BEGIN)
    check_period(BEGIN, BEGIN + timedelta(days=MAX_DAYS))


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(1, 170), st.booleans()), max_size=5), days=st.integers(0, 180))
def test_no_level_twice_never_what_is_not_owed_and_a_longer_period_sends_no_less(
    changes: list[tuple[int, bool]], days: int,
) -> None:
    parts = {0: True} | dict(changes)
    one = story(*((ISSUED + timedelta(days=day), owed, not owed) for day, owed in sorted(parts.items())))
    short = simulate(LADDER_K, [one], begin=BEGIN, end=BEGIN + timedelta(days=days))
    whole = simulate(LADDER_K, [one], begin=BEGIN, end=END)
    assert all(count == 1 for count in whole.by_level.values())
    assert set(short.by_level) <= set(whole.by_level)
    if not any(parts.values()):
        assert whole.by_level == {}


@pytest.mark.parametrize(("first", "then", "stood"), [
    # the days from which two due dates stood, and the last day of each inside January to June
    ("2025-12-01", "2026-01-01", [(2, END)]), ("2025-12-01", "2026-01-02", [(1, BEGIN), (2, END)]),
    ("2026-06-30", "2026-07-01", [(1, END)]), ("2026-07-01", "2026-07-02", []),
    ("2026-02-01", "2026-06-30", [(1, date(2026, 6, 29)), (2, END)]),
])
def test_the_due_dates_of_a_period(first: str, then: str, stood: list[tuple[int, date]]) -> None:
    days = [date.fromisoformat(day) for day in (first, then)]
    story = ItemStory(new_id(), new_id(), days[0], tuple(Dated(day, day) for day in days), ())
    assert [(story.dates.index(dated) + 1, last) for dated, last in story.dates_in(BEGIN, END)] == stood


MONDAY, TUESDAY, FRIDAY = date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 6)


@pytest.mark.parametrize(("day", "until", "first"), [
    (MONDAY, FRIDAY, TUESDAY), (MONDAY, TUESDAY, TUESDAY), (MONDAY, MONDAY, None),
    (date(2026, 2, 5), FRIDAY, date(2026, 2, 5)), (FRIDAY, END, None)])
def test_the_first_day_on_which_something_is_owed(day: date, until: date, first: date | None) -> None:
    days = (Owed(MONDAY, False, False), Owed(TUESDAY, True, False), Owed(FRIDAY, False, True))
    story = ItemStory(new_id(), new_id(), MONDAY, (Dated(MONDAY, MONDAY),), days)
    assert story.first_owed(day, until) == first
    assert [story.settled_by(at) for at in (MONDAY, date(2026, 2, 5), FRIDAY)] == [False, False, True]
    assert not replace(story, days=()).settled_by(END)
