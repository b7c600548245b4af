"""The second person: which payments need one, and that it is never the one who recorded it."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.payment import RecordPayment
from billing_svc.domain.payment_policy import (
    FIRST_POLICY,
    PaymentPolicy,
    SecondPerson,
    another_person,
    second_person_for,
)
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

ABOVE, NEW = SecondPerson.ABOVE_THRESHOLD, SecondPerson.NEW_PAYER
THRESHOLD = {"CNY": Money(100_000, "CNY")}


def command(minor: int, currency: str = "CNY", payer: str | None = "Heron") -> RecordPayment:
    return RecordPayment(UUID(int=1), UUID(int=7), Money(minor, currency), date(2026, 1, 5), "bank_transfer",
                         Choice(AllocationRule.NONE), payer=payer)


@pytest.mark.parametrize(
    ("payment", "policy", "expected"),
    [
        (command(10**9, payer=None), FIRST_POLICY, None),
        (command(100_000), PaymentPolicy(1, 30, THRESHOLD), None),
        (command(100_001), PaymentPolicy(1, 30, THRESHOLD), ABOVE),
        (command(1, "USD"), PaymentPolicy(1, 30, THRESHOLD), ABOVE),
        (command(1), PaymentPolicy(1, 30, {"CNY": Money(0, "CNY")}), ABOVE),
        (command(1), PaymentPolicy(1, 30, {}, second_person_for_new_payer=True), None),
        (command(1, payer="Stork"), PaymentPolicy(1, 30, {}, second_person_for_new_payer=True), NEW),
        (command(1, payer=None), PaymentPolicy(1, 30, {}, second_person_for_new_payer=True), NEW),
        (command(100_001, payer="Stork"), PaymentPolicy(1, 30, THRESHOLD, second_person_for_new_payer=True), ABOVE),
    ],
)
def test_who_needs_a_second_person(
    payment: RecordPayment, policy: PaymentPolicy, expected: SecondPerson | None,
) -> None:
    assert second_person_for(payment, policy, {"Heron"}) is expected


def test_a_threshold_below_zero_is_refused() -> None:
    with pytest.raises(DomainError, match="bad_payment_policy"):
        PaymentPolicy(1, 30, {"CNY": Money(-1, "CNY")})


@given(minor=st.integers(1, 10**9), more=st.integers(0, 10**9), threshold=st.integers(0, 10**9))
def test_more_money_never_needs_fewer_people(minor: int, more: int, threshold: int) -> None:
    policy = PaymentPolicy(1, 30, {"CNY": Money(threshold, "CNY")})
    small, large = (second_person_for(command(one), policy, ()) for one in (minor, minor + more))
    assert small is None or large is not None
    assert (small is None) == (minor <= threshold)


@given(reason=st.none() | st.sampled_from(SecondPerson), maker=st.text(max_size=3), checker=st.text(max_size=3))
def test_the_maker_is_never_the_checker_of_what_needs_one(
    reason: SecondPerson | None, maker: str, checker: str,
) -> None:
    if reason is not None and maker == checker:
        with pytest.raises(DomainError, match="second_person_needed"):
            another_person(reason, maker=maker, checker=checker)
    else:
        assert another_person(reason, maker=maker, checker=checker) == checker
