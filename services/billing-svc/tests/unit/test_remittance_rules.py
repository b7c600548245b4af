"""Remittance: what references name is paid in their order, what names nothing is said, and no cent is lost."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.allocation import AllocationRule, Choice, Part, allocate, allocate_in_order
from billing_svc.domain.item import Item
from billing_svc.domain.remittance import meant, references_in, resolved
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
BY_REFERENCE = Choice(AllocationRule.REMITTANCE)


def item(n: int, minor: int, currency: str = "CNY", disputed: int = 0) -> Item:
    amount = Money(minor, currency)
    return Item(UUID(int=n), UUID(int=100), f"INV-{n:06d}", UUID(int=7), amount, amount, Money(disputed, currency), DAY,
                DAY, DAY, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("", ()),
        ("INV-000001", ("INV-000001",)),
        ("pays inv-000002, INV-000001 and INV-000002", ("INV-000002", "INV-000001")),
        ("OLD-7", ("OLD-7",)),
        (" thank you ", ("thank you",)),
        ("FEE-0000012", ("FEE-0000012",)),
    ],
)
def test_what_a_reference_may_name(text: str | None, found: tuple[str, ...]) -> None:
    assert references_in(text) == found


def test_a_list_counts_before_the_reference_and_each_once() -> None:
    listed = Choice(AllocationRule.REMITTANCE, references=("B", "A", "B"))
    assert meant(listed, "INV-000001").references == ("B", "A")
    assert meant(BY_REFERENCE, "INV-000001").references == ("INV-000001",)
    oldest = Choice(AllocationRule.OLDEST_FIRST)
    assert meant(oldest, "INV-000001") is oldest


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (BY_REFERENCE, "remittance_missing"),
        (Choice(AllocationRule.OLDEST_FIRST, references=("A",)), "remittance_not_meant"),
    ],
)
def test_what_is_refused(choice: Choice, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        meant(choice, None)


def test_items_come_in_the_order_of_the_references_and_the_rest_is_said() -> None:
    choice = resolved(Choice(AllocationRule.REMITTANCE, references=("B", "X", "A", "Y")),
                      {"A": [UUID(int=1)], "B": [UUID(int=2), UUID(int=1)], "Y": []})
    assert choice.parts == (Part(UUID(int=2)), Part(UUID(int=1)))
    assert choice.unmatched == ("X", "Y")
    plain = Choice(AllocationRule.NONE)
    assert resolved(plain, {}) is plain


def test_another_currency_is_passed_over_and_what_is_disputed_is_paid() -> None:
    items = [item(1, 50, "EUR"), item(2, 40, disputed=40), item(3, 30)]
    made = allocate_in_order(Money(60, "CNY"), items)
    assert [(share.item_id.int, share.amount.minor) for share in made.shares] == [(2, 40), (3, 20)]
    choice = Choice(AllocationRule.REMITTANCE, (Part(UUID(int=3)), Part(UUID(int=2))), ("A", "B"))
    by_id = {one.id: one for one in items}
    assert [share.item_id.int for share in allocate(Money(60, "CNY"), choice, by_id).shares] == [3, 2]


@settings(max_examples=50)
@given(owed=st.lists(st.integers(1, 50), max_size=6), received=st.integers(1, 200))
def test_no_cent_is_lost_in_order(owed: list[int], received: int) -> None:
    made = allocate_in_order(Money(received, "CNY"), [item(n, minor) for n, minor in enumerate(owed, 1)])
    assert sum(share.amount.minor for share in made.shares) + made.rest.minor == received
    assert made.rest.minor == max(0, received - sum(owed))
    assert all(share.amount.minor <= owed[share.item_id.int - 1] for share in made.shares)
