"""Fees for reminders: how much a code costs in which currency, and for which debt one is charged."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.reminder_fee import FIRST_FEE_POLICY, fee_policy_of, reminded_debt
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
OWED = Money(100, "CNY")
DEBT = Item(UUID(int=1), UUID(int=2), "INV-1", UUID(int=7), OWED, OWED, OWED - OWED, DAY, DAY, DAY, 1)


def test_a_code_costs_what_the_policy_says_in_the_currency_of_the_debt() -> None:
    policy = fee_policy_of([("R-1", Money(500, "CNY")), ("R-1", Money(80, "USD")), ("R-2", Money(900, "CNY"))])
    assert policy.fee("R-1", "CNY") == Money(500, "CNY")
    assert policy.fee("R-1", "USD") == Money(80, "USD")
    assert policy.fee("R-2", "USD") is None
    assert FIRST_FEE_POLICY.fee("R-1", "CNY") is None


@pytest.mark.parametrize(
    ("fees", "code"),
    [([("R-1", 500), ("R-1", 600)], "bad_fee_policy"), ([("R-1", 0)], "amount_not_positive"),
     ([("R-1", -1)], "amount_not_positive")])
def test_a_policy_that_is_refused(fees: list[tuple[str, int]], code: str) -> None:
    with pytest.raises(DomainError, match=code):
        fee_policy_of([(name, Money(minor, "CNY")) for name, minor in fees])


@pytest.mark.parametrize(
    ("kinds", "place"),
    [
        ([], None),
        ([ItemKind.FEE], None),
        ([ItemKind.FEE, ItemKind.INTEREST], None),
        ([ItemKind.INVOICE, ItemKind.INVOICE], 0),
        ([ItemKind.FEE, ItemKind.INTEREST, ItemKind.INVOICE], 2),
        ([ItemKind.FEE, ItemKind.RECLAIM], 1),
    ],
)
def test_it_is_for_a_debt_and_never_for_fees_and_interest_alone(kinds: list[ItemKind], place: int | None) -> None:
    reminded = [replace(DEBT, id=UUID(int=10 + n), kind=kind) for n, kind in enumerate(kinds)]
    assert reminded_debt(reminded) == (None if place is None else reminded[place])
