"""Allocation: what the payer chose, else the oldest debt; never more than is owed, never more than was received."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import (
    AllocationRule,
    Choice,
    Part,
    allocate,
    allocate_contested_first,
    allocate_explicitly,
    allocate_oldest_first,
)
from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money, sum_money

FIRST = date(2026, 1, 1)
CUSTOMER = UUID(int=7)


def item(number: int, opened: int, *, due: int = 0, currency: str = "CNY") -> Item:
    money = Money(opened, currency)
    amount = Money(max(opened, 1), currency)
    return Item(
        UUID(int=number),
        UUID(int=100 + number),
        f"INV-{number:06d}",
        CUSTOMER,
        amount,
        money,
        Money.zero(currency),
        FIRST,
        FIRST,
        FIRST + timedelta(days=due),
        1,
    )


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


ITEMS = {one.id: one for one in (item(1, 100, due=30), item(2, 50, due=10), item(3, 0), item(4, 80, currency="USD"))}


@pytest.mark.parametrize(
    ("received", "opened", "shares", "rest"),
    [
        (150, [(1, 100, 30), (2, 50, 10)], [(2, 50), (1, 100)], 0),
        (60, [(1, 100, 30), (2, 50, 10)], [(2, 50), (1, 10)], 0),
        (200, [(1, 100, 30), (2, 50, 10)], [(2, 50), (1, 100)], 50),
        (60, [(2, 40, 10), (1, 40, 10)], [(1, 40), (2, 20)], 0),
        (60, [], [], 60),
    ],
)
def test_the_oldest_due_goes_first_then_the_lower_id(
    received: int,
    opened: list[tuple[int, int, int]],
    shares: list[tuple[int, int]],
    rest: int,
) -> None:
    found = allocate_oldest_first(cny(received), [item(n, owed, due=due) for n, owed, due in opened])
    assert [(share.item_id.int, share.amount.minor) for share in found.shares] == shares
    assert found.rest == cny(rest)


def test_only_items_in_the_currency_of_the_payment_are_paid() -> None:
    assert allocate_oldest_first(cny(500), ITEMS.values()).rest == cny(350)


@pytest.mark.parametrize(
    ("received", "parts", "code"),
    [
        (100, [(9, 1)], "item_not_found"),
        (100, [(1, 10), (1, 10)], "item_named_twice"),
        (100, [(4, 10)], "currency_mismatch"),
        (100, [(4, None)], "currency_mismatch"),
        (100, [(3, 1)], "more_than_open"),
        (100, [(3, None)], "more_than_open"),
        (100, [(1, 0)], "amount_not_positive"),
        (100, [(1, -5)], "amount_not_positive"),
        (100, [(2, 51)], "more_than_open"),
        (100, [(1, 90), (2, 11)], "more_than_unapplied"),
        (100, [(1, 100), (2, None)], "amount_not_positive"),
    ],
)
def test_explicit_parts_that_are_refused(received: int, parts: list[tuple[int, int | None]], code: str) -> None:
    named = [Part(UUID(int=n), None if minor is None else cny(minor)) for n, minor in parts]
    with pytest.raises(DomainError) as refused:
        allocate_explicitly(cny(received), named, ITEMS)
    assert refused.value.code == code


def test_explicit_parts_are_taken_as_named_and_the_rest_stays() -> None:
    found = allocate_explicitly(cny(120), [Part(UUID(int=2)), Part(UUID(int=1), cny(60))], ITEMS)
    assert [share.amount for share in found.shares] == [cny(50), cny(60)]
    assert found.rest == cny(10)


@pytest.mark.parametrize(
    ("rule", "parts", "code"),
    [
        (AllocationRule.ITEMS, (), "items_missing"),
        (AllocationRule.OLDEST_FIRST, (Part(UUID(int=1)),), "items_not_meant"),
        (AllocationRule.NONE, (Part(UUID(int=1)),), "items_not_meant"),
    ],
)
def test_a_choice_names_items_exactly_where_it_chooses_items(
    rule: AllocationRule,
    parts: tuple[Part, ...],
    code: str,
) -> None:
    with pytest.raises(DomainError) as refused:
        allocate(cny(1), Choice(rule, parts), ITEMS)
    assert refused.value.code == code


def test_nothing_is_allocated_where_nothing_was_chosen() -> None:
    found = allocate(cny(70), Choice(AllocationRule.NONE), ITEMS)
    assert (found.shares, found.rest) == ((), cny(70))


@given(
    received=st.integers(1, 10**6), owed=st.lists(st.tuples(st.integers(1, 10**5), st.integers(-90, 90)), max_size=12)
)
def test_no_cent_is_lost_and_nothing_is_overpaid(received: int, owed: list[tuple[int, int]]) -> None:
    items = {UUID(int=n): item(n, opened, due=due) for n, (opened, due) in enumerate(owed, 1)}
    found = allocate_oldest_first(cny(received), items.values())
    assert sum_money("CNY", (share.amount for share in found.shares)) + found.rest == cny(received)
    assert all(cny(0) < share.amount <= items[share.item_id].open for share in found.shares)
    assert found.rest.is_zero or len(found.shares) == len(items)
    paid = [items[share.item_id] for share in found.shares]
    unpaid = [one for one in items.values() if one not in paid]
    assert all((one.due_on, one.id) < (other.due_on, other.id) for one in paid for other in unpaid)
    assert sum(share.amount != items[share.item_id].open for share in found.shares) <= 1


def test_within_a_debt_fees_go_first_then_interest_then_the_debt() -> None:
    """Though interest and fee are due later than the debt they stand on, and another debt lies between."""
    debt, other = item(1, 100, due=0), item(2, 100, due=10)
    interest = replace(item(3, 20, due=40), kind=ItemKind.INTEREST, claim_item_id=debt.id)
    fee = replace(item(4, 30, due=50), kind=ItemKind.FEE, claim_item_id=debt.id)
    alone = replace(item(5, 7, due=5), kind=ItemKind.FEE, claim_item_id=UUID(int=99))
    paid = allocate_oldest_first(cny(1000), [other, debt, alone, interest, fee])
    assert [share.item_id.int for share in paid.shares] == [4, 3, 1, 5, 2]


def test_a_credit_note_pays_what_was_contested_before_anything_else() -> None:
    owed = [item(1, 100, due=10), replace(item(2, 50, due=30), disputed=cny(50))]
    for contested, expected in ((owed[1].id, [(2, 50), (1, 70)]), (None, [(1, 100), (2, 20)])):
        made = allocate_contested_first(cny(120), owed, contested)
        assert [(share.item_id.int, share.amount.minor) for share in made.shares] == expected
        assert made.rest.is_zero
