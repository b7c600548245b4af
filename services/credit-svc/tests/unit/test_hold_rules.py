"""When a rule stops new credit, when it lets go, and what is overdue."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.exposure import Exposure, Figures
from credit_svc.domain.hold import Beside, HoldCause, HoldChanges, HoldRule, HoldRules, Use, Watched, hold_changes
from credit_svc.domain.owed_item import Overdue, OwedItem, overdue_of
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.position import CreditPosition
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
R = HoldRule
NOTHING = Money(0, "CNY")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(n: int, due: int, opened: int, disputed: int = 0) -> OwedItem:
    """Due so many days ago."""
    return OwedItem(UUID(int=n), TODAY - timedelta(days=due), cny(opened), cny(disputed))


REST = {"CNY": Overdue(TODAY - timedelta(days=20), cny(5))}
OVERDUE = [
    ("nothing", [], {}, None),
    ("in its grace", [item(1, 10, 100)], {}, None),
    ("a day beyond", [item(1, 11, 100)], {}, (11, 100)),
    ("not due", [item(1, -3, 100)], {}, None),
    ("disputed in full", [item(1, 40, 100, 100)], {}, None),
    ("disputed in part", [item(1, 40, 100, 60)], {}, (40, 40)),
    ("settled", [item(1, 40, 0)], {}, None),
    ("the oldest and the sum", [item(1, 15, 100), item(2, 40, 7), item(3, 2, 9)], {}, (40, 107)),
    ("with what is summed already", [item(1, 15, 100)], REST, (20, 105)),
]


@pytest.mark.parametrize(("items", "rest", "expected"), [row[1:] for row in OVERDUE], ids=[row[0] for row in OVERDUE])
def test_overdue_beyond_grace(
    items: list[OwedItem], rest: dict[str, Overdue], expected: tuple[int, int] | None,
) -> None:
    found = overdue_of(items, rest, today=TODAY, grace_days=10).get("CNY")
    assert (found and (found.days(TODAY), found.amount.minor)) == expected


def test_an_item_keeps_its_dispute_as_far_as_it_is_open() -> None:
    assert item(1, 0, 100, 60).owing(cny(40)).disputed == cny(40)
    assert item(1, 0, 100, 60).owing(cny(80)).undisputed == cny(20)
    assert item(1, 0, 100, 60).owing(cny(80), cny(0)).undisputed == cny(80)


QUIET = Watched(TODAY, {}, {}, None, None, {})
LATE = replace(QUIET, overdue={"CNY": Overdue(TODAY - timedelta(days=31), cny(500))})
RULES = HoldRules(30, {"CNY": cny(499)}, 1000, frozenset({"E"}), 14)


def used(exposure: int, limit: int | None) -> Watched:
    return replace(QUIET, uses={"CNY": Use(cny(exposure), None if limit is None else cny(limit))})


PLACED = [
    ("nothing", QUIET, RULES, None),
    ("overdue beyond days and amount", LATE, RULES, HoldCause(R.OVERDUE, cny(500), 31)),
    ("not by days", replace(LATE, today=TODAY - timedelta(days=1)), RULES, None),
    ("not by amount", LATE, replace(RULES, overdue_above={"CNY": cny(500)}), None),
    ("any amount where none is named", LATE, replace(RULES, overdue_above={}), HoldCause(R.OVERDUE, cny(500), 31)),
    ("rule off", LATE, replace(RULES, overdue_grace_days=None), None),
    ("over the limit by more than the tolerance", used(1101, 1000), RULES, HoldCause(R.LIMIT_EXCEEDED, cny(101))),
    ("by just the tolerance", used(1100, 1000), RULES, None),
    ("anything on no credit", used(1, 0), RULES, HoldCause(R.LIMIT_EXCEEDED, cny(1))),
    ("not rated is another reason", used(1, None), RULES, None),
    ("limit rule off", used(1101, 1000), replace(RULES, limit_exceeded_bps=None), None),
    ("by grade", replace(QUIET, grade="E"), RULES, HoldCause(R.GRADE)),
    ("another grade", replace(QUIET, grade="B"), RULES, None),
    ("a broken promise", replace(QUIET, promise_broken_on=TODAY - timedelta(days=14)), RULES,
     HoldCause(R.BROKEN_PROMISE, days=14)),
    ("long ago", replace(QUIET, promise_broken_on=TODAY - timedelta(days=15)), RULES, None),
    ("promise rule off", replace(QUIET, promise_broken_on=TODAY), replace(RULES, broken_promise_days=None), None),
]


@pytest.mark.parametrize(("watched", "rules", "cause"), [row[1:] for row in PLACED], ids=[row[0] for row in PLACED])
def test_a_rule_places_its_hold_once_and_releases_it(
    watched: Watched, rules: HoldRules, cause: HoldCause | None,
) -> None:
    assert hold_changes(set(), watched, rules) == HoldChanges((cause,) if cause else (), ())
    if cause:
        assert hold_changes({cause.rule}, watched, rules) == HoldChanges((), ())
        assert hold_changes({cause.rule, R.MANUAL}, QUIET, rules) == HoldChanges((), (cause.rule,))


def test_a_waived_rule_keeps_still_through_its_day() -> None:
    waived = replace(LATE, waived={R.OVERDUE: TODAY})
    assert hold_changes(set(), waived, RULES) == HoldChanges((), ())
    assert hold_changes(set(), replace(LATE, waived={R.OVERDUE: TODAY - timedelta(days=1)}), RULES).place


@given(st.sets(st.sampled_from(list(HoldRule))), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_a_hold_stands_exactly_while_its_cause_does(standing: set[HoldRule], late: bool, bad_grade: bool) -> None:
    watched = replace(LATE if late else QUIET, grade="E" if bad_grade else "A")
    changes = hold_changes(standing, watched, RULES)
    after = (standing - set(changes.release)) | {cause.rule for cause in changes.place}
    expected = {rule for rule, is_so in ((R.OVERDUE, late), (R.GRADE, bad_grade)) if is_so}
    assert after - {R.MANUAL} == expected and (R.MANUAL in after) == (R.MANUAL in standing)
    again = hold_changes(after, watched, RULES)
    assert again == HoldChanges((), ())


def test_a_position_is_judged_with_what_is_beside_it() -> None:
    figures = Figures(cny(900), cny(0), cny(0))
    beside = Beside(datetime(2026, 3, 10, tzinfo=UTC), TODAY, {}, {}, {"CNY": cny(300)}, {"CNY": cny(1000)}, None,
                    None, {})
    position = CreditPosition(
        UUID(int=1), FIRST_POLICY, {"CNY": Exposure(figures, 1, NOTHING, NOTHING)}, {}, {}, rules=RULES, beside=beside)
    assert position.hold_changes().place == (HoldCause(R.LIMIT_EXCEEDED, cny(200)),)
    captured = replace(position, reserved={"CNY": cny(0)})
    assert captured.hold_changes() == HoldChanges((), ())
    assert replace(position, beside=None).hold_changes() == HoldChanges((), ())
    assert not HoldRules().are_on and RULES.are_on and HoldRules(grades=frozenset({"E"})).are_on


@pytest.mark.parametrize("broken", [
    {"overdue_grace_days": -1}, {"broken_promise_days": 3651}, {"limit_exceeded_bps": -1},
    {"overdue_above": {"CNY": Money(-1, "CNY")}}])
def test_the_numbers_of_hold_rules_stay_inside_their_bounds(broken: dict[str, object]) -> None:
    with pytest.raises(RuleBroken, match="bad_policy"):
        HoldRules(**broken)  # type: ignore[arg-type]
