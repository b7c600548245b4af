"""Key figures: the worked examples that are printed, what stands on nothing, and which periods the calendar has."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.kpis import (
    Figures,
    Kpi,
    Month,
    average_days_delinquent,
    bad_debt_ratio,
    best_possible_dso,
    collection_effectiveness,
    collection_rate,
    dso,
    dso_count_back,
    kpis_of,
    repurchase_rate,
    true_dso,
    turnover,
    weighted_days_late,
    weighted_days_past_due,
)

NOTHING = Figures(30, 0, 0, 0, 0, 0, 0, 0, 0, ())


def test_the_printed_count_back_is_73_7_days() -> None:
    months = (Month(30, 100_000), Month(30, 80_000), Month(30, 70_000))
    value = dso_count_back(replace(NOTHING, closing=212_000, months=months))
    assert value is not None
    assert round(value, 1) == Decimal("73.7")


@pytest.mark.parametrize(
    ("opening", "sales", "closing", "current", "percent"),
    [(6_200, 10_890 // 3, 6_340, 3_590, "55.9"), (100_000, 1_000_000, 120_000, 100_000, "98.0")])
def test_the_printed_effectiveness(opening: int, sales: int, closing: int, current: int, percent: str) -> None:
    value = collection_effectiveness(
        replace(NOTHING, opening=opening, sales=sales, closing=closing, current=current))
    assert value is not None
    assert round(value, 1) == Decimal(percent)


def test_what_was_written_off_was_not_collected() -> None:
    held = replace(NOTHING, opening=1_000, sales=1_000, closing=500, current=200, written_off=300)
    assert collection_effectiveness(held) == Decimal(100 * 1_200) / Decimal(1_500)
    assert bad_debt_ratio(held) == 30


def test_best_possible_and_delinquent_days_make_up_dso() -> None:
    held = replace(NOTHING, days=90, closing=900, current=600, sales=2_700)
    found = [dso(held), best_possible_dso(held), average_days_delinquent(held)]
    assert found == [Decimal(30), Decimal(20), Decimal(10)]


def test_rates_and_weights() -> None:
    held = replace(NOTHING, opening=400, sales=600, closing=200, current=100, collected=800, late_days=-1_600,
                   overdue_days=1_500)
    assert [collection_rate(held), turnover(held)] == [Decimal(80), Decimal(2)]
    assert [weighted_days_past_due(held), weighted_days_late(held)] == [Decimal(15), Decimal(-2)]


def test_who_buys_again() -> None:
    assert repurchase_rate(replace(NOTHING, buyers=8, returning=5)) == Decimal("62.5")


def test_true_dso_weighs_each_month_by_its_own_sales() -> None:
    months = (Month(31, 1_000, open_days=10_000), Month(28, 500, open_days=0), Month(31, 2_000, open_days=90_000))
    assert true_dso(replace(NOTHING, months=months)) == 55
    assert true_dso(replace(NOTHING, months=(Month(31, 0, open_days=5),))) is None
    assert true_dso(replace(NOTHING, months=(Month(31, 1_000, open_days=10_000), Month(28, 0)))) == 10


def test_what_stands_on_nothing_is_none() -> None:
    found = {one.kpi: one.value for one in kpis_of(NOTHING)}
    assert list(found) == list(Kpi)
    assert {kpi for kpi, value in found.items() if value is not None} == {Kpi.DSO_COUNT_BACK, Kpi.TRUE_DSO}
    assert dso_count_back(replace(NOTHING, closing=5, months=(Month(30, 4),))) is None


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 1_000)), max_size=8), st.integers(0, 5_000))
def test_a_count_back_never_counts_more_days_than_there_are(sold: list[tuple[int, int]], closing: int) -> None:
    months = tuple(Month(days, sales) for days, sales in sold)
    value = dso_count_back(replace(NOTHING, closing=closing, months=months))
    if value is None:
        assert closing > sum(month.sales for month in months)
    else:
        assert 0 <= value <= sum(month.days for month in months)
