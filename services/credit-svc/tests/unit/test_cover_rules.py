"""Covers: what they count for, when one person is enough, and that they count once, in the limit."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.cover import CountedCover, Cover, CoverKind, CoverState, covered, registered
from credit_svc.domain.decision import DecisionInputs, DenialReason, decide
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.limit import LimitFact, LimitSource, LimitStatus
from credit_svc.domain.limit_override import OverrideRules
from credit_svc.domain.policy import FIRST_POLICY, CreditPolicy
from dunlin_kernel.errors import Conflict, DomainError, Forbidden, RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 1)
K = CoverKind


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


COVER = Cover(UUID(int=1), K.INSURANCE, cny(50_000_00), 9000, cny(5_000_00), date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(("amount", "share_bps", "retention", "counts"), [
    (50_000_00, 9000, 5_000_00, 40_000_00),
    (50_000_00, 10000, 0, 50_000_00),
    (1_05, 5000, 0, 53),
    (100_00, 1000, 20_00, 0),
])
def test_what_it_counts_for(amount: int, share_bps: int, retention: int, counts: int) -> None:
    assert replace(COVER, amount=cny(amount), share_bps=share_bps, retention=cny(retention)).counts == cny(counts)


@pytest.mark.parametrize(("changed", "code"), [
    ({"amount": cny(0)}, "bad_cover"), ({"share_bps": 0}, "bad_cover"), ({"share_bps": 10_001}, "bad_cover"),
    ({"retention": cny(-1)}, "bad_cover"), ({"valid_until": date(2025, 12, 31)}, "validity_reversed"),
    ({"valid_until": date(2026, 2, 28)}, "validity_in_past")])
def test_what_is_no_cover(changed: dict[str, object], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        registered(replace(COVER, **changed), OverrideRules(), today=TODAY)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(("step", "state"), [
    ({}, CoverState.STANDING), ({"CNY": cny(40_000_00)}, CoverState.STANDING),
    ({"CNY": cny(39_999_99)}, CoverState.WAITING), ({"USD": Money(1, "USD")}, CoverState.WAITING)])
def test_when_one_person_is_enough(step: dict[str, Money], state: CoverState) -> None:
    assert registered(COVER, OverrideRules(second_person_above=step), today=TODAY).state is state


def test_the_maker_is_never_the_checker_and_what_ended_stays_so() -> None:
    waiting = replace(COVER, state=CoverState.WAITING)
    with pytest.raises(Forbidden):
        waiting.approved(maker="ann", checker="ann")
    assert waiting.approved(maker="ann", checker="bob").state is CoverState.STANDING
    gone = COVER.ended()
    with pytest.raises(Conflict):
        gone.ended()
    with pytest.raises(DomainError):
        gone.approved(maker="ann", checker="bob")


def inputs(amount: int, *, base: int | None, policy: CreditPolicy = FIRST_POLICY, until: date | None = None,
           covers: tuple[CountedCover, ...] = ()) -> DecisionInputs:
    fact = LimitFact(UUID(int=2), 1, "CNY", None if base is None else cny(base), LimitSource.MANUAL,
                     date(2026, 1, 1), until)
    parts = ExposureParts(cny(0), cny(0), cny(0), cny(0), cny(0))
    return DecisionInputs(cny(amount), TODAY, "active", fact, parts, policy, {}, covers=covers)


BOTH = (CountedCover(UUID(int=3), K.INSURANCE, cny(400)), CountedCover(UUID(int=4), K.DEPOSIT, cny(50)))


def test_it_comes_on_top_of_the_limit_but_rates_nobody() -> None:
    found = decide(inputs(550, base=100, covers=BOTH))
    assert (found.approved, found.limit.amount, found.limit.covered) == (True, cny(550), cny(450))
    assert not decide(inputs(551, base=100, covers=BOTH)).approved
    assert decide(inputs(1, base=None, covers=BOTH)).reasons == (DenialReason.NOT_RATED,)
    ended = decide(inputs(450, base=100, until=date(2026, 2, 28), covers=BOTH))
    assert (ended.approved, ended.limit.status) == (True, LimitStatus.EXPIRED)


def test_the_policy_says_whose_covers_count() -> None:
    only = replace(FIRST_POLICY, cover_kinds=("deposit",))
    assert decide(inputs(151, base=100, policy=only, covers=BOTH)).reasons == (DenialReason.OVER_LIMIT,)
    assert decide(inputs(150, base=100, policy=only, covers=BOTH)).approved
    with pytest.raises(RuleBroken):
        replace(FIRST_POLICY, cover_kinds=("prayer",))


@given(st.lists(st.tuples(st.sampled_from(K), st.integers(0, 10_000)), max_size=6), st.sets(st.sampled_from(K)))
@settings(max_examples=60)
def test_each_cover_counts_once(found: list[tuple[CoverKind, int]], kinds: set[CoverKind]) -> None:
    covers = [CountedCover(UUID(int=n), kind, cny(minor)) for n, (kind, minor) in enumerate(found)]
    total = covered(covers, {kind.value for kind in kinds}, "CNY")
    assert total == cny(sum(minor for kind, minor in found if kind in kinds))
