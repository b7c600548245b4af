"""What payments teach: by hand in a table, and exact in any order and back as properties."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.conduct import Conduct, Mark, MarkKind
from credit_svc.domain.willingness import (
    EARLIEST,
    LATEST,
    LearntPayment,
    PaymentRecord,
    shrunk_share_bps,
    weight_of,
)
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

DUE = date(2026, 1, 31)


def paid(days: int, amount: int = 100_00, due_on: date = DUE) -> LearntPayment:
    return LearntPayment.of(
        new_id(), None, Money(amount, "CNY"), due_on=due_on, paid_on=due_on + timedelta(days=days))


def test_a_payment_counts_half_after_240_days() -> None:
    assert [weight_of(date(2000, 1, 1)), weight_of(date(2000, 8, 28)), weight_of(date(1999, 5, 6))] == [
        2**32, 2**33, 2**31]
    record = PaymentRecord().learning(paid(0))
    assert record.cases(DUE) == 1
    assert record.cases(DUE + timedelta(days=240)) == Decimal("0.5")


@pytest.mark.parametrize(("payments", "days_late", "mean", "spread"), [
    ([], None, None, None),
    ([(10, 100)], 10, 10, None),
    ([(10, 300), (10, 100)], 10, 10, 0),
    ([(-5, 100), (-5, 100)], -5, -5, 0),
    ([(400, 100), (400, 100)], LATEST, LATEST, 0),
    ([(-400, 100), (-400, 100)], EARLIEST, EARLIEST, 0),
])
def test_what_payments_say(
    payments: list[tuple[int, int]], days_late: int | None, mean: int | None, spread: int | None,
) -> None:
    record = PaymentRecord()
    for days, amount in payments:
        record = record.learning(paid(days, amount))
    assert [record.days_late, record.mean_days, record.spread] == [days_late, mean, spread]


def test_larger_and_later_payments_say_more() -> None:
    day = date(2026, 3, 1)
    small, large = (
        LearntPayment.of(new_id(), None, Money(minor, "CNY"), due_on=day - timedelta(days=late), paid_on=day)
        for minor, late in ((100, 0), (300, 20)))
    both = PaymentRecord().learning(small).learning(large)
    assert [both.days_late, both.mean_days, both.spread] == [15, 10, 10]
    assert Decimal(both.late) / both.weight == Decimal(both.much_late) / both.weight == Decimal("0.5")
    old = paid(20, due_on=date(2025, 1, 1))
    assert (PaymentRecord().learning(old).learning(paid(0)).days_late or 0) < 10


@pytest.mark.parametrize(("part", "cases", "bps"), [
    ("0", "0", 1000), ("0", "5", 500), ("5", "5", 5500), ("1", "1", 2500)])
def test_few_cases_lean_on_the_segment(part: str, cases: str, bps: int) -> None:
    assert shrunk_share_bps(Decimal(part), Decimal(cases), prior_bps=1000, prior_cases=5) == bps


PAYMENTS = st.lists(
    st.builds(
        lambda day, late, minor: LearntPayment.of(
            new_id(), None, Money(minor, "CNY"), due_on=date(2020, 1, 1) + timedelta(days=day),
            paid_on=date(2020, 1, 1) + timedelta(days=day + late)),
        st.integers(0, 3000), st.integers(-90, 400), st.integers(1, 10**12)),
    min_size=1, max_size=8)


@settings(max_examples=60)
@given(PAYMENTS, st.randoms(use_true_random=False))
def test_learning_is_exact_in_any_order_and_back(payments: list[LearntPayment], random: object) -> None:
    record, shuffled = PaymentRecord(), list(payments)
    for one in payments:
        record = record.learning(one)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = PaymentRecord()
    for one in shuffled:
        again = again.learning(one)
    assert again == record
    for one in payments:
        again = again.unlearning(one)
    assert again == PaymentRecord()


@settings(max_examples=40)
@given(PAYMENTS)
def test_an_allocation_teaches_once_and_its_reversal_leaves_nothing(payments: list[LearntPayment]) -> None:
    conduct = Conduct()
    for one in [*payments, *payments]:
        conduct = conduct.paid(one)
    assert conduct.records[None, "CNY"].payments == len(payments) == len(conduct.learnt)
    for one in [*payments, *payments]:
        conduct = conduct.undone(one)
    assert conduct.records == {(None, "CNY"): PaymentRecord()} and not conduct.learnt
    assert set(conduct.unlearnt) == {one.allocation_id for one in payments}


def test_a_payment_whose_undoing_was_heard_before_it_teaches_nothing() -> None:
    one = paid(3)
    before = Conduct().undone(one)
    assert (set(before.unlearnt), before.records, before.has_changed) == ({one.allocation_id}, {}, True)
    assert before.undone(one) is before
    after = before.paid(one)
    assert after.records == {(None, "CNY"): PaymentRecord()} == Conduct().paid(one).undone(one).records
    assert not after.learnt and set(after.unlearnt) == {one.allocation_id}


def test_what_was_learnt_under_another_is_unlearnt_there() -> None:
    own, other = paid(3), replace(paid(9), under=new_id())
    records = {(None, "CNY"): PaymentRecord().learning(own), (other.under, "CNY"): PaymentRecord().learning(other)}
    after = Conduct(records, {other.allocation_id: other}).undone(replace(other, under=None))
    assert after.records == {(None, "CNY"): PaymentRecord().learning(own), (other.under, "CNY"): PaymentRecord()}


def test_what_makes_a_look_worth_while() -> None:
    assert not Conduct().paid(paid(15)).worsens and Conduct().paid(paid(16)).worsens
    undone = paid(16)
    assert not Conduct().paid(undone).undone(undone).worsens
    assert [Conduct(known={one.allocation_id: one}).undone(one).clears for one in (paid(15), paid(16))] == [False, True]
    worse = {kind: Conduct().marked(Mark(kind, new_id(), DUE)).worsens for kind in MarkKind}
    assert worse == {
        MarkKind.RETURNED_PAYMENT: True, MarkKind.DISPUTE_LOST: True, MarkKind.DISPUTE_OPENED: False}


def test_two_currencies_are_counted_together() -> None:
    one, other = PaymentRecord().learning(paid(0)), PaymentRecord().learning(paid(20))
    assert one.with_other(other).payments == 2
