"""Kept ageing: what is moved entry by entry is what counting the open items anew would give, on each day it holds."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.ageing import bucket_for
from billing_svc.domain.kept_ageing import KEPT, NOTHING, UNOWED, KeptAgeing

START = date(2026, 1, 5)
_STEP = st.tuples(st.integers(0, 3), st.integers(0, 2_000), st.integers(0, 20))


def _counted(items: dict[date, int], on: date) -> tuple[tuple[int, ...], tuple[int, ...]]:
    amounts, counts = list(NOTHING), list(NOTHING)
    for due_on, opened in items.items():
        bucket = bucket_for((on - due_on).days, KEPT)
        amounts[bucket] += opened
        counts[bucket] += opened > 0
    return tuple(amounts), tuple(counts)


@given(st.lists(st.integers(-200, 200), min_size=4, max_size=4, unique=True), st.lists(_STEP, max_size=25))
def test_buckets_moved_by_entries_are_those_of_the_items_on_every_day_they_hold(
    due: list[int], steps: list[tuple[int, int, int]],
) -> None:
    items = {START + timedelta(days=days): 0 for days in due}
    kept, today = UNOWED, START
    for which, opened, days in steps:
        today += timedelta(days=days)
        due_on = list(items)[which]
        kept = kept.moved(due_on, items[due_on], opened, today)
        items[due_on] = opened
        assert (kept.amounts, kept.items) == _counted(items, kept.aged_on)
        for later in range(0, 130, 13):
            day = today + timedelta(days=later)
            assert not kept.holds_on(day) or (kept.amounts, kept.items) == _counted(items, day)


@pytest.mark.parametrize(("due_in", "turns_in"), [
    (30, 31), (0, 1), (-1, 30), (-30, 1), (-31, 30), (-61, 30), (-91, None)])
def test_buckets_hold_until_an_item_comes_into_the_next(due_in: int, turns_in: int | None) -> None:
    kept = UNOWED.moved(START + timedelta(days=due_in), 0, 500, START)
    assert kept.turns_on == (None if turns_in is None else START + timedelta(days=turns_in))
    assert kept.holds_on(START)
    assert not kept.holds_on(START - timedelta(days=1))
    assert kept.holds_on(START + timedelta(days=(turns_in or 400) - 1))


def test_an_account_that_owes_nothing_begins_anew_and_never_turns() -> None:
    later = START + timedelta(days=100)
    kept = UNOWED.moved(START, 0, 500, START).moved(START, 500, 0, later)
    assert kept == KeptAgeing(later, None)
    assert kept.moved(START, 0, 700, later).amounts == (0, 0, 0, 0, 700)


def test_a_turn_that_was_missed_is_not_forgotten_by_what_comes_after_it() -> None:
    kept = UNOWED.moved(START, 0, 500, START)
    later = START + timedelta(days=40)
    assert not kept.moved(later, 0, 300, later).holds_on(later)
    assert kept.moved(later, 0, 300, later).amounts[0] == 800
