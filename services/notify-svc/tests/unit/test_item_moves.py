"""Facts that move items, folded: what is open and disputed, the history, and what ends where."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.base import Heard
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    ItemMove,
    MoneyFact,
    PaymentConfirmed,
    PaymentReversed,
)
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.consumers.billing import (
    allocation_reversed,
    credit_allocated,
    invoice_issued,
    item_moved,
    payment_confirmed,
    payment_reversed,
)
from notify_svc.consumers.customer_items import CustomerItems, items_of
from notify_svc.domain.ladder import LADDER_K

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)


class Moved(MoneyFact):
    """A money fact of a later day, as billing-svc's own are."""

    items: list[ItemMove]


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def heard(fact: Any, sequence: int) -> Any:
    return fact.hear(Heard(new_id(), new_id(), sequence, AT, "c"))


def issued() -> tuple[CustomerItems, UUID]:
    event = heard(InvoiceIssued.model_validate(InvoiceIssued.examples[0]), 1)
    blank = CustomerItems(event.customer_id, LADDER_K, {}, {}, {})
    return invoice_issued(event, blank), event.items[0].item_id


def moved(item_id: UUID, amount: str, opened: str, disputed: str) -> Any:
    return heard(Moved.model_validate({
        "customer_id": InvoiceIssued.examples[0]["customer_id"], "origin": "live",
        "account": {"open": cny(opened), "disputed": cny(disputed), "unapplied": cny("0.00")},
        "items": [{"item_id": item_id, "amount": cny(amount), "open_after": cny(opened),
                   "disputed_after": cny(disputed)}]}), 2)


@pytest.mark.parametrize(("opened", "disputed", "planned"), [
    ("4520.00", "4520.00", True), ("1000.00", "0.00", True), ("0.00", "0.00", False)])
def test_any_fact_that_moves_items_says_what_is_open_and_disputed(opened: str, disputed: str, planned: bool) -> None:
    state, item_id = issued()
    fact = moved(item_id, "-1.00", opened, disputed)
    after = item_moved(fact, state)
    item = after.item(item_id)
    assert (item.open, item.disputed) == (Money.parse(opened, "CNY"), Money.parse(disputed, "CNY"))
    assert (item.planned(LADDER_K) is not None) is planned
    assert (after.moves[-1].fact, after.moves[-1].sequence, after.moves[-1].cash) == ("Moved", 2, False)
    assert items_of(fact) == [item_id]


def test_an_item_that_was_never_told_cannot_move() -> None:
    state, _ = issued()
    with pytest.raises(RuleBroken, match="never told"):
        item_moved(moved(new_id(), "-1.00", "0.00", "0.00"), state)


@pytest.mark.parametrize(("kind", "cash"), [("payment", True), ("exchange", True), ("credit_note", False)])
def test_money_is_cash_from_its_business_day_on_and_its_reversal_names_it(kind: str, cash: bool) -> None:
    state, item_id = issued()
    paid = heard(CreditAllocated.model_validate(
        CreditAllocated.examples[1] | {"item_id": item_id, "credit_kind": kind}), 2)
    back = heard(AllocationReversed.model_validate(AllocationReversed.examples[1] | {"item_id": item_id}), 3)
    after = allocation_reversed(back, credit_allocated(paid, state))
    allocation, reversal = after.moves[-2:]
    assert (allocation.cash, allocation.business_on, allocation.amount) == (
        cash, paid.business_on, Money.parse("-1480.00", "CNY"))
    assert (reversal.cash, reversal.allocation_id) == (False, allocation.allocation_id)
    assert [item.id for item in after.items.values()] == [change.item.id for change in after.changes] == [item_id]


def test_payments_come_and_turn_out_not_to_have_come() -> None:
    state, _ = issued()
    came = heard(PaymentConfirmed.model_validate(PaymentConfirmed.examples[0]), 2)
    went = heard(PaymentReversed.model_validate(PaymentReversed.examples[0]), 3)
    after = payment_reversed(went, payment_confirmed(came, state))
    assert [(one.amount.amount, one.received_on) for one in after.payments] == [
        ("6000.00", came.received_on), ("-6000.00", None)]
