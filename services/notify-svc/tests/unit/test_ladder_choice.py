"""Which ladder a customer climbs: rules in order, by grade, by class, by both; what is no rule."""

from dataclasses import replace

import pytest

from dunlin_kernel.errors import RuleBroken
from notify_svc.domain.ladder import LADDER_K
from notify_svc.domain.ladder_choice import LadderRule, Ladders, Segment, check_rules

STRICT, SOFT = replace(LADDER_K, version=2), replace(LADDER_K, version=3)
KNOWN = {"standard": LADDER_K, "strict": STRICT, "soft": SOFT}
RULES = (
    LadderRule("gone", grade="D"),
    LadderRule("soft", grade="D", dimension="importance", value="vip"),
    LadderRule("strict", grade="D"),
    LadderRule("strict", dimension="payment_behaviour", value="chronic"),
)


@pytest.mark.parametrize(("segment", "version"), [
    (Segment(), 1),
    (Segment("A", {"importance": "vip"}), 1),
    (Segment("D", {}), 2),
    (Segment("D", {"importance": "vip", "payment_behaviour": "chronic"}), 3),
    (Segment(None, {"payment_behaviour": "chronic"}), 2),
    (Segment(None, {"payment_behaviour": "on_time"}), 1),
])
def test_the_first_rule_that_fits_chooses(segment: Segment, version: int) -> None:
    assert Ladders(KNOWN, RULES).of(segment).version == version
    assert Ladders(KNOWN, RULES).standard is LADDER_K


@pytest.mark.parametrize("wrong", [{}, {"dimension": "size"}, {"value": "large"}, {"grade": "A", "value": "large"}])
def test_what_is_no_rule(wrong: dict[str, str]) -> None:
    with pytest.raises(RuleBroken, match="bad_ladder_rule"):
        LadderRule("strict", **wrong)


def test_rules_name_ladders_that_are_there_and_are_not_too_many() -> None:
    check_rules(RULES[1:], KNOWN)
    check_rules((RULES[1],) * 50, KNOWN)
    with pytest.raises(RuleBroken, match="has been set"):
        check_rules(RULES, KNOWN)
    with pytest.raises(RuleBroken, match="At most 50"):
        check_rules((RULES[1],) * 51, KNOWN)
