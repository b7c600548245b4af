"""What stands open about a customer: ended, less by what is over, joined from what the streams of merged customers
told of it, and what keeps a customer from being closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_svc.consumers.billing import billing
from customer_svc.domain.heard_ledger import HeardLedger
from customer_svc.domain.heard_matter import HeardMatter, MatterKind, joined, must_await_no_payment
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAdvanced,
    ArrangementAgreed,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementReinstated,
    ArrangementRevised,
)
from dunlin_events.contracts.billing_write_offs import DebtRecovered, DebtWrittenOff, RecoveryReversed, WriteOffReversed
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


AGREED = HeardMatter(MatterKind.ARRANGEMENT, TWO, date(2026, 3, 1), "active", cny(90), date(2026, 4, 1))
LATER = HeardMatter(MatterKind.ARRANGEMENT, TWO, date(2026, 5, 1), "defaulted")
LOST = HeardMatter(MatterKind.WRITE_OFF, TWO, date(2026, 3, 1), "INV-1", cny(100), more="insolvency")
CASE = HeardMatter(MatterKind.CASE, TWO, date(2026, 3, 1), "collecting")


@pytest.mark.parametrize(("told", "is_it"), [
    ([AGREED], AGREED),
    ([LATER, AGREED], replace(AGREED, said="defaulted")),
    ([replace(LATER, until=date(2026, 6, 1)), AGREED], replace(AGREED, said="defaulted", until=date(2026, 6, 1))),
    ([replace(LATER, amount=cny(40)), AGREED], replace(AGREED, said="defaulted", amount=cny(40))),
    ([LATER.ended(), AGREED], replace(AGREED, said="defaulted", stands=False)),
    ([LATER], LATER.ended()),
    ([AWAITED.ended(), AWAITED], AWAITED.ended()),
    ([CASE], CASE),
    ([replace(LOST, more=None).less(cny(130)), LOST], replace(LOST, amount=cny(70))),
    ([replace(LOST, more=None).less(cny(200)), LOST], replace(LOST, amount=cny(0), stands=False)),
], ids=["one stream", "its last state", "its last day", "its last amount", "over", "not begun", "confirmed elsewhere",
        "of no amount", "recovered in part", "recovered"])
def test_one_matter_of_several_streams(told: list[HeardMatter], is_it: HeardMatter) -> None:
    assert joined(told) == is_it


WENT_ON: tuple[type[Event], ...] = (
    ArrangementAdvanced, ArrangementDefaulted, ArrangementReinstated, ArrangementRevised, ArrangementCompleted)
MOVED: tuple[type[Event], ...] = (DebtRecovered, RecoveryReversed, WriteOffReversed, DebtWrittenOff)


def heard(facts: Sequence[Event]) -> HeardLedger:
    """What one stream that says this leaves."""
    ledger = HeardLedger(ONE)
    for fact in facts:
        ledger = billing.folds[fact.wire_type()](fact, ledger)
    return ledger


@settings(max_examples=60)
@given(
    story=st.sampled_from([(ArrangementAgreed, WENT_ON), (DebtWrittenOff, MOVED)]).flatmap(
        lambda one: st.lists(st.sampled_from(one[1]), max_size=6).map(lambda went_on: [one[0], *went_on])),
    cuts=st.tuples(st.integers(1, 7), st.integers(1, 7)).map(sorted))
def test_it_is_the_same_wherever_mergers_part_the_story(story: list[type[Event]], cuts: list[int]) -> None:
    facts = [fact.model_validate(fact.examples[0]) for fact in story]
    (whole,) = heard(facts).matters.values()
    parts = [heard(part).matters.values() for part in (facts[cuts[1]:], facts[cuts[0]:cuts[1]], facts[:cuts[0]])]
    assert joined([one for part in parts for one in part]) == whole


@pytest.mark.parametrize("matters", [
    (), (AWAITED.ended(),), (replace(AWAITED, amount=None),), (replace(AWAITED, kind=MatterKind.CASE),)],
    ids=["none", "ended", "of no amount", "another kind"])
def test_nothing_keeps_a_customer_from_being_closed(matters: tuple[HeardMatter, ...]) -> None:
    must_await_no_payment(matters)


def test_a_payment_that_is_still_to_be_confirmed_does() -> None:
    with pytest.raises(Conflict, match="customer_has_pending_payment"):
        must_await_no_payment([AWAITED.ended(), AWAITED])
