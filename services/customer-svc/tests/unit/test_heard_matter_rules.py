"""What stands open about a customer: ended, less by what is over, and what keeps it from being closed."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from customer_svc.domain.heard_ledger import HeardLedger
from customer_svc.domain.heard_matter import HeardMatter, MatterKind, must_await_no_payment
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money

ONE, TWO = UUID(int=1), UUID(int=2)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


AWAITED = HeardMatter(MatterKind.PENDING_PAYMENT, ONE, date(2026, 3, 1), "bank_transfer", cny(100))


@pytest.mark.parametrize(("over", "left", "stands"), [(0, 100, True), (99, 1, True), (100, 0, False)])
def test_it_stands_while_anything_is_left(over: int, left: int, stands: bool) -> None:
    after = AWAITED.less(cny(over))
    assert (after.amount, after.stands) == (cny(left), stands)


def test_what_ended_is_kept_and_stands_no_more() -> None:
    assert AWAITED.ended() == replace(AWAITED, stands=False)


def test_it_is_known_as_it_was_told_of_last_here_or_before_the_merger() -> None:
    told = HeardLedger(ONE, elsewhere={ONE: AWAITED})
    assert told.matter(ONE) is AWAITED and told.matter(TWO) is None
    assert told.minding(AWAITED.ended()).matter(ONE) == AWAITED.ended()


@pytest.mark.parametrize("matters", [
    (), (AWAITED.ended(),), (replace(AWAITED, amount=None),), (replace(AWAITED, kind=MatterKind.CASE),)],
    ids=["none", "ended", "of no amount", "another kind"])
def test_nothing_keeps_a_customer_from_being_closed(matters: tuple[HeardMatter, ...]) -> None:
    must_await_no_payment(matters)


def test_a_payment_that_is_still_to_be_confirmed_does() -> None:
    with pytest.raises(Conflict, match="customer_has_pending_payment"):
        must_await_no_payment([AWAITED.ended(), AWAITED])
