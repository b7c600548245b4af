"""Early-payment discount: of which amount, how much of it is tax, who earns it, and that no cent is lost."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.allocation import Allocation, AllocationRule, Choice, Part, fact_of_allocation
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.discount import (
    FIRST_DISCOUNT_POLICY,
    DiscountBase,
    DiscountOffer,
    DiscountPolicy,
    DiscountTerms,
    DiscountVat,
    offer_of,
)
from billing_svc.domain.discounting import allocate_discounted
from billing_svc.domain.item import Item
from billing_svc.domain.reversal import AllocationReversal, fact_of_allocation_reversal
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
CUSTOMER = UUID(int=7)
OLDEST = Choice(AllocationRule.OLDEST_FIRST)
TWO_IN_TEN = DiscountOffer(200, DAY + timedelta(days=10), DiscountBase.GROSS, DiscountVat.ADJUST, 100_000, 13_000)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(n: int, minor: int, offer: DiscountOffer | None = TWO_IN_TEN, disputed: int = 0) -> Item:
    return Item(UUID(int=n), UUID(int=100 + n), f"INV-{n}", CUSTOMER, cny(minor), cny(minor), cny(disputed), DAY, DAY,
                DAY + timedelta(days=30 + n), 1, offer=offer)


def credit(minor: int, day: int = 10, kind: CreditKind = CreditKind.PAYMENT) -> Credit:
    on = DAY + timedelta(days=day)
    return Credit(UUID(int=1), CUSTOMER, cny(minor), cny(minor), on, on, on, 1, kind)


def made(credit: Credit, choice: Choice, *items: Item) -> list[tuple[int, int, int]]:
    """Item, amount, discount of each share."""
    shares = allocate_discounted(credit, choice, {one.id: one for one in items}).shares
    return [(one.item_id.int, one.amount.minor, (one.relieved - one.amount).minor) for one in shares]


def named(n: int, minor: int | None) -> Choice:
    return Choice(AllocationRule.ITEMS, (Part(UUID(int=n), None if minor is None else cny(minor)),))


@pytest.mark.parametrize(
    ("base", "vat", "net", "tax"),
    [
        (DiscountBase.GROSS, DiscountVat.ADJUST, 2000, 260),
        (DiscountBase.GROSS, DiscountVat.NONE, 2260, 0),
        (DiscountBase.NET, DiscountVat.ADJUST, 2000, 260),
        (DiscountBase.NET, DiscountVat.NONE, 2000, 0),
    ],
)
def test_of_which_amount_and_how_much_of_it_is_tax(base: DiscountBase, vat: DiscountVat, net: int, tax: int) -> None:
    offer = offer_of(DiscountTerms(200, 10), DiscountPolicy(1, base, vat), DAY, cny(100_000), cny(13_000))
    assert offer is not None
    given_ = offer.on(cny(113_000))
    assert (given_.net.minor, given_.tax.minor, offer.until) == (net, tax, DAY + timedelta(days=10))
    assert offer_of(None, FIRST_DISCOUNT_POLICY, DAY, cny(1), cny(0)) is None


@pytest.mark.parametrize(
    ("pays", "choice", "expected"),
    [
        (credit(110_740), OLDEST, [(1, 110_740, 2260)]),
        (credit(113_000), OLDEST, [(1, 110_740, 2260)]),
        (credit(110_739), OLDEST, [(1, 110_739, 0)]),
        (credit(110_740, day=11), OLDEST, [(1, 110_740, 0)]),
        (credit(110_740, kind=CreditKind.CREDIT_NOTE), OLDEST, [(1, 110_740, 0)]),
        (credit(113_000), named(1, 113_000), [(1, 113_000, 0)]),
        (credit(113_000), named(1, 110_740), [(1, 110_740, 2260)]),
        (credit(113_000), named(1, 110_741), [(1, 110_741, 0)]),
        (credit(113_000), named(1, 50_000), [(1, 50_000, 0)]),
        (credit(113_000), named(1, None), [(1, 110_740, 2260)]),
        (credit(113_000), Choice(AllocationRule.NONE), []),
    ],
)
def test_who_earns_it(pays: Credit, choice: Choice, expected: list[tuple[int, int, int]]) -> None:
    assert made(pays, choice, item(1, 113_000)) == expected


def test_what_is_disputed_or_offers_nothing_is_paid_as_it_is_and_what_is_let_off_pays_the_next() -> None:
    items = item(1, 113_000), item(2, 10_000, offer=None), item(3, 10_000, disputed=1)
    assert made(credit(150_000), OLDEST, *items) == [(1, 110_740, 2260), (2, 10_000, 0), (3, 9_999, 0)]


@pytest.mark.parametrize("minor", [1, 24])
def test_a_discount_too_small_for_a_cent_or_as_large_as_the_rest_is_none(minor: int) -> None:
    assert item(1, minor).discount_on(DAY) is None
    assert item(1, 1, replace(TWO_IN_TEN, discount_bps=9_999)).discount_on(DAY) is None


@settings(max_examples=60)
@given(owed=st.lists(st.integers(1, 10**6), min_size=1, max_size=4), left=st.integers(1, 3 * 10**6),
       bps=st.integers(1, 9_999), base=st.sampled_from(DiscountBase), vat=st.sampled_from(DiscountVat),
       tax=st.integers(0, 25_000))
def test_no_cent_is_lost_and_undoing_takes_the_discount_back(
    owed: list[int], left: int, bps: int, base: DiscountBase, vat: DiscountVat, tax: int,
) -> None:
    offer = DiscountOffer(bps, DAY, base, vat, 100_000, tax)
    items = {UUID(int=n): item(n, minor, offer) for n, minor in enumerate(owed, 1)}
    allocated = allocate_discounted(credit(left, day=0), OLDEST, items)
    assert sum(one.amount.minor for one in allocated.shares) + allocated.rest.minor == left
    for share in allocated.shares:
        assert share.relieved <= items[share.item_id].open
        if share.discount:
            assert share.relieved == items[share.item_id].open
        one = Allocation(UUID(int=50), CUSTOMER, UUID(int=1), share.item_id, share.amount, DAY, DAY, share.discount)
        there = fact_of_allocation(one)
        back = fact_of_allocation_reversal(AllocationReversal(UUID(int=51), one, DAY, DAY))
        assert [-entry.amount.minor for entry in back.entries] == [entry.amount.minor for entry in there.entries]
        assert -there.entries[0].amount.minor == share.relieved.minor
