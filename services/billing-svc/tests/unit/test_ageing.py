"""Ageing: the bucket of an item by days past due, sums that keep every cent, and reports that must tie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.ageing import Aged, AgeingPolicy, Controls, bucket_for, tied
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

POLICY = AgeingPolicy()


@pytest.mark.parametrize(("days", "name"), [
    (-400, "not_due"), (-1, "not_due"), (0, "not_due"), (1, "1_30"), (30, "1_30"), (31, "31_60"), (60, "31_60"),
    (61, "61_90"), (90, "61_90"), (91, "over_90"), (4000, "over_90")])
def test_the_bucket_of_days_past_due(days: int, name: str) -> None:
    assert POLICY.names[bucket_for(days, POLICY)] == name


def test_edges_are_a_policy() -> None:
    weekly = AgeingPolicy((7, 14))
    assert weekly.names == ("not_due", "1_7", "8_14", "over_14")
    assert [bucket_for(days, weekly) for days in (0, 7, 8, 14, 15)] == [0, 1, 2, 2, 3]


@pytest.mark.parametrize("edges", [(), (0,), (30, 30), (60, 30), (-1, 5), tuple(range(1, 14))])
def test_edges_that_do_not_rise_are_refused(edges: tuple[int, ...]) -> None:
    with pytest.raises(RuleBroken) as refused:
        AgeingPolicy(edges)
    assert refused.value.code == "bad_ageing_edges"


@given(st.integers(-500, 500), st.lists(st.integers(1, 400), min_size=1, max_size=12, unique=True))
def test_every_day_has_one_bucket_and_later_is_never_younger(days: int, edges: list[int]) -> None:
    policy = AgeingPolicy(tuple(sorted(edges)))
    bucket = bucket_for(days, policy)
    assert 0 <= bucket < len(policy.names)
    assert bucket_for(days + 1, policy) in (bucket, bucket + 1)


def _aged(*minors: int, unapplied: int = 0, oldest: int = 0) -> Aged:
    return Aged(tuple(Money(minor, "CNY") for minor in minors), tuple(int(minor > 0) for minor in minors),
                Money(unapplied, "CNY"), oldest)


def test_what_is_owed_what_is_overdue_and_the_net_of_a_row() -> None:
    row = _aged(5, 4, 3, 2, 1, unapplied=7)
    assert [row.receivables.minor, row.overdue.minor, row.net.minor] == [15, 10, 8]


def test_nothing_is_a_report_too() -> None:
    assert list(tied({}, {})) == []


def _controls(receivables: int, credit: int) -> Controls:
    return Controls(Money(receivables, "CNY"), Money(credit, "CNY"))


def test_a_report_that_ties_names_its_currencies() -> None:
    assert tied({"CNY": _aged(5, 0, 0, 0, 0, unapplied=2)}, {"CNY": _controls(5, 2)}) == ["CNY"]


@pytest.mark.parametrize(("totals", "controls"), [
    ({"CNY": _aged(5, 0, 0, 0, 0)}, {"CNY": _controls(6, 0)}), ({"CNY": _aged(5, 0, 0, 0, 0)}, {}),
    ({}, {"CNY": _controls(0, 1)}), ({"CNY": _aged(0, 0, 0, 0, 0, unapplied=1)}, {"CNY": _controls(0, 0)})])
def test_a_report_that_does_not_tie_is_refused(totals: dict[str, Aged], controls: dict[str, Controls]) -> None:
    with pytest.raises(Conflict) as refused:
        tied(totals, controls)
    assert refused.value.code == "report_does_not_tie"
