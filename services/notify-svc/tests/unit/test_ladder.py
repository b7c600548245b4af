"""The ladder's rules as a table and as properties: order, one a day, gap, nothing after settlement."""

import itertools
from dataclasses import replace
from datetime import UTC, date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import (
    LADDER_K,
    NOT_BEGUN,
    LadderPolicy,
    LetterTone,
    Level,
    NextReminder,
    Progress,
    next_reminder,
    started_late,
)

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
OWED = Money(100, "CNY")
NOTHING = Money.zero("CNY")


def day(offset: int) -> date:
    return DUE + timedelta(days=offset)


def next_of(progress: Progress, issued: date = ISSUED) -> NextReminder | None:
    return next_reminder(LADDER_K, issued_on=issued, due_on=DUE, progress=progress)


@pytest.mark.parametrize("due", [date.min, date.max - timedelta(days=2), date.max])
def test_a_due_date_at_the_end_of_the_calendar_has_a_ladder_too(due: date) -> None:
    for progress in (NOT_BEGUN, Progress(-3, date.max), Progress(3, date.max - timedelta(days=3))):
        planned = next_reminder(LADDER_K, issued_on=min(ISSUED, due), due_on=due, progress=progress)
        assert planned is not None
    assert started_late(LADDER_K, due_on=date.min, today=ISSUED) == Progress(15)
    assert started_late(LADDER_K, due_on=date.max, today=ISSUED) == NOT_BEGUN
    last = next_reminder(LADDER_K, issued_on=ISSUED, due_on=date.max, progress=Progress(15, ISSUED))
    assert last == NextReminder(3, date.max)


@pytest.mark.parametrize(("progress", "issued", "expected"), [
    (NOT_BEGUN, ISSUED, NextReminder(0, day(-3))),
    (NOT_BEGUN, day(-3), NextReminder(0, day(-3))),
    (NOT_BEGUN, day(-2), NextReminder(1, day(3))),                   # dropped: its day lies before the issue
    (Progress(-3, day(-3)), ISSUED, NextReminder(1, day(3))),
    (Progress(-3, day(20)), ISSUED, NextReminder(1, day(21))),       # one a day; no gap before the first overdue
    (Progress(3, day(3)), ISSUED, NextReminder(2, day(15))),
    (Progress(3, day(10)), ISSUED, NextReminder(2, day(17))),        # the gap binds from the second overdue level on
    (Progress(15, day(28)), ISSUED, NextReminder(3, day(35))),
    (Progress(30, day(30)), ISSUED, None),
    (Progress(None, day(40)), ISSUED, NextReminder(0, day(41))),
])
def test_next_reminder(progress: Progress, issued: date, expected: NextReminder | None) -> None:
    assert next_of(progress, issued) == expected


@pytest.mark.parametrize(("today", "first"), [
    (day(-10), NextReminder(0, day(-3))),
    (day(-3), NextReminder(0, day(-3))),
    (day(0), NextReminder(0, day(-3))),
    (day(3), NextReminder(1, day(3))),
    (day(20), NextReminder(2, day(15))),
    (day(400), NextReminder(3, day(30))),
])
def test_a_ladder_switched_on_late_starts_at_the_level_reached(today: date, first: NextReminder) -> None:
    assert next_of(started_late(LADDER_K, due_on=DUE, today=today)) == first


@pytest.mark.parametrize("levels", [
    (),
    (Level(3, LetterTone.FIRM), Level(3, LetterTone.FINAL)),
    (Level(5, LetterTone.FIRM), Level(3, LetterTone.FINAL)),
    (Level(366, LetterTone.FINAL),),
    tuple(Level(n, LetterTone.FIRM) for n in range(13)),
])
def test_a_bad_ladder_is_refused(levels: tuple[Level, ...]) -> None:
    with pytest.raises(RuleBroken, match="bad_ladder"):
        LadderPolicy(1, levels, 7, time(12))


@pytest.mark.parametrize(("levels", "gap"), [
    ((Level(-365, LetterTone.UPCOMING), Level(365, LetterTone.FINAL)), 0),
    (tuple(Level(n, LetterTone.FIRM) for n in range(12)), 90), ((Level(3, LetterTone.FIRM),), 7)])
def test_a_ladder_goes_up_to_its_edges(levels: tuple[Level, ...], gap: int) -> None:
    assert LadderPolicy(1, levels, gap, time(12)).gap_days == gap


