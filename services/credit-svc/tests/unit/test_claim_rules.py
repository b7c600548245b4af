"""Claims on covers: for how much, when, and what is left of the cover afterwards."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from credit_svc.domain.claim import Claim, ClaimState, filed
from credit_svc.domain.cover import Cover, CoverKind, CoverState
from dunlin_kernel.errors import DomainError
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


COVER = Cover(UUID(int=1), CoverKind.INSURANCE, cny(500), 9000, cny(50), date(2026, 3, 1), date(2026, 12, 31))
CLAIM = Claim(UUID(int=2), COVER.id, cny(100), date(2026, 3, 5), cny(0))


def others(*waiting: int) -> list[Claim]:
    """Claims that wait, beside one that was refused and one that was paid: what that used is in the cover."""
    return [*(replace(CLAIM, amount=cny(minor)) for minor in waiting),
            replace(CLAIM, amount=cny(400), state=ClaimState.REFUSED),
            replace(CLAIM, amount=cny(400), paid=cny(400), state=ClaimState.SETTLED)]


@pytest.mark.parametrize(("claim", "cover", "waiting", "code"), [
    (replace(CLAIM, amount=cny(400)), COVER, (), None),
    (replace(CLAIM, amount=cny(401)), COVER, (), "claim_above_cover"),
    (CLAIM, COVER, (200, 100), None), (CLAIM, COVER, (200, 101), "claim_above_cover"),
    (CLAIM, COVER.paying(cny(300)), (), None), (CLAIM, COVER.paying(cny(301)), (), "claim_above_cover"),
    (CLAIM, replace(COVER, state=CoverState.ENDED), (), None),
    (CLAIM, replace(COVER, state=CoverState.WAITING), (), "cover_not_standing"),
    (replace(CLAIM, amount=cny(0)), COVER, (), "bad_claim"), (replace(CLAIM, amount=cny(-1)), COVER, (), "bad_claim"),
    (replace(CLAIM, amount=Money(100, "USD")), COVER, (), "bad_claim"),
    (replace(CLAIM, filed_on=date(2026, 3, 1)), COVER, (), None), (replace(CLAIM, filed_on=TODAY), COVER, (), None),
    (replace(CLAIM, filed_on=date(2026, 2, 28)), COVER, (), "bad_claim"),
    (replace(CLAIM, filed_on=date(2026, 3, 11)), COVER, (), "bad_claim"),
])
def test_what_may_be_claimed(claim: Claim, cover: Cover, waiting: tuple[int, ...], code: str | None) -> None:
    if code is None:
        assert filed(claim, cover, others(*waiting), today=TODAY) is claim
        return
    with pytest.raises(DomainError, match=code):
        filed(claim, cover, others(*waiting), today=TODAY)


@pytest.mark.parametrize(("paid", "on", "state"), [
    (100, date(2026, 3, 5), ClaimState.SETTLED), (1, TODAY, ClaimState.SETTLED), (0, TODAY, ClaimState.REFUSED)])
def test_what_comes_of_a_claim(paid: int, on: date, state: ClaimState) -> None:
    ended = CLAIM.settled(cny(paid), on, today=TODAY)
    assert (ended.state, ended.paid, ended.settled_on, ended.amount) == (state, cny(paid), on, CLAIM.amount)
    for again in (cny(0), cny(50)):
        with pytest.raises(IllegalTransition):
            ended.settled(again, on, today=TODAY)


@pytest.mark.parametrize(("paid", "on"), [
    (cny(101), TODAY), (cny(-1), TODAY), (Money(1, "USD"), TODAY), (cny(1), date(2026, 3, 4)),
    (cny(1), date(2026, 3, 11))])
def test_what_is_no_settlement(paid: Money, on: date) -> None:
    with pytest.raises(DomainError, match="bad_claim"):
        CLAIM.settled(paid, on, today=TODAY)


@pytest.mark.parametrize(("paid", "counts"), [((), 400), ((150,), 250), ((150, 250), 0), ((400, 50), 0)])
def test_what_was_paid_counts_no_more(paid: tuple[int, ...], counts: int) -> None:
    cover = COVER
    for minor in paid:
        cover = cover.paying(cny(minor))
    assert (cover.counts, cover.used) == (cny(counts), cny(sum(paid)))
