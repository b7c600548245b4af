"""Deposit requests: what is asked, what is there of it, when the goods may go, and what it keeps from other debts."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.deposit_request import (
    AskDeposit,
    DepositEndReason,
    DepositRequest,
    DepositStanding,
    DepositState,
    KeptCredit,
    asked,
    check_not_kept,
    ended,
    standing,
)
from billing_svc.domain.invoice import DraftInvoice
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

TODAY, ONE, TWO = date(2026, 3, 1), UUID(int=1), UUID(int=2)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def wish(minor: int = 3000, due_on: date | None = None) -> AskDeposit:
    return AskDeposit(ONE, TWO, cny(minor), "SO-1", None, due_on)


def request(minor: int = 3000) -> DepositRequest:
    return asked(wish(minor), number="DEP-000001", today=TODAY)


def test_it_is_due_at_once_or_when_it_says() -> None:
    assert (request().due_on, request().requested_on, request().ended) == (TODAY, TODAY, None)
    assert asked(wish(due_on=date(2026, 3, 8)), number="DEP-000002", today=TODAY).due_on == date(2026, 3, 8)


@pytest.mark.parametrize(("broken", "code"), [
    (wish(0), "amount_not_positive"), (wish(-1), "amount_not_positive"),
    (wish(due_on=date(2026, 2, 28)), "due_before_issue")])
def test_what_is_refused(broken: AskDeposit, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        asked(broken, number="DEP-000001", today=TODAY)


@pytest.mark.parametrize(("paid", "state", "missing", "released"), [
    (0, DepositState.ASKED, 3000, False), (2999, DepositState.ASKED, 1, False), (3000, DepositState.PAID, 0, True),
    (3001, DepositState.PAID, 0, True)], ids=["nothing", "not all", "all", "more"])
def test_the_goods_may_go_when_all_of_it_is_there(
    paid: int, state: DepositState, missing: int, released: bool,
) -> None:
    one = DepositStanding(request(), cny(paid), cny(5000), cny(paid))
    assert (one.state, one.missing, one.releases_delivery) == (state, cny(missing), released)
    over = DepositStanding(ended(request(), DepositEndReason.ORDER_CANCELLED), cny(paid), cny(0), cny(paid))
    assert (over.state, over.releases_delivery) == (DepositState.ENDED, False)


def test_what_was_ended_is_neither_paid_nor_ended_again() -> None:
    over = ended(request(), DepositEndReason.ASKED_IN_ERROR)
    assert over.ended is DepositEndReason.ASKED_IN_ERROR and standing(request()) == request()
    with pytest.raises(Conflict, match="deposit_request_ended"):
        standing(over)
    with pytest.raises(Conflict, match="deposit_request_ended"):
        ended(over, DepositEndReason.ORDER_BILLED)


def test_a_deposit_pays_nothing_but_its_order() -> None:
    check_not_kept([ONE], {TWO: "DEP-000001"})
    with pytest.raises(Conflict, match="credit_kept_for_order"):
        check_not_kept([ONE, TWO], {TWO: "DEP-000001"})


@given(amount=st.integers(1, 10**9), paid=st.integers(0, 10**9))
@settings(max_examples=50)
def test_what_is_missing_and_what_is_there_make_it_up(amount: int, paid: int) -> None:
    one = DepositStanding(request(amount), cny(paid), cny(0), cny(paid))
    assert one.missing == cny(max(0, amount - paid)) and one.releases_delivery is one.missing.is_zero


@pytest.mark.parametrize(("whose", "reserved", "named", "pays"), [
    (3, None, None, False), (3, 9, None, True), (3, 8, None, False), (3, None, "SO-1", True), (3, 8, "SO-1", True),
    (3, None, "SO-2", False), (4, 9, "SO-1", False)])
def test_which_invoices_it_pays(whose: int, reserved: int | None, named: str | None, pays: bool) -> None:
    invoice = DraftInvoice(UUID(int=5), UUID(int=whose), "CNY", (), order_reference=named,
                           authorization_id=None if reserved is None else UUID(int=reserved))
    assert KeptCredit(UUID(int=1), UUID(int=3), UUID(int=9), "SO-1").pays(invoice) is pays


def test_what_no_credit_was_reserved_for_is_found_by_name_only() -> None:
    invoice = DraftInvoice(UUID(int=5), UUID(int=3), "CNY", ())
    assert not KeptCredit(UUID(int=1), UUID(int=3), None, "SO-1").pays(invoice)
