"""Scorecards, ability, grades and what a rating comes to: printed check cases, tables and properties."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_svc.domain.ability import (
    Figures,
    FinancialStatement,
    Freshness,
    StatementSource,
    ability_values,
    check_statement,
    z_score,
)
from credit_svc.domain.behaviour import Behaviour, Lately, Owing, Segment, willingness_values
from credit_svc.domain.expert_scorecards import ABILITY, WILLINGNESS
from credit_svc.domain.grade import FIRST_TERMS, Grade, GradeBands, GradeTerms, Opinion, assess
from credit_svc.domain.rating import Inputs, rate
from credit_svc.domain.rating_policy import FIRST_RATING_POLICY, RatingPolicy, Scorecards
from credit_svc.domain.scorecard import (
    FACTOR,
    OFFSET,
    Bin,
    Points,
    Scorecard,
    Scored,
    Variable,
    default_probability_ppm,
    reasons_of,
)
from credit_svc.domain.willingness import LearntPayment, PaymentRecord
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

TODAY, YEAR = date(2026, 3, 1), date(2025, 12, 31)
SAID = Figures(
    total_assets=1000, current_assets=500, current_liabilities=300, retained_earnings=200, ebit=100, equity=400,
    total_liabilities=600, sales=1500, financial_expenses=25)
UNKNOWN = Behaviour({}, Lately(), {}, None, None, 0, 0, 0)


def statement(ended_on: date = YEAR, **changes: Any) -> FinancialStatement:
    return FinancialStatement(new_id(), ended_on, "CNY", StatementSource.AUDITED, replace(SAID, **changes))


def paying(days_late: int, payments: int = 20, **changes: Any) -> Behaviour:
    record = PaymentRecord()
    for n in range(payments):
        due_on = TODAY - timedelta(days=30 + 15 * n)
        record = record.learning(LearntPayment.of(
            new_id(), None, Money(100_00, "CNY"), due_on=due_on, paid_on=due_on + timedelta(days=days_late)))
    lately = Lately(days_late, Decimal(days_late), Decimal(days_late))
    owing = {"CNY": Owing(open=100_00, overdue=0, exposure=100_00, billed=2400_00)}
    return replace(
        UNKNOWN, records={"CNY": record}, lately=lately, owing=owing, first_billed_on=date(2023, 1, 1), **changes)


def test_the_scale() -> None:
    assert (round(FACTOR, 4), round(OFFSET, 4)) == (Decimal("28.8539"), Decimal("487.1229"))
    assert [default_probability_ppm(score) for score in (600, 620, 580)] == [19608, 9901, 38462]


CARD = Scorecard(0, (
    Variable("late", (Bin(5, 500), Bin(None, -500)), missing_woe_milli=0, zero_woe_milli=1000),
    Variable("size", (Bin(10, -100), Bin(None, 100)), missing_woe_milli=-50)))


@pytest.mark.parametrize(("values", "points"), [
    ({"late": 0, "size": 11}, [272, 246]),
    ({"late": 5, "size": 10}, [258, 241]),
    ({"late": 6, "size": None}, [229, 242]),
    ({}, [244, 242]),
])
def test_points_by_bin(values: dict[str, int | None], points: list[int]) -> None:
    scored = CARD.scored(values)
    assert [one.points for one in scored.points] == points and scored.score == sum(points)
    assert all(one.best >= one.points for one in scored.points)


@pytest.mark.parametrize("variables", [
    (), (Variable("a", ()),), (Variable("a", (Bin(1, 0),)),), (Variable("a", (Bin(2, 0), Bin(1, 0), Bin(None, 0))),),
    (Variable("a", (Bin(None, 0), Bin(None, 0))),), (Variable("a", (Bin(None, 10_001),)),),
    (Variable("a", (Bin(None, 0),)), Variable("a", (Bin(None, 0),))),
])
def test_a_scorecard_that_is_none(variables: tuple[Variable, ...]) -> None:
    with pytest.raises(RuleBroken) as broken:
        Scorecard(0, variables)
    assert broken.value.code == "bad_scorecard"


def test_reasons_are_the_largest_losses() -> None:
    points = tuple(Points(name, 1, got, 100) for name, got in (
        ("b", 50), ("a", 50), ("c", 99), ("d", 10), ("e", 100), ("f", 60)))
    assert reasons_of(points) == ("d", "a", "b", "f") and reasons_of(points[4:5]) == ()


@given(st.dictionaries(st.sampled_from([one.name for one in WILLINGNESS.variables]),
                       st.one_of(st.none(), st.integers(-200, 20_000))))
def test_any_values_lie_on_the_scale(values: dict[str, int | None]) -> None:
    scored = WILLINGNESS.scored(values)
    assert 300 <= scored.score <= 850 and 0 < default_probability_ppm(scored.score) < 1_000_000


def test_z_score() -> None:
    assert z_score(SAID) == Decimal("3.3360")
    assert z_score(replace(SAID, total_liabilities=0, equity=1000)) is None


def test_ratios() -> None:
    now = statement()
    assert ability_values(now, statement(date(2024, 12, 31), sales=1200)) == {
        "equity_ratio_bps": 4000, "working_capital_bps": 2000, "ebit_ratio_bps": 1000, "interest_cover_percent": 400,
        "sales_growth_bps": 2500, "z_score_hundredths": 334}
    alone = ability_values(statement(financial_expenses=None), None)
    assert alone["sales_growth_bps"] is None and alone["interest_cover_percent"] is None
    debt_free = ability_values(statement(total_liabilities=0, equity=1000, current_liabilities=0), statement(sales=0))
    assert debt_free["z_score_hundredths"] is None and debt_free["sales_growth_bps"] is None
    assert statement(intangible_assets=500).tangible_net_worth == Money(0, "CNY")


@pytest.mark.parametrize(("changes", "code"), [
    ({}, None),
    ({"total_assets": 0}, "statement_without_assets"),
    ({"equity": 401}, "statement_does_not_balance"),
    ({"sales": -1}, "bad_figures"), ({"financial_expenses": -1}, "bad_figures"),
    ({"current_assets": 1001}, "bad_figures"), ({"current_liabilities": 601}, "bad_figures"),
])
def test_a_statement_must_hold_together(changes: dict[str, int], code: str | None) -> None:
    if code is None:
        check_statement(statement(YEAR, **changes), today=TODAY)
        return
    with pytest.raises(RuleBroken) as broken:
        check_statement(statement(YEAR, **changes), today=TODAY)
    assert broken.value.code == code


def test_a_year_is_stated_when_it_has_ended() -> None:
    check_statement(statement(TODAY), today=TODAY)
    with pytest.raises(RuleBroken) as broken:
        check_statement(statement(TODAY + timedelta(days=1)), today=TODAY)
    assert broken.value.code == "statement_in_future"


@pytest.mark.parametrize(("age", "bps"), [(0, 10_000), (540, 10_000), (651, 8000), (1094, 18), (1095, 0), (5000, 0)])
def test_an_old_statement_says_less(age: int, bps: int) -> None:
    assert Freshness().confidence_bps(TODAY - timedelta(days=age), today=TODAY) == bps


@pytest.mark.parametrize(("seen", "grade", "first_reason"), [
    (paying(0), "A", "trend_days"),
    (paying(-5), "A", "trend_days"),
    (paying(8), "B", "days_late"),
    (paying(20), "C", "much_late_share_bps"),
    (paying(0, oldest_overdue_on=TODAY - timedelta(days=40)), "B", "oldest_overdue_days"),
    (paying(45, oldest_overdue_on=TODAY - timedelta(days=40), broken_promises=2), "E", "oldest_overdue_days"),
    (paying(0, returned_payments=2, disputes_lost=1), "B", "returned_payments"),
])
def test_who_gets_which_grade(seen: Behaviour, grade: str, first_reason: str) -> None:
    assessment = rate(Inputs(TODAY, seen, ()), FIRST_RATING_POLICY).assessment
    assert (assessment.grade.value, assessment.ability) == (grade, None)
    assert first_reason in assessment.reasons


def test_values_of_willingness() -> None:
    seen = replace(paying(20, payments=2), lately=Lately(20, Decimal(25), Decimal("20.5")), owing={
        "CNY": Owing(100, 25, 300, 1200), "USD": Owing(0, 0, -5, 100), "EUR": Owing(10, 0, 10, 0)})
    assert willingness_values(seen, Segment(), today=TODAY) == {
        "oldest_overdue_days": 0, "overdue_share_bps": 2500, "much_late_share_bps": 3480, "longest_delay_days": 20,
        "days_late": 20, "spread_days": 0, "trend_days": 5, "exposure_percent_of_month": 300, "tenure_months": 37,
        "broken_promises": 0, "returned_payments": 0, "disputes_lost": 0}
    nothing = willingness_values(UNKNOWN, Segment(), today=TODAY)
    assert {name for name, value in nothing.items() if value is not None} == {
        "oldest_overdue_days", "overdue_share_bps", "broken_promises", "returned_payments", "disputes_lost"}


def test_willingness_and_ability_are_kept_apart_and_weighed() -> None:
    fresh = rate(Inputs(TODAY, paying(20), (statement(),)), FIRST_RATING_POLICY)
    old = rate(Inputs(TODAY, paying(20), (statement(date(2023, 12, 31)),)), FIRST_RATING_POLICY)
    stale = rate(Inputs(TODAY, paying(20), (statement(date(2020, 12, 31)),)), FIRST_RATING_POLICY)
    alone = rate(Inputs(TODAY, UNKNOWN, (statement(),)), FIRST_RATING_POLICY)
    weights = [one.assessment.ability_weight_bps for one in (fresh, old, stale, alone)]
    assert weights[0] == 3000 > weights[1] > weights[2] == 0 and weights[3] == 10_000
    able, willing = fresh.assessment.ability, fresh.assessment.willingness
    assert able is not None and willing is not None and alone.assessment.score == able.scored.score
    assert stale.assessment.score == willing.scored.score
    mean = Decimal(willing.scored.score * 7000 + able.scored.score * 3000) / 10_000
    assert abs(fresh.assessment.score - mean) <= Decimal("0.5")
    assert fresh.statement_id is not None and alone.willingness is None


@pytest.mark.parametrize("statements", [(), (statement(date(2015, 12, 31)),)])
def test_of_whom_nothing_is_known_nobody_is_rated(statements: tuple[FinancialStatement, ...]) -> None:
    with pytest.raises(RuleBroken) as broken:
        rate(Inputs(TODAY, UNKNOWN, statements), FIRST_RATING_POLICY)
    assert broken.value.code == "nothing_to_rate"


@given(st.integers(300, 850), st.integers(300, 850), st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_score_lies_between_both_sides(willing: int, able: int, weight: int, trust: int) -> None:
    both = assess(
        Opinion(Scored(willing, ()), 5000), Opinion(Scored(able, ()), trust), bands=GradeBands(),
        ability_weight_bps=weight)
    assert min(willing, able) <= both.score <= max(willing, able)


@pytest.mark.parametrize(("score", "grade"), [
    (620, "A"), (619, "B"), (580, "B"), (579, "C"), (540, "C"), (539, "D"), (500, "D"), (499, "E")])
def test_grades(score: int, grade: str) -> None:
    assert GradeBands().grade_of(score).value == grade


@pytest.mark.parametrize("make", [
    lambda: GradeBands(a=580), lambda: Freshness(10, 10), lambda: GradeTerms(-1, 0), lambda: GradeTerms(0, 10_001),
    lambda: Scorecards(ability_weight_bps=10_001), lambda: Scorecards(segment=Segment(1, 0)),
    lambda: RatingPolicy(2, TODAY, "", terms={Grade.A: FIRST_TERMS[Grade.A]}),
    lambda: RatingPolicy(2, TODAY, "", review_days=dict.fromkeys(Grade, 0)),
])
def test_a_policy_that_is_none(make: Any) -> None:
    with pytest.raises(RuleBroken) as broken:
        make()
    assert broken.value.code == "bad_policy"


def test_both_cards_know_their_variables() -> None:
    known = willingness_values(UNKNOWN, Segment(), today=TODAY)
    assert {one.name for one in WILLINGNESS.variables} == set(known)
    assert {one.name for one in ABILITY.variables} == set(ability_values(statement(), None))
