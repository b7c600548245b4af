"""Classification: edges and hysteresis on both sides, who has no number, what a person set, and bad rules."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.classification import (
    CLASSES,
    DEFAULTS,
    ClassificationRule,
    Dimension,
    HeldClass,
    checked_class,
    judged,
)
from customer_svc.domain.payment_record import PaymentRecord
from dunlin_kernel.errors import RuleBroken

DAY = date(2026, 3, 16)


def a_rule(*edges: int, dimension: Dimension = Dimension.VALUE_TIER, hysteresis: int = 1_000) -> ClassificationRule:
    return ClassificationRule(dimension, 1, edges, hysteresis, 12, DAY)


@pytest.mark.parametrize(("number", "held", "value"), [
    (99, None, "normal"), (100, None, "medium"), (999, None, "medium"), (1000, None, "high"), (-5, None, "normal"),
    (109, "normal", "normal"), (110, "normal", "medium"), (1099, "medium", "medium"), (1100, "medium", "high"),
    (1100, "normal", "high"), (90, "medium", "medium"), (89, "medium", "normal"), (900, "high", "high"),
    (899, "high", "medium"), (89, "high", "normal"), (100, "gone", "medium"), (None, None, None),
    (None, "high", None),
])
def test_a_class_changes_only_well_beyond_its_edge(number: int | None, held: str | None, value: str | None) -> None:
    assert a_rule(100, 1000).class_of(number, held) == value


def test_a_customer_without_invoices_is_prospective() -> None:
    rule = DEFAULTS[Dimension.TYPE]
    assert [rule.class_of(n, None) for n in (None, 0, 11, 12)] == ["prospective", "new", "new", "existing"]
    assert rule.class_of(0, "prospective") == "new"


def test_what_a_person_set_is_moved_by_no_rule() -> None:
    by_hand = HeldClass("high", None, date(2026, 1, 1))
    assert judged(a_rule(100, 1000), 1, by_hand, DAY) is by_hand
    assert judged(DEFAULTS[Dimension.IMPORTANCE], 10**9, None, DAY) is None
    by_rule = HeldClass("high", 1, date(2026, 1, 1))
    assert judged(a_rule(100, 1000), 1, by_rule, DAY) == HeldClass("normal", 1, DAY, 1)
    assert judged(a_rule(100, 1000), 950, by_rule, DAY) is by_rule
    assert judged(a_rule(100, 1000), None, by_rule, DAY) is by_rule


@given(st.integers(-10, 2_000), st.integers(-10, 2_000), st.sampled_from(["normal", "medium", "high"]))
def test_a_larger_number_never_leads_to_a_lower_class(one: int, other: int, held: str) -> None:
    ladder, rule = CLASSES[Dimension.VALUE_TIER], a_rule(100, 1000)
    lower, higher = (ladder.index(rule.class_of(n, held) or "") for n in sorted((one, other)))
    assert lower <= higher


@given(st.integers(0, 2_000), st.sampled_from(["normal", "medium", "high"]))
def test_judging_twice_changes_nothing_more(number: int, held: str) -> None:
    rule = a_rule(100, 1000)
    once = rule.class_of(number, held)
    assert rule.class_of(number, once) == once


@pytest.mark.parametrize("wrong", [
    {"edges": (1,)}, {"edges": (1, 2, 3)}, {"edges": (2, 1)}, {"edges": (0, 1)}, {"edges": (1, 1)},
    {"hysteresis_bps": -1}, {"hysteresis_bps": 5_001}, {"window_months": 0}, {"window_months": 61}])
def test_rules_that_are_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"edges": (100, 1000), "hysteresis_bps": 0, "window_months": 12}
    with pytest.raises(RuleBroken) as refused:
        ClassificationRule(Dimension.VALUE_TIER, 1, **(right | wrong), effective_from=DAY)
    assert refused.value.code == "bad_classification_rule"


def test_classes_that_are_not_of_the_dimension_are_refused() -> None:
    assert checked_class(Dimension.TYPE, "prospective") == "prospective"
    with pytest.raises(RuleBroken) as refused:
        checked_class(Dimension.SIZE, "prospective")
    assert refused.value.code == "unknown_class"


@pytest.mark.parametrize(("record", "bps"), [
    (PaymentRecord(0, 0, 0), None), (PaymentRecord(10, 0, 0), 0), (PaymentRecord(10, 1, 0), 1_000),
    (PaymentRecord(3, 1, 90), 3_333), (PaymentRecord(0, 0, 91), 10_000)])
def test_the_share_of_items_paid_late(record: PaymentRecord, bps: int | None) -> None:
    assert record.late_bps == bps
