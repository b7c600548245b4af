"""Which limit is in force on a day: not rated, no credit and expired are three different things."""

from datetime import date
from uuid import UUID

import pytest

from credit_svc.domain.limit import LimitFact, LimitInForce, LimitSource, LimitStatus, check_limit, limit_in_force
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
CNY_0 = Money.zero("CNY")


def fact(version: int, minor: int | None, start: str = "2026-01-01", end: str | None = None) -> LimitFact:
    amount = None if minor is None else Money(minor, "CNY")
    return LimitFact(
        UUID(int=version), version, "CNY", amount, LimitSource.MANUAL,
        date.fromisoformat(start), date.fromisoformat(end) if end else None)


FIRST, NONE, NIL = fact(1, 2_000_000), fact(1, None), fact(1, 0)
ENDS_TODAY, ENDED = fact(1, 500, end="2026-03-10"), fact(1, 500, end="2026-03-09")
TO_COME = fact(2, 900, start="2026-03-11")

IN_FORCE = [
    ("nothing was ever set", [], LimitInForce(LimitStatus.NOT_RATED, None, None)),
    ("a rating was taken back", [NONE], LimitInForce(LimitStatus.NOT_RATED, None, NONE)),
    ("zero is no credit", [NIL], LimitInForce(LimitStatus.IN_FORCE, CNY_0, NIL)),
    ("without an end", [FIRST], LimitInForce(LimitStatus.IN_FORCE, Money(2_000_000, "CNY"), FIRST)),
    ("on its last day", [ENDS_TODAY], LimitInForce(LimitStatus.IN_FORCE, Money(500, "CNY"), ENDS_TODAY)),
    ("from the day after", [ENDED], LimitInForce(LimitStatus.EXPIRED, CNY_0, ENDED)),
    ("not begun leaves the one before", [FIRST, TO_COME], LimitInForce(LimitStatus.IN_FORCE, FIRST.amount, FIRST)),
    ("only one not begun", [TO_COME], LimitInForce(LimitStatus.NOT_RATED, None, None)),
    ("the last one set wins, whatever the order", [fact(3, 7), fact(2, 8)],
     LimitInForce(LimitStatus.IN_FORCE, Money(7, "CNY"), fact(3, 7))),
    ("an ended one brings no older one back", [FIRST, fact(2, 9, end="2026-03-01")],
     LimitInForce(LimitStatus.EXPIRED, CNY_0, fact(2, 9, end="2026-03-01"))),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in IN_FORCE], ids=[row[0] for row in IN_FORCE])
def test_limit_in_force(facts: list[LimitFact], expected: LimitInForce) -> None:
    assert limit_in_force(facts, today=TODAY) == expected


REFUSED = [
    (fact(1, -1), "negative_limit"),
    (fact(1, 1, "2026-04-02", "2026-04-01"), "validity_reversed"),
    (fact(1, 1, "2026-01-01", "2026-03-09"), "validity_in_past"),
]


@pytest.mark.parametrize(("refused", "code"), REFUSED, ids=[code for _, code in REFUSED])
def test_a_limit_is_refused(refused: LimitFact, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        check_limit(refused, today=TODAY)
    assert refusal.value.code == code


@pytest.mark.parametrize("allowed", [NONE, NIL, FIRST, ENDS_TODAY, TO_COME])
def test_a_limit_may_be_set(allowed: LimitFact) -> None:
    check_limit(allowed, today=TODAY)
