"""The limit engine and its hysteresis: printed check cases, each part that binds, and when a limit moves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.grade import Grade
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitKind, LimitSource, LimitStatus
from credit_svc.domain.limit_engine import (
    FIRST_FACTORS,
    EngineRules,
    Evaluation,
    Trade,
    bound_by,
    capacity_of,
    evaluate,
    need_of,
    on_ladder,
    risk_limit,
)
from credit_svc.domain.review import (
    Decided,
    Evaluated,
    LimitMove,
    Standing,
    advised,
    decide_limit,
    steady_grade,
)
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 1)
RULES = EngineRules()


def cny(major: int | str) -> Money:
    return Money.parse(f"{major}.00" if "." not in str(major) else str(major), "CNY")


def test_the_textbook_share_of_net_worth() -> None:
    """55 % of a net worth of 42,961 is 23,600 on the ladder; less existing lines of 7,500 it is 16,100."""
    share = on_ladder(capacity_of(cny(42961), 5500, existing=cny(0)), 3)
    assert share == cny(23600)
    assert share - cny(7500) == on_ladder(capacity_of(cny(42961), 5500, existing=cny(7500)), 3) == cny(16100)
    assert capacity_of(cny(100), 1000, existing=cny(11)) == cny(0)


@pytest.mark.parametrize(("minor", "figures", "limit"), [
    (0, 2, 0), (9, 1, 9), (99, 1, 90), (123456, 2, 120000), (123456, 6, 123456), (5, 3, 5)])
def test_the_ladder(minor: int, figures: int, limit: int) -> None:
    assert on_ladder(Money(minor, "CNY"), figures) == Money(limit, "CNY")


def test_what_a_loss_budget_allows() -> None:
    assert risk_limit(cny(450), default_ppm=10_000, loss_bps=4500) == cny(100_000)


TRADE = Trade(cny(36_500), 365, 30, 10, cny(9_000))


def test_need() -> None:
    assert need_of(TRADE, RULES) == cny(4400)
    assert need_of(replace(TRADE, delay_days=-40), RULES) == cny(0)
    assert need_of(replace(TRADE, billed=cny(3000), days=3), RULES) == cny(4400)


@pytest.mark.parametrize(("trade", "rules", "part", "limit"), [
    ({}, {}, "need", 4400),
    ({"record": cny(1000)}, {}, "record", 1200),
    ({"net_worth": cny(20_000)}, {}, "capacity", 2000),
    ({"net_worth": cny(20_000), "existing_lines": cny(500)}, {}, "capacity", 1500),
    ({"net_worth": cny(0)}, {}, "capacity", 0),
    ({"net_worth": cny(20_000), "record": cny(1000)}, {}, "capacity", 2000),
    ({}, {"risk_budget": {"CNY": cny(9)}}, "risk", 2000),
    ({}, {"cap": {"CNY": cny(3000)}}, "cap", 3000),
    ({"open_of_all": cny(10_000)}, {"concentration_bps": 1000, "cap": {"CNY": cny(3000)}}, "cap", 1000),
    ({"open_of_all": cny(10_000)}, {}, "need", 4400),
    ({}, {"concentration_bps": 1000}, "need", 4400),
])
def test_the_least_part_binds(trade: dict[str, Any], rules: dict[str, Any], part: str, limit: int) -> None:
    found = evaluate(replace(TRADE, **trade), grade=Grade.A, default_ppm=10_000, rules=EngineRules(**rules))
    assert found.limit == cny(limit) and getattr(found, part) == found.limit


def test_a_grade_takes_its_share_and_probability_has_a_floor() -> None:
    limits = [evaluate(TRADE, grade=grade, default_ppm=1, rules=RULES).limit for grade in Grade]
    assert limits == [cny(4400), cny(3300), cny("1700.00"), cny(440), cny(0)]
    rules = EngineRules(risk_budget={"CNY": cny(9)}, default_floor_ppm=10_000)
    assert evaluate(TRADE, grade=Grade.A, default_ppm=1, rules=rules).risk == cny(2000)


@pytest.mark.parametrize("change", [
    {"growth_bps": -1}, {"raise_days": -1}, {"loss_given_default_bps": 0}, {"default_floor_ppm": 0},
    {"ladder_figures": 0}, {"factors": {Grade.A: 1}}, {"factors": dict(FIRST_FACTORS) | {Grade.A: -1}},
    {"cap": {"CNY": Money(-1, "CNY")}}, {"risk_budget": {"CNY": Money(-1, "CNY")}}])
def test_an_engine_that_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken) as broken:
        EngineRules(**change)
    assert broken.value.code == "bad_policy"


def held(amount: Money | None, status: LimitStatus = LimitStatus.IN_FORCE,
         source: LimitSource = LimitSource.POLICY) -> LimitInForce:
    fact = LimitFact(new_id(), 1, "CNY", amount, source, TODAY, None, LimitKind.BASE)
    return LimitInForce(status, amount, fact)


def seen(wanted: int, *, size: int | None = None, factor_bps: int = 10_000) -> Evaluation:
    """So much wanted; `size`: the need behind it, when the grade takes a share."""
    return Evaluation(cny(wanted if size is None else size), None, None, None, None, factor_bps, cny(wanted))


def was(days_ago: int, wanted: int, stood: int | None = None, entitled: int | None = None, *, move: str = "waits",
        overdue: int = 0, **parts: Any) -> Evaluated:
    stands = wanted if stood is None else stood
    level = max(stands, stands if entitled is None else entitled)
    return Evaluated(TODAY - timedelta(days=days_ago), seen(wanted, **parts),
                     Decided(LimitMove(move), cny(stands), cny(level)), overdue)


def cut(days_ago: int, wanted: int, entitled: int, **parts: Any) -> Evaluated:
    return was(days_ago, wanted, wanted, entitled, move="cut", **parts)


OVERRIDE, MANUAL = LimitSource.OVERRIDE, LimitSource.MANUAL
BY_GRADE = cut(1, 60, 100, size=150, factor_bps=4000)


@pytest.mark.parametrize(("limit", "wanted", "overdue", "earlier", "move", "stands"), [
    (LimitInForce(LimitStatus.NOT_RATED, None, None), 100, 0, [], "first", 100),
    (held(None, LimitStatus.NOT_RATED), 100, 0, [], "first", 100),
    (held(cny(50), LimitStatus.EXPIRED), 200, 0, [], "first", 200),
    (held(cny(50), LimitStatus.EXPIRED), 200, 0, [was(10, 200, 100)], "first", 100),
    (held(cny(900), LimitStatus.EXPIRED, OVERRIDE), 200, 0, [was(1, 200, 900, move="overridden"), was(10, 90)],
     "first", 90),
    (held(cny(900), LimitStatus.EXPIRED, OVERRIDE), 90, 0, [was(1, 90, 900, move="overridden"), BY_GRADE], "first", 90),
    (held(cny(100)), 100, 0, [], "kept", 100),
    (held(cny(100)), 99, 0, [was(40, 200)], "cut", 99),
    (held(cny(100), source=MANUAL), 99, 0, [], "cut", 99),
    (held(cny(100), source=MANUAL), 200, 0, [], "waits", 100),
    (held(cny(70), source=MANUAL), 100, 0, [BY_GRADE], "waits", 70),
    (held(cny(100), source=OVERRIDE), 50, 0, [was(40, 200)], "overridden", 100),
    (held(cny(60)), 100, 0, [BY_GRADE], "restored", 100),
    (held(cny(60)), 200, 0, [BY_GRADE], "restored", 100),
    (held(cny(60)), 80, 0, [BY_GRADE], "restored", 80),
    (held(cny(60)), 100, 0, [cut(181, 60, 100, size=150, factor_bps=4000)], "waits", 60),
    (held(cny(60)), 100, 0, [was(1, 70, 60, 100), cut(9, 60, 100, size=150, factor_bps=4000)], "restored", 70),
    (held(cny(21)), 100, 0, [cut(0, 21, 100)], "waits", 21),
    (held(cny(49)), 62, 0, [cut(3, 49, 100, size=49)], "waits", 49),
    (held(cny(40)), 100, 0, [cut(3, 40, 100, size=80, factor_bps=5000)], "restored", 80),
    (held(cny(100)), 200, 0, [was(29, 200)], "waits", 100),
    (held(cny(100)), 200, 0, [was(30, 200)], "raised", 200),
    (held(cny(100)), 200, 0, [was(10, 150), was(30, 300)], "raised", 150),
    (held(cny(100)), 200, 0, [was(10, 100), was(30, 200)], "waits", 100),
    (held(cny(100)), 200, 16, [was(30, 200)], "waits", 100),
    (held(cny(100)), 200, 15, [was(30, 200, overdue=15)], "raised", 200),
    (held(cny(100)), 200, 0, [was(30, 200, overdue=16)], "waits", 100),
    (held(cny(21)), 60, 0, [was(5, 50, 21, 100), was(30, 70, 21, 100), cut(31, 21, 100)], "raised", 50),
])
def test_when_a_limit_moves(
    limit: LimitInForce, wanted: int, overdue: int, earlier: list[Evaluated], move: str, stands: int,
) -> None:
    done = decide_limit(seen(wanted), overdue, Standing(limit, earlier, TODAY), RULES)
    assert (done.move.value, done.limit) == (move, cny(stands))
    assert done.changes == (move in {"first", "cut", "restored", "raised"}) and done.entitled >= done.limit


@pytest.mark.parametrize(("size", "factor_bps", "entitled"), [(40, 10_000, 40), (70, 4000, 70), (300, 4000, 100)])
def test_what_a_cut_leaves_to_come_back(size: int, factor_bps: int, entitled: int) -> None:
    """Of 100, what the grade took; what the need fell by is gone."""
    wanted = size * factor_bps // 10_000
    found = seen(wanted if wanted < 100 else 99, size=size, factor_bps=factor_bps)
    done = decide_limit(found, 20, Standing(held(cny(100)), [], TODAY), RULES)
    assert (done.move, done.entitled) == (LimitMove.CUT, cny(entitled))


@pytest.mark.parametrize(("trade", "grade", "below", "bound"), [
    ({}, "A", None, "need"), ({"record": cny(1000)}, "A", None, "record"), ({}, "B", None, "need grade"),
    ({"net_worth": cny(0)}, "E", None, "capacity grade"), ({}, "C", 4400, "grade"), ({}, "C", 4401, "need grade"),
    ({}, "A", 4400, "need")])
def test_what_bound_a_limit(trade: dict[str, Any], grade: str, below: int | None, bound: str) -> None:
    parts = evaluate(replace(TRADE, **trade), grade=Grade(grade), default_ppm=1, rules=RULES)
    assert " ".join(bound_by(parts, below=None if below is None else cny(below))) == bound


def test_advice_moves_nothing() -> None:
    for limit, stands in ((held(cny(100)), 100), (held(None, LimitStatus.NOT_RATED), 0),
                          (LimitInForce(LimitStatus.NOT_RATED, None, None), 0)):
        said = advised(cny(50), Standing(limit, [], TODAY))
        assert (said.move, said.limit, said.entitled, said.changes) == (
            LimitMove.ADVISED, cny(stands), cny(stands), False)


TURNS = st.lists(max_size=12, elements=st.tuples(
    st.integers(0, 40), st.integers(0, 300), st.sampled_from([0, 1000, 4000, 7500, 10_000]), st.integers(0, 40)))


def limits_over_time(turns: list[tuple[int, int, int, int]], first: int) -> Iterator[tuple[Evaluated, Money]]:
    """Evaluations one after the other, each with the limit before it, from a limit that a person set."""
    day, limit, earlier = TODAY, held(cny(first), source=LimitSource.MANUAL), list[Evaluated]()
    for days, size, factor_bps, overdue in turns:
        day += timedelta(days=days)
        parts = Evaluation(cny(size), None, None, None, None, factor_bps,
                           on_ladder(Money(cny(size).minor * factor_bps // 10_000, "CNY"), 2))
        done = decide_limit(parts, overdue, Standing(limit, earlier, day), RULES)
        assert limit.amount is not None
        evaluated = Evaluated(day, parts, done, overdue)
        yield evaluated, limit.amount
        earlier = [evaluated, *earlier]
        if done.changes:
            limit = held(done.limit)


@settings(max_examples=200)
@given(TURNS, st.integers(0, 300))
def test_nothing_comes_back_beyond_what_stood_before_and_no_move_goes_above_what_is_wanted(
    turns: list[tuple[int, int, int, int]], first: int,
) -> None:
    levels = [cny(first)]
    for one, before in limits_over_time(turns, first):
        done = one.decided
        if done.move is LimitMove.RAISED:
            levels.append(done.limit)
        assert done.limit <= one.wanted or not done.changes
        assert (done.limit == before) == (not done.changes) and done.limit <= done.entitled <= max(levels)


@settings(max_examples=200)
@given(TURNS, st.integers(0, 300), st.sampled_from([1000, 4000, 10_000]))
def test_while_the_grade_stays_nothing_is_restored(
    turns: list[tuple[int, int, int, int]], first: int, factor_bps: int,
) -> None:
    same = [(days, size, factor_bps, overdue) for days, size, _, overdue in turns]
    moves = [one.decided.move for one, _ in limits_over_time(same, first)]
    assert LimitMove.RESTORED not in moves


@pytest.mark.parametrize(("now", "earlier", "grade"), [
    ("A", [], "A"), ("E", [(0, "A")], "E"), ("A", [(29, "C")], "C"), ("A", [(30, "C")], "C"),
    ("A", [(5, "A"), (31, "A"), (60, "E")], "A"), ("B", [(5, "A"), (31, "A")], "B"), ("A", [(5, "D"), (31, "A")], "D"),
    ("A", [(30, "A"), (31, "E")], "A")])
def test_better_terms_wait_for_a_grade_that_stands(now: str, earlier: list[tuple[int, str]], grade: str) -> None:
    before = [(TODAY - timedelta(days=days), Grade(one)) for days, one in earlier]
    assert steady_grade(Grade(now), before, today=TODAY, wait_days=30) is Grade(grade)
