"""Charges have ladders of their own, arrangements begin one anew, and every fact that moves an item is heard."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dunlin_events.contracts.base import FACTS, Heard
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.consumers.billing import billing, item_moved
from notify_svc.consumers.customer_items import CustomerItems
from notify_svc.domain.ladder import LADDER_K, NextReminder


def heard(name: str, **fields: Any) -> Any:
    contract = FACTS[f"dunlin.billing.{name}.v1"]
    read = contract.model_validate(dict(contract.examples[0]) | fields)
    return read.hear(Heard(new_id(), new_id(), 1, datetime(2026, 3, 5, tzinfo=UTC), "c"))


def fold(event: Any, state: CustomerItems) -> CustomerItems:
    after: CustomerItems = billing.folds[event.wire_type()](event, state)
    return after


def blank(event: Any) -> CustomerItems:
    return CustomerItems(event.customer_id, LADDER_K, {}, {}, {})


@pytest.mark.parametrize("fact", ["FeeCharged", "InterestCharged"])
def test_a_charge_begins_a_ladder_under_its_own_number_and_date(fact: str) -> None:
    event = heard(fact)
    (item,) = fold(event, blank(event)).items.values()
    assert (item.number, item.due_on, item.open, item.disputed) == (
        event.number, event.items[0].due_on, event.amount.money, Money.zero("CNY"))
    assert item.planned(LADDER_K) is not None


def test_nobody_is_reminded_of_a_bill_until_a_person_switches_its_ladder_on() -> None:
    event = heard("BillHeld")
    (item,) = fold(event, blank(event)).items.values()
    assert (item.number, item.open, item.active) == (event.number, event.amount.money, False)
    assert item.planned(LADDER_K) is None


@pytest.mark.parametrize("fact", [
    "ArrangementAgreed", "ArrangementRevised", "ArrangementAdvanced", "ArrangementCompleted", "ArrangementDefaulted",
    "ArrangementReinstated"])
def test_an_arranged_date_begins_the_ladder_anew(fact: str) -> None:
    issued = heard("InvoiceIssued")
    state = fold(issued, blank(issued))
    dated = {"item_id": issued.items[0].item_id, "due_on": date(2026, 4, 10), "due_version": 2}
    item = fold(heard(fact, items=[dated]), state).item(issued.items[0].item_id)
    assert (item.due_on, item.due_version) == (date(2026, 4, 10), 2)
    stale = fold(heard(fact, items=[dated | {"due_version": 1}]), state)
    assert stale.items == state.items


def test_the_level_that_is_reached_goes_by_the_tenants_day() -> None:
    """Recorded at midnight in Shanghai, when the day before is not over in UTC: this day's own level is reached."""
    issued = heard("InvoiceIssued")
    dated = {"item_id": issued.items[0].item_id, "due_on": date(2026, 3, 3), "due_version": 2}
    missed = heard("ArrangementDefaulted", items=[dated], defaulted_on="2026-03-06")
    planned = fold(missed, fold(issued, blank(issued))).item(issued.items[0].item_id).planned(LADDER_K)
    assert planned == NextReminder(level=1, planned_on=date(2026, 3, 6))


@pytest.mark.parametrize("fact", [
    "DisputeOpened", "DisputeSettled", "DebtRecovered", "WriteOffReversed", "InterestWaived", "BillReceived",
    "BillDishonoured"])
def test_what_moves_an_item_is_heard(fact: str) -> None:
    assert billing.folds[f"dunlin.billing.{fact}.v1"] is item_moved


@pytest.mark.parametrize("fact", ["DebtWrittenOff", "RecoveryReversed"])
def test_what_is_written_off_ends_its_ladder_as_that_and_not_as_settled(fact: str) -> None:
    issued = heard("InvoiceIssued")
    state = fold(issued, blank(issued))
    item = issued.items[0]
    zero = {"amount": "0.00", "currency": "CNY"}
    lost = heard(fact, items=[{"item_id": item.item_id, "amount": zero, "open_after": zero, "disputed_after": zero}])
    (change,) = fold(lost, state).changes
    assert (change.item.open, change.ended_by.value) == (Money.zero("CNY"), "written_off")
