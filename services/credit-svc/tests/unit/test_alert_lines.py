"""Alert lines: which are crossed, once each, and their bounds."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.alert_line import (
    AlertLines,
    ageing_level,
    concentration_level,
    cover_warned_until,
    crossed_ageing,
    crossed_amount,
    crossed_concentration,
    crossed_cut,
    crossed_silence,
    silence_level,
)
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitKind, LimitSource, LimitStatus
from credit_svc.domain.owed_item import Overdue
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


LINES = AlertLines((30, 60, 90), 2000, {"CNY": cny(1000)}, 2500)
LATE = Overdue(TODAY - timedelta(days=61), cny(700))


@pytest.mark.parametrize(("days", "before", "level"), [
    (30, 0, None), (31, 0, 1), (60, 1, None), (61, 1, 2), (91, 0, 3), (91, 3, None), (61, 3, None)])
def test_each_line_of_ageing_speaks_once(days: int, before: int, level: int | None) -> None:
    crossed = crossed_ageing(LATE, LINES, days=days, before=before)
    assert (crossed and (crossed.level, crossed.amount)) == (level and (level, cny(700)))


def test_nothing_overdue_is_behind_every_line() -> None:
    assert ageing_level(None, LINES, days=0) == 0 and crossed_ageing(None, LINES, days=0, before=0) is None


@given(st.lists(st.integers(0, 120), min_size=1, max_size=12))
@settings(max_examples=60)
def test_while_it_only_gets_older_no_line_speaks_twice(steps: list[int]) -> None:
    before, spoken = 0, []
    for days in sorted(steps):
        crossed = crossed_ageing(LATE, LINES, days=days, before=before)
        spoken += [] if crossed is None else [crossed.level]
        before = ageing_level(LATE, LINES, days=days)
    assert spoken == sorted(set(spoken)) and before == (spoken[-1] if spoken else 0)


@pytest.mark.parametrize(("opened", "total", "before", "said"), [
    (250, 1000, 0, False), (251, 1000, 0, True), (251, 1000, 1, False), (900, 900, 0, False)])
def test_one_customers_share_of_all_that_is_open(opened: int, total: int, before: int, said: bool) -> None:
    crossed = crossed_concentration(cny(opened), cny(total), LINES, before=before)
    assert (crossed is not None) == said
    assert concentration_level(cny(opened), cny(total), LINES) == int(opened == 251)
    assert crossed_concentration(cny(opened), cny(total), AlertLines(), before=0) is None


@pytest.mark.parametrize(("overdue", "quiet", "before", "said"), [
    (LATE, 31, 0, True), (LATE, 30, 0, False), (LATE, 31, 1, False), (LATE, None, 0, False), (None, 99, 0, False)])
def test_one_who_owes_and_has_stopped_paying(
    overdue: Overdue | None, quiet: int | None, before: int, said: bool,
) -> None:
    lines = AlertLines(silence_days=30)
    assert (crossed_silence(overdue, quiet, lines, before=before) is not None) == said
    assert silence_level(overdue, quiet, lines) == int(overdue is LATE and quiet == 31)
    assert crossed_silence(overdue, quiet, AlertLines(), before=before) is None


def test_one_order_above_the_line() -> None:
    assert crossed_amount(cny(1001), cny(1000)) is not None
    assert crossed_amount(cny(1000), cny(1000)) is None and crossed_amount(cny(1001), None) is None


def limit(minor: int | None, kind: LimitKind = LimitKind.BASE) -> LimitFact:
    amount = None if minor is None else cny(minor)
    return LimitFact(UUID(int=1), 1, "CNY", amount, LimitSource.MANUAL, TODAY, None, kind)


HELD = LimitInForce(LimitStatus.IN_FORCE, cny(1000), limit(1000))
CUTS = [
    ("by the share of the line", limit(800), HELD, 200),
    ("by less", limit(801), HELD, None),
    ("a raise", limit(1500), HELD, None),
    ("a rating taken back", limit(None), HELD, 1000),
    ("the first", limit(0), LimitInForce(LimitStatus.NOT_RATED, None, None), None),
    ("after no credit", limit(0), replace(HELD, fact=limit(0)), None),
    ("a temporary", limit(0, LimitKind.TEMPORARY), HELD, None),
]


@pytest.mark.parametrize(("fact", "before", "cut"), [row[1:] for row in CUTS], ids=[row[0] for row in CUTS])
def test_a_deep_cut(fact: LimitFact, before: LimitInForce, cut: int | None) -> None:
    crossed = crossed_cut(fact, before, LINES)
    assert (crossed and crossed.amount.minor) == cut
    assert crossed_cut(fact, before, AlertLines()) is None


@pytest.mark.parametrize(("days", "until"), [
    (None, None), (1, date(2026, 3, 11)), (365, date(2027, 3, 10))])
def test_a_cover_is_told_of_so_many_days_ahead(days: int | None, until: date | None) -> None:
    assert cover_warned_until(AlertLines(cover_end_days=days), today=TODAY) == until


@pytest.mark.parametrize("broken", [
    {"ageing_days": (60, 30)}, {"ageing_days": (30, 30)}, {"ageing_days": (-1,)}, {"ageing_days": tuple(range(11))},
    {"limit_cut_bps": 0}, {"silence_days": 0}, {"concentration_bps": 100_001},
    {"cover_end_days": 0}, {"cover_end_days": 366},
    {"amount_above": {"CNY": Money(-1, "CNY")}}])
def test_lines_stay_inside_their_bounds(broken: dict[str, object]) -> None:
    with pytest.raises(RuleBroken, match="bad_policy"):
        AlertLines(**broken)  # type: ignore[arg-type]
