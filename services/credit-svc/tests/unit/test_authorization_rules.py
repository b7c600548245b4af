"""An authorisation from decision to end: every cent of it is reserved, captured, released or expired."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from credit_svc.domain.authorization import (
    LIFECYCLE,
    Authorization,
    AuthorizationStatus,
    Order,
    capture,
    expire,
    order_of,
    release,
)
from credit_svc.domain.policy import FIRST_POLICY
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
CUSTOMER, ID = UUID(int=1), UUID(int=9)
S = AuthorizationStatus


def cny(amount: int) -> Money:
    return Money(amount, "CNY")


def decided(minor: int, *, approved: bool = True) -> Authorization:
    order = order_of(CUSTOMER, cny(minor), reference="SO-1", expires_at=NOW + timedelta(days=30), now=NOW)
    return Authorization.decided(id=ID, order=order, approved=approved)


def test_story_11_captures_to_the_cent() -> None:
    first = capture(decided(30_000_00), cny(16_950_00), final=False, policy=FIRST_POLICY)
    assert (first.captured, first.over, first.after.reserved) == (cny(16_950_00), cny(0), cny(13_050_00))
    assert first.after.status is S.APPROVED and not first.alarms

    second = capture(first.after, cny(14_125_00), final=True, policy=FIRST_POLICY)
    assert (second.captured, second.over, second.tolerated) == (cny(13_050_00), cny(1_075_00), cny(652_50))
    assert second.after.status is S.CAPTURED and second.alarms


@pytest.mark.parametrize(("billed", "final", "after"), [
    (600, False, (S.APPROVED, 400, 600, 0, 0)),
    (600, True, (S.CAPTURED, 0, 600, 400, 0)),
    (1_000, False, (S.CAPTURED, 0, 1_000, 0, 0)),
    (1_050, False, (S.CAPTURED, 0, 1_000, 0, 50)),
    (1_051, True, (S.CAPTURED, 0, 1_000, 0, 51)),
])
def test_capture(billed: int, final: bool, after: tuple[AuthorizationStatus, int, int, int, int]) -> None:
    done = capture(decided(1_000), cny(billed), final=final, policy=FIRST_POLICY)
    found = done.after
    amounts = (found.reserved, found.captured, found.released, found.over_captured)
    assert (found.status, *(amount.minor for amount in amounts)) == after
    assert done.alarms == (billed > 1_050)


@pytest.mark.parametrize("ended", [
    release(decided(1_000)), expire(decided(1_000)), decided(1_000, approved=False),
    capture(decided(1_000), cny(1_000), final=True, policy=FIRST_POLICY).after])
def test_an_ended_one_is_still_billed_against_but_all_of_it_is_over(ended: Authorization) -> None:
    done = capture(ended, cny(30), final=True, policy=FIRST_POLICY)
    assert (done.captured, done.over, done.released) == (cny(0), cny(30), cny(0))
    assert done.after.status is ended.status and done.alarms


@pytest.mark.parametrize("act", [release, expire])
def test_only_what_stands_can_be_given_back(act: Callable[[Authorization], Authorization]) -> None:
    given = act(decided(1_000))
    assert given.reserved == cny(0) and given.released + given.expired == cny(1_000)
    with pytest.raises(IllegalTransition):
        act(given)


def test_every_pair_of_states() -> None:
    allowed = {(start, end) for start, end, may in LIFECYCLE.all_pairs() if may}
    assert allowed == {(S.APPROVED, S.CAPTURED), (S.APPROVED, S.RELEASED), (S.APPROVED, S.EXPIRED)}


@pytest.mark.parametrize(("minor", "days", "code"), [
    (0, 1, "amount_not_positive"), (-5, 1, "amount_not_positive"), (1, 0, "expires_in_past"),
    (1, -1, "expires_in_past"), (1, 3_651, "expires_too_late")])
def test_an_order_is_refused(minor: int, days: int, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        order_of(CUSTOMER, cny(minor), reference="SO-1", expires_at=NOW + timedelta(days=days), now=NOW)
    assert refusal.value.code == code


class AuthorizationMachine(RuleBasedStateMachine):
    """Any sequence of invoices, releases and expiries against one order, beside plain sums of what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.held = decided(1)
        self.billed = 0

    @initialize(asked=st.integers(1, 10_000))
    def ask(self, asked: int) -> None:
        self.held = Authorization.decided(
            id=ID, order=Order(CUSTOMER, cny(asked), "SO-1", NOW), approved=True)

    @rule(minor=st.integers(1, 6_000), final=st.booleans())
    def bill(self, minor: int, final: bool) -> None:
        done = capture(self.held, cny(minor), final=final, policy=FIRST_POLICY)
        assert done.after.reserved == self.held.reserved - done.captured - done.released
        assert not (final and done.after.reserved.is_positive)
        self.held, self.billed = done.after, self.billed + minor

    @rule(act=st.sampled_from([release, expire]))
    def give_back(self, act: Callable[[Authorization], Authorization]) -> None:
        if self.held.status is S.APPROVED:
            self.held = act(self.held)
        else:
            with pytest.raises(IllegalTransition):
                act(self.held)

    @invariant()
    def no_cent_is_lost(self) -> None:
        a = self.held
        assert a.asked == a.reserved + a.captured + a.released + a.expired
        assert (a.captured + a.over_captured).minor == self.billed
        assert min(a.reserved, a.captured, a.released, a.expired, a.over_captured) >= cny(0)


TestAuthorizationMachine = AuthorizationMachine.TestCase