def test_the_gap_binds_from_the_second_level_after_the_due_date_on() -> None:
    levels = tuple(Level(offset, LetterTone.FIRM) for offset in (-3, 0, 3, 10))
    policy = LadderPolicy(1, levels, 7, time(12))
    assert [policy.needs_gap(number) for number in range(4)] == [False, False, False, True]


def test_a_run_has_a_time_of_day_and_no_zone_of_its_own() -> None:
    with pytest.raises(RuleBroken, match="bad_ladder"):
        replace(LADDER_K, run_at=time(12, tzinfo=UTC))


@pytest.mark.parametrize("gap", [-1, 91])
def test_a_bad_gap_is_refused(gap: int) -> None:
    with pytest.raises(RuleBroken, match="bad_ladder"):
        LadderPolicy(1, LADDER_K.levels, gap, time(12))


ladders = st.builds(
    lambda offsets, gap: LadderPolicy(1, tuple(Level(o, LetterTone.FIRM) for o in sorted(offsets)), gap, time(12)),
    st.sets(st.integers(-30, 60), min_size=1, max_size=6), st.integers(0, 20))
absences = st.sets(st.integers(-60, 150))


@given(ladder=ladders, away=absences, paid=st.integers(-40, 120), returned=st.integers(1, 60))
def test_levels_go_in_order_one_a_day_with_the_gap_and_never_once_settled(
    ladder: LadderPolicy, away: set[int], paid: int, returned: int,
) -> None:
    """Days without a run (`away`) and a payment that is returned later: nothing is repeated, skipped or hurried."""
    item = DunnedItem(new_id(), new_id(), new_id(), "I", day(-30), DUE, 1, OWED, True, NOT_BEGUN, NOTHING)
    sent: list[tuple[int, int]] = []
    for today in range(-30, 200):
        item = item.owing(Money.zero("CNY") if paid <= today < paid + returned else OWED)
        planned = item.planned(ladder)
        if planned is None or planned.planned_on > day(today) or today in away:
            continue
        assert not paid <= today < paid + returned
        assert planned.planned_on >= day(ladder.levels[planned.level].offset_days)
        sent.append((today, planned.level))
        item = item.reminded(due_version=1, offset_days=ladder.levels[planned.level].offset_days, on=day(today))
    levels = [level for _, level in sent]
    assert levels == list(range(levels[0], len(ladder.levels)))
    for (earlier, _), (later, level) in itertools.pairwise(sent):
        assert later - earlier >= max(1, ladder.gap_days if ladder.needs_gap(level) else 1)


@given(ladder=ladders, today=st.integers(-60, 120))
def test_switching_on_passes_over_the_past_only(ladder: LadderPolicy, today: int) -> None:
    item = DunnedItem(new_id(), new_id(), new_id(), "I", day(-90), DUE, 1, OWED, False, NOT_BEGUN, NOTHING)
    assert item.planned(ladder) is None
    planned = item.switched_on(ladder, day(today)).planned(ladder)
    assert planned is not None
    reached = [n for n, level in enumerate(ladder.levels) if level.offset_days <= today]
    assert planned.level == (reached[-1] if reached else 0)


def test_a_newer_due_date_begins_the_ladder_anew_and_keeps_the_gap() -> None:
    item = DunnedItem(new_id(), new_id(), new_id(), "I", ISSUED, DUE, 1, OWED, True, Progress(15, day(15)), NOTHING)
    later = item.dated(day(60), 2)
    assert later.planned(LADDER_K) == NextReminder(0, day(57))
    assert later.dated(day(0), 1) == later
    assert item.dated(day(1), 2).planned(LADDER_K) == NextReminder(0, day(16))


@pytest.mark.parametrize(("due", "level"), [(day(-40), 3), (day(-16), 2), (day(2), 0), (day(60), 0)])
def test_a_due_date_that_was_agreed_goes_on_at_the_level_that_is_reached(due: date, level: int) -> None:
    item = DunnedItem(new_id(), new_id(), new_id(), "I", day(-90), DUE, 1, OWED, True, Progress(3, day(-1)), NOTHING)
    planned = item.dated(due, 2).reached(LADDER_K, day(0)).planned(LADDER_K)
    assert planned is not None
    assert planned.level == level
    assert planned.planned_on >= day(-1)
