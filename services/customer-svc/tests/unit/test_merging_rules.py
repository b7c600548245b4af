"""When an entry may be closed, how two become one, and what the one that goes on takes over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from customer_svc.domain.customer import Customer, CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.heard_credit import HeardCredit
from customer_svc.domain.heard_ledger import HeardAccount
from customer_svc.domain.merging import merged, must_be_even, must_have_no_orders
from customer_svc.domain.terms import Instalment, TermsOfTrade
from dunlin_kernel.errors import Conflict, DomainError
from dunlin_kernel.ids import CustomerId, GroupId, StaffId, new_id
from dunlin_kernel.money import Money

G, H = GroupId(new_id()), GroupId(new_id())
LI, MA = StaffId(new_id()), StaffId(new_id())


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def entry(group: GroupId | None = None, owner: StaffId | None = None, *, kind: CustomerKind = CustomerKind.ORGANIZATION,
          status: CustomerStatus = CustomerStatus.ACTIVE) -> Customer:
    return Customer(CustomerId(new_id()), "C-000001", status, Particulars(kind, "Heron", TermsOfTrade(30)), 1,
                    datetime(2026, 1, 5, tzinfo=UTC), group, owner)


TAKEN_OVER = [
    # source: group and owner; the other's; what it has after, and whether that is a change
    ((None, None), (None, None), (None, None), False), ((G, LI), (None, None), (G, LI), True),
    ((G, LI), (H, MA), (H, MA), False), ((G, None), (None, MA), (G, MA), True), ((None, LI), (H, None), (H, LI), True),
]


@pytest.mark.parametrize(("first", "second", "after", "changed"), TAKEN_OVER)
def test_the_one_that_goes_on_keeps_what_it_has_and_takes_what_it_lacks(
    first: tuple[GroupId | None, StaffId | None], second: tuple[GroupId | None, StaffId | None],
    after: tuple[GroupId | None, StaffId | None], changed: bool,
) -> None:
    source, into = entry(*first), entry(*second)
    left, goes_on = merged(source, into)
    assert (goes_on.group_id, goes_on.owner_id, goes_on.version) == (*after, 2 if changed else 1)
    assert (goes_on is into) is not changed
    assert left == replace(source, status=CustomerStatus.CLOSED, merged_into=into.id, group_id=None, owner_id=after[1],
                           version=2)


@pytest.mark.parametrize(("source", "into", "code"), [
    (entry(), entry(kind=CustomerKind.PERSON), "merge_of_kinds"),
    (entry(status=CustomerStatus.CLOSED), entry(), "customer_closed"),
    (entry(), entry(status=CustomerStatus.CLOSED), "merge_into_closed")])
def test_mergers_that_are_none(source: Customer, into: Customer, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        merged(source, into)


def test_nobody_is_merged_with_itself() -> None:
    one = entry()
    with pytest.raises(DomainError, match="merge_with_itself"):
        merged(one, one)


@pytest.mark.parametrize(("opened", "unapplied", "delivered", "code"), [
    (1, 0, 0, "customer_owes"), (0, 1, 0, "customer_has_credit"), (0, 0, 1, "customer_has_deliveries"),
    (0, 0, 0, None)])
def test_only_an_even_account_is_closed(opened: int, unapplied: int, delivered: int, code: str | None) -> None:
    accounts = [HeardAccount(cny(0), cny(0), cny(0)),
                HeardAccount(cny(opened), cny(0), cny(unapplied), delivered=delivered)]
    if code is None:
        return must_be_even(accounts)
    with pytest.raises(Conflict, match=code):
        must_be_even(accounts)
    return None


@pytest.mark.parametrize(("reserved", "refused"), [(0, False), (1, True)])
def test_nobody_with_an_order_is_closed(reserved: int, refused: bool) -> None:
    known = [HeardCredit(cny(0)), HeardCredit(cny(reserved))]
    if not refused:
        return must_have_no_orders(known)
    with pytest.raises(Conflict, match="customer_has_orders"):
        must_have_no_orders(known)
    return None


def test_an_open_entry_changes_its_terms_group_and_owner_and_a_closed_one_nothing() -> None:
    one, terms = entry(), TermsOfTrade(60)
    assert [one.under(terms).particulars.terms, one.member_of(G).group_id, one.owned_by(LI).owner_id] == [terms, G, LI]
    assert one.under(TermsOfTrade(30)) is one.member_of(None) is one.owned_by(None) is one
    closed = entry(status=CustomerStatus.CLOSED)
    changes: tuple[Callable[[], Customer], ...] = (
        lambda: closed.under(terms), lambda: closed.member_of(G), lambda: closed.owned_by(LI),
        lambda: closed.taking_in(one))
    for change in changes:
        with pytest.raises(Conflict, match="customer_closed"):
            change()


@pytest.mark.parametrize(("instalment", "said"), [
    (Instalment(3000, 10), "3000 bps in 10 days"), (Instalment(7000, 0, True), "7000 bps in 0 days from end of month")])
def test_an_instalment_is_said_as_the_history_shows_it(instalment: Instalment, said: str) -> None:
    assert str(instalment) == said
