"""Bills of exchange: what they settle, on which day, what they are booked as, and what their dishonour restores."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.bill import (
    Bill,
    BillClass,
    BillPart,
    BillState,
    ReceiveBill,
    charge_of_bill,
    check_bill,
    fact_of_bill,
    fact_of_holding,
    noted,
    parts_of,
    received_on,
    state_of,
)
from billing_svc.domain.bill_dishonour import (
    DishonourBill,
    DishonourReason,
    dishonour_of,
    fact_of_dishonour,
    fee_of_protest,
)
from billing_svc.domain.charge import Charge, ChargeReason, charged_item
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import JournalAccount, journal_of_allocation
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.posting_dates import Books, Step
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

WHO, BILL = UUID(int=1), UUID(int=9)
DAY, TODAY, DUE = date(2026, 1, 5), date(2026, 1, 10), date(2026, 7, 5)
BOOKS = Books(None, TODAY)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(n: int, minor: int, **changes: Any) -> Item:
    return replace(Item(
        UUID(int=n), UUID(int=n + 100), f"INV-{n}", WHO, cny(minor), cny(minor), cny(0), DAY, DAY, date(2026, 2, n), 1),
        **changes)


def wish(minor: int = 100, **changes: Any) -> ReceiveBill:
    return replace(ReceiveBill(
        BILL, WHO, cny(minor), "5130", BillClass.BANK, "Huawei", "ICBC", DAY, DUE,
        Choice(AllocationRule.OLDEST_FIRST)), **changes)


def held(minor: int = 100) -> Item:
    entered = charged_item(Charge(UUID(int=7), UUID(int=8), "BIL-000001", charge_of_bill(wish(minor), DAY)))
    return replace(entered, open=cny(minor))


def bill(*parts: tuple[int, int]) -> Bill:
    return Bill(BILL, UUID(int=8), wish(sum(minor for _, minor in parts)), DAY,
                tuple(BillPart(UUID(int=n), cny(minor)) for n, minor in parts))


def booked(fact: Fact) -> dict[str, int]:
    return {line.account.value: line.amount.minor for line in fact.journal}


@pytest.mark.parametrize(("changes", "code"), [
    ({"amount": cny(0)}, "amount_not_positive"), ({"received_on": date(2026, 1, 11)}, "received_in_future"),
    ({"due_on": DAY}, "bill_due_too_early"), ({"due_on": TODAY}, "bill_due_too_early"),
    ({"amount": Money(1, "USD")}, "bill_not_in_base_currency")])
def test_a_bill_is_above_zero_received_not_due_and_in_the_own_currency(changes: dict[str, Any], code: str) -> None:
    check_bill(wish(), TODAY, "CNY")
    with pytest.raises(DomainError) as refused:
        check_bill(wish(**changes), TODAY, "CNY")
    assert refused.value.code == code


def test_it_settles_the_oldest_first_or_what_was_named_and_never_another_bill() -> None:
    owed = {one.id: one for one in (item(1, 60), item(2, 80), held(500))}
    assert parts_of(wish(), owed) == (BillPart(UUID(int=1), cny(60)), BillPart(UUID(int=2), cny(40)))
    named = Choice(AllocationRule.ITEMS, (Part(UUID(int=2), cny(70)),))
    assert parts_of(wish(70, choice=named), owed) == (BillPart(UUID(int=2), cny(70)),)


@pytest.mark.parametrize(("minor", "changes", "code"), [
    (101, {}, "more_than_open"), (50, {"disputed": cny(60)}, "item_disputed")])
def test_it_settles_no_more_than_is_owed_and_not_in_dispute(minor: int, changes: dict[str, Any], code: str) -> None:
    one = item(1, 100, **changes)
    named = Choice(AllocationRule.ITEMS, (Part(one.id),))
    with pytest.raises(DomainError) as refused:
        parts_of(wish(minor, choice=named), {one.id: one})
    assert refused.value.code == code


def test_its_day_is_that_of_its_receipt_or_the_first_on_which_so_much_was_owed() -> None:
    parts = [BillPart(UUID(int=1), cny(60))]
    assert received_on(wish(), parts, {UUID(int=1): [Step(date(2026, 1, 1), 60)]}, BOOKS) == DAY
    later = [Step(date(2026, 1, 1), 60), Step(date(2026, 1, 7), -30), Step(date(2026, 1, 8), 30)]
    assert received_on(wish(), parts, {UUID(int=1): later}, BOOKS) == date(2026, 1, 8)


def test_what_stands_on_bills_is_booked_on_notes_receivable_whatever_moves_it() -> None:
    made, own = bill((1, 60), (2, 40)), held()
    items = {one.id: one for one in (item(1, 60), item(2, 40), own)}
    settled = noted(fact_of_bill(made), items)
    assert booked(settled) == {"bills_clearing": 100, "receivable_control": -100}
    assert [(entry.ref_id.int, entry.amount.minor) for entry in settled.entries] == [(1, -60), (2, -40)]
    charge = Charge(UUID(int=7), own.id, "BIL-000001", charge_of_bill(made.wish, DAY))
    assert booked(noted(fact_of_holding(charge), items)) == {"bills_clearing": -100, "notes_receivable": 100}
    paid = Fact(FactKind.CREDIT_ALLOCATED, UUID(int=5), WHO, "CNY", DAY, (
        Entry(LedgerSide.RECEIVABLE, own.id, cny(-30)), Entry(LedgerSide.CREDIT, UUID(int=6), cny(-30))),
        journal_of_allocation(cny(30)))
    assert booked(noted(paid, items)) == {"customer_credit": 30, "notes_receivable": -30}


def test_a_bill_is_owed_on_its_own_day_until_it_is_paid() -> None:
    own = held()
    assert (own.kind, own.due_on, own.claim_item_id) == (ItemKind.BILL, DUE, None)
    assert [state_of(cny(left), dishonoured=gone) for left, gone in ((100, False), (0, False), (0, True))] == [
        BillState.HELD, BillState.HONOURED, BillState.DISHONOURED]


def test_dishonour_restores_what_was_settled_and_its_fee_is_on_the_one_debt() -> None:
    items = {one.id: one for one in (item(1, 100, open=cny(0)), held())}
    own, steps = items[UUID(int=8)], [Step(DAY, 100)]
    asked = DishonourBill(UUID(int=3), BILL, DishonourReason.DISHONOURED, fee=cny(5))
    one = dishonour_of(asked, bill((1, 100)), own, steps, BOOKS)
    fact = noted(fact_of_dishonour(one, own), items)
    assert [(entry.ref_id.int, entry.amount.minor) for entry in fact.entries] == [(1, 100), (8, -100)]
    assert booked(fact) == {JournalAccount.RECEIVABLE_CONTROL: 100, JournalAccount.NOTES_RECEIVABLE: -100}
    fee = fee_of_protest(one, cny(5), items)
    assert (one.effective_on, fee.reason, fee.claim_item_id, fee.invoice_id) == (
        TODAY, ChargeReason.BILL_PROTEST, UUID(int=1), UUID(int=101))
    both = replace(one, bill=bill((1, 60), (2, 40)))
    assert fee_of_protest(both, cny(5), items).claim_item_id is None
    error = DishonourBill(UUID(int=3), BILL, DishonourReason.RECORDED_IN_ERROR)
    assert dishonour_of(error, bill((1, 100)), own, steps, BOOKS).effective_on == DAY


@pytest.mark.parametrize(("asked", "changes", "code"), [
    ({}, {"open": cny(40)}, "bill_settled"), ({}, {"disputed": cny(1)}, "item_disputed"),
    ({"reason": DishonourReason.RECORDED_IN_ERROR, "fee": cny(5)}, {}, "fee_not_meant"),
    ({"fee": Money(5, "USD")}, {}, "currency_mismatch"), ({"fee": cny(0)}, {}, "amount_not_positive"),
    ({"effective_on": date(2026, 1, 4)}, {}, "effective_too_early")])
def test_what_is_paid_or_disputed_of_it_is_undone_first(
    asked: dict[str, Any], changes: dict[str, Any], code: str,
) -> None:
    given = DishonourBill(UUID(int=3), BILL, **{"reason": DishonourReason.DISHONOURED} | asked)
    with pytest.raises(DomainError) as refused:
        dishonour_of(given, bill((1, 100)), replace(held(), **changes), [Step(DAY, 100)], BOOKS)
    assert refused.value.code == code
