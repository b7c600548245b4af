"""Exposure and available credit: their arithmetic, and the proof of our copy of billing's figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_svc.domain.decision import credit_available
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, Mismatch, exposure_of, follow
from credit_svc.domain.limit import LimitInForce, LimitStatus
from credit_svc.domain.policy import FIRST_POLICY, CreditPolicy, share_of
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

minor = st.integers(min_value=0, max_value=10**14)
NOTHING = Money(0, "CNY")


def cny(amount: int) -> Money:
    return Money(amount, "CNY")


def figures(opened: int, unapplied: int = 0, disputed: int = 0) -> Figures:
    return Figures(cny(opened), cny(disputed), cny(unapplied))


def weighted(disputed_bps: int) -> CreditPolicy:
    return CreditPolicy(2, disputed_bps, 10_000, 500, 30)


@pytest.mark.parametrize(("parts", "policy", "expected"), [
    ((0, 0, 0, 0, 0), FIRST_POLICY, 0),
    ((14_690_00, 0, 0, 0, 0), FIRST_POLICY, 14_690_00),
    ((5_650_00, 0, 0, 0, 3_700_00), FIRST_POLICY, 1_950_00),
    ((0, 0, 0, 0, 3_700_00), FIRST_POLICY, -3_700_00),
    ((12_000_00, 0, 16_950_00, 13_050_00, 0), FIRST_POLICY, 42_000_00),
    ((1_000, 400, 0, 0, 0), FIRST_POLICY, 1_000),
    ((1_000, 400, 0, 0, 0), weighted(0), 600),
    ((1_000, 333, 0, 0, 0), weighted(5_000), 667 + 167),
])
def test_exposure(parts: tuple[int, ...], policy: CreditPolicy, expected: int) -> None:
    assert exposure_of(ExposureParts(*map(cny, parts)), policy) == cny(expected)


@pytest.mark.parametrize(("counts", "expected"), [(False, 4_560_00), (True, 4_605_20)])
def test_interest_that_has_accrued_counts_where_the_policy_says_so(counts: bool, expected: int) -> None:
    parts = ExposureParts(*map(cny, (4_560_00, 0, 0, 0, 0, 45_20)))
    policy = CreditPolicy(2, 10_000, 10_000, 500, 30, accrued_interest=counts)
    assert exposure_of(parts, policy) == cny(expected)


@pytest.mark.parametrize(("accrued", "charged", "left"), [(45_20, 45_20, 0), (45_20, 40_00, 5_20), (45_20, 50_00, 0)])
def test_what_is_charged_accrues_no_more(accrued: int, charged: int, left: int) -> None:
    held = Exposure(figures(100), 7, NOTHING, cny(accrued))
    assert held.charged(cny(charged)).accrued == cny(left)


@given(opened=minor, share=st.integers(0, 100), delivered=minor, reserved=minor, unapplied=minor, limit=minor)
def test_available_and_exposure_make_up_the_limit(
    opened: int, share: int, delivered: int, reserved: int, unapplied: int, limit: int,
) -> None:
    parts = ExposureParts(*map(cny, (opened, opened * share // 100, delivered, reserved, unapplied)))
    exposure = exposure_of(parts, FIRST_POLICY)
    available = credit_available(LimitInForce(LimitStatus.IN_FORCE, cny(limit), None), exposure)
    assert exposure.minor == opened + delivered + reserved - unapplied
    assert available is not None and available + exposure == cny(limit)


def test_nothing_is_available_or_owed_when_not_rated() -> None:
    assert credit_available(LimitInForce(LimitStatus.NOT_RATED, None, None), cny(5)) is None


@pytest.mark.parametrize(("amount", "bps", "expected"), [
    (13_050_00, 500, 652_50), (1, 5_000, 1), (-1, 5_000, -1), (3, 5_000, 2), (1, 4_999, 0), (7, 0, 0), (7, 10_000, 7)])
def test_a_share_is_rounded_half_away_from_zero(amount: int, bps: int, expected: int) -> None:
    assert share_of(cny(amount), bps) == cny(expected)


@pytest.mark.parametrize("numbers", [
    (-1, 0, 0, 30), (0, 100_001, 0, 30), (0, 0, -5, 30), (0, 0, 0, 0), (0, 0, 0, 3_651)])
def test_a_policy_outside_its_bounds_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(RuleBroken) as refusal:
        CreditPolicy(2, *numbers)
    assert refusal.value.code == "bad_policy"


def test_a_fact_that_agrees_moves_our_copy() -> None:
    held = Exposure(figures(100, unapplied=40), 7, NOTHING, NOTHING)
    after, mismatch = follow(held, figures(-40, unapplied=-40), figures(60), sequence=8)
    assert (after, mismatch) == (Exposure(figures(60), 8, NOTHING, NOTHING), None)


def test_a_fact_that_differs_is_a_mismatch_and_billings_figures_are_taken() -> None:
    after, mismatch = follow(Exposure(figures(100), 7, NOTHING, NOTHING), figures(20), figures(121), sequence=9)
    assert after == Exposure(figures(121), 9, NOTHING, NOTHING)
    assert mismatch == Mismatch(9, reckoned=figures(120), told=figures(121))


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9)), max_size=30))
def test_our_copy_equals_the_sum_of_all_movements(moves: list[tuple[int, int, int]]) -> None:
    held, told = Exposure.unheard("CNY"), Figures.zero("CNY")
    for at, (opened, disputed, unapplied) in enumerate(moves, start=1):
        by = figures(opened, unapplied, disputed)
        told = told.moved(by)
        held, mismatch = follow(held, by, told, sequence=at)
        assert mismatch is None and held == Exposure(told, at, NOTHING, NOTHING)
