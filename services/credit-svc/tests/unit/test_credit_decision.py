"""The decision on an order: what it rests on, which rule fires, and that not rated is never unlimited."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_svc.domain.decision import Decision, DecisionInputs, DenialReason, StandingHold, decide
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.limit import LimitFact, LimitSource
from credit_svc.domain.policy import FIRST_POLICY
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
R = DenialReason


def cny(amount: int) -> Money:
    return Money(amount, "CNY")


def limited(minor: int | None, until: date | None = None) -> LimitFact:
    amount = None if minor is None else cny(minor)
    return LimitFact(UUID(int=1), 1, "CNY", amount, LimitSource.MANUAL, date(2026, 1, 1), until)


STORY_11 = DecisionInputs(
    amount=cny(30_000_00), today=TODAY, customer_status="active", limit=limited(50_000_00),
    parts=ExposureParts(cny(12_000_00), cny(0), cny(0), cny(0), cny(0)), policy=FIRST_POLICY, positions={"billing": 3})
RESERVED = replace(STORY_11, parts=replace(STORY_11.parts, reserved=cny(30_000_00)))
EXPIRED = limited(50_000_00, until=date(2026, 3, 9))
PAID_AHEAD = replace(STORY_11.parts, open=cny(0), unapplied=cny(500))

CASES = [
    ("covered", STORY_11, ()),
    ("to the cent", replace(RESERVED, amount=cny(8_000_00)), ()),
    ("one cent over", replace(RESERVED, amount=cny(8_000_01)), (R.OVER_LIMIT,)),
    ("a prospect may be sold to on a limit", replace(STORY_11, customer_status="prospect"), ()),
    ("suspended", replace(STORY_11, customer_status="suspended"), (R.CUSTOMER_SUSPENDED,)),
    ("closed", replace(STORY_11, customer_status="closed"), (R.CUSTOMER_CLOSED,)),
    ("never rated", replace(STORY_11, limit=None), (R.NOT_RATED,)),
    ("rating taken back", replace(STORY_11, limit=limited(None), amount=cny(1)), (R.NOT_RATED,)),
    ("not rated with money paid ahead", replace(STORY_11, limit=None, parts=PAID_AHEAD, amount=cny(1)), (R.NOT_RATED,)),
    ("expired", replace(STORY_11, limit=EXPIRED, amount=cny(1)), (R.LIMIT_EXPIRED,)),
    ("no credit", replace(STORY_11, limit=limited(0), amount=cny(1)), (R.NO_CREDIT,)),
    ("no credit, but money paid ahead", replace(STORY_11, limit=limited(0), parts=PAID_AHEAD, amount=cny(500)), ()),
    ("on hold", replace(STORY_11, holds=(StandingHold(UUID(int=1), "overdue"),)), (R.ON_HOLD,)),
    ("every reason is told", replace(RESERVED, customer_status="suspended"), (R.CUSTOMER_SUSPENDED, R.OVER_LIMIT)),
]


@pytest.mark.parametrize(("inputs", "reasons"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_decide(inputs: DecisionInputs, reasons: tuple[DenialReason, ...]) -> None:
    decision = decide(inputs)
    assert (decision.approved, decision.reasons) == (not reasons, reasons)


def test_a_decision_explains_itself() -> None:
    decision = decide(replace(RESERVED, amount=cny(8_000_01)))
    assert isinstance(decision, Decision)
    assert (decision.exposure, decision.available) == (cny(42_000_00), cny(8_000_00))
    assert decision.limit.fact == RESERVED.limit


@given(
    amount=st.integers(1, 10**9), limit=st.integers(0, 10**9), opened=st.integers(0, 10**9),
    reserved=st.integers(0, 10**9), unapplied=st.integers(0, 10**9))
def test_an_order_is_approved_exactly_when_the_limit_still_holds_after_it(
    amount: int, limit: int, opened: int, reserved: int, unapplied: int,
) -> None:
    parts = ExposureParts(cny(opened), cny(0), cny(0), cny(reserved), cny(unapplied))
    decision = decide(replace(STORY_11, amount=cny(amount), limit=limited(limit), parts=parts))
    assert decision.approved == (opened + reserved - unapplied + amount <= limit)
