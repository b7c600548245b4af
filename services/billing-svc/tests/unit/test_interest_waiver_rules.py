"""Letting interest go: what, how much, and by whom."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from billing_svc.domain.interest_waiver import (
    WAIVER_LIFECYCLE,
    InterestWaiverReason,
    InterestWaiverState,
    WaiverProposal,
    signed,
    waivable,
)
from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 6)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(opened: int, disputed: int = 0, kind: ItemKind = ItemKind.INTEREST) -> Item:
    return Item(UUID(int=3), UUID(int=2), "INT-1", UUID(int=7), cny(max(opened, 1)), cny(opened), cny(disputed),
                DAY, DAY, DAY, 1, kind=kind)


@pytest.mark.parametrize(
    ("owed", "amount", "expected"),
    [
        (item(0), cny(30), 30),
        (item(0), cny(31), "more_than_undisputed"),
        (item(10, 4), cny(36), 36),
        (item(100), None, 100),
        (item(100, 40), None, 60),
        (item(100), cny(1), 1),
        (item(100, 40), cny(91), "more_than_undisputed"),
        (item(100, 100), None, "amount_not_positive"),
        (item(0), None, "nothing_open"),
        (item(100, kind=ItemKind.INVOICE), None, "not_interest"),
        (item(100, kind=ItemKind.FEE), None, "not_interest"),
        (item(100), Money(1, "USD"), "currency_mismatch"),
    ],
)
def test_only_interest_is_let_go_what_is_open_and_by_name_what_was_paid(
    owed: Item, amount: Money | None, expected: int | str,
) -> None:
    try:
        found: int | str = waivable(owed, amount, cny(30)).minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


def test_another_person_signs_once() -> None:
    one = WaiverProposal(UUID(int=5), UUID(int=3), UUID(int=7), cny(1), InterestWaiverReason.GOODWILL,
                         InterestWaiverState.PROPOSED, "clerk")
    assert signed(one, "controller") is InterestWaiverState.APPROVED
    refused = replace(one, state=InterestWaiverState.REFUSED)
    for waiver, checker, code in (
            (one, "clerk", "second_person_needed"), (refused, "controller", "illegal_transition")):
        with pytest.raises(DomainError, match=code):
            signed(waiver, checker)
    assert sum(allowed for _, _, allowed in WAIVER_LIFECYCLE.all_pairs()) == 2
