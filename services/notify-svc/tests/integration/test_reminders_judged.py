"""Judged at send time: money on its way, disputes, silence, returns; nothing leaves without a fresh look."""

from datetime import date
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceOverdue
from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_kit.testing import tell
from notify_svc.consumers.customer import customer

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)


async def test_paid_between_schedule_and_run_nothing_leaves(desk: Any) -> None:
    """The money fact is still on the bus when the run begins: the look knows."""
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 1))
    await desk.allocate("INV1", "0.00", known=False)
    await desk.turn_to(date(2026, 2, 2))
    assert await desk.sent() == []
    [suppressed] = await desk.facts("ReminderSuppressed")
    assert (suppressed["reason"], suppressed["suppressed_on"], suppressed["level"]) == ("settled", "2026-02-01", 0)
    await desk.allocate("INV1", "0.00")
    await desk.turn_to(date(2026, 3, 10))
    assert await desk.sent() == []
    assert len(await desk.facts("ReminderCancelled")) == 1


async def test_a_returned_payment_resumes_after_the_last_level_and_repeats_nothing(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 10))
    await desk.allocate("INV1", "0.00")
    await desk.turn_to(date(2026, 3, 10))
    await desk.allocate("INV1", "100.00", reversed_=True)
    assert (await desk.facts("ReminderScheduled"))[-1]["level"] == 2
    await desk.turn_to(date(2026, 4, 10))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [
        ("02-01", 0), ("02-07", 1), ("03-10", 2), ("03-17", 3)]


@pytest.mark.parametrize(("change", "reason"), [
    ({"unapplied": [{"amount": "100.00", "currency": "CNY"}]}, "unapplied_covers"),
    ({"contact": None}, "no_contact"),
    ({"status": "closed"}, "not_active"),
])
async def test_a_suppressed_level_stays_due_and_goes_on_the_first_run_without_a_reason(
    desk: Any, change: dict[str, Any], reason: str,
) -> None:
    before = {name: getattr(desk.neighbours, name) for name in change}
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    for name, value in change.items():
        setattr(desk.neighbours, name, value)
    await desk.turn_to(date(2026, 2, 3))
    for name, value in before.items():
        setattr(desk.neighbours, name, value)
    await desk.turn_to(date(2026, 2, 9))
    assert [(fact["suppressed_on"], fact["reason"]) for fact in await desk.facts("ReminderSuppressed")] == [
        ("2026-02-01", reason), ("2026-02-02", reason)]
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [("02-03", 0), ("02-07", 1)]


async def test_disputed_in_full_is_silent_and_in_part_lowers_the_amount(desk: Any) -> None:
    one = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    two = await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    desk.neighbours.owe(desk.customer, one, DUE, "100.00", disputed="100.00")
    desk.neighbours.owe(desk.customer, two, DUE, "50.00", disputed="20.00")
    await desk.turn_to(date(2026, 2, 2))
    assert await desk.sent() == [("02-01", {"INV2": (0, "30.00")})]
    [suppressed] = await desk.facts("ReminderSuppressed")
    assert (suppressed["number"], suppressed["reason"]) == ("INV1", "disputed")


@pytest.mark.parametrize("broken", ["/billing/", "/customer/"])
async def test_a_look_that_fails_sends_nothing_and_is_tried_again(desk: Any, broken: str) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    desk.neighbours.broken = broken
    await desk.turn_to(date(2026, 2, 2))
    assert await desk.facts("ReminderSent", "ReminderSuppressed") == []
    assert await desk.rows("SELECT status FROM message") == []
    desk.neighbours.broken = None
    await desk.try_again()
    assert await desk.sent() == [("02-01", {"INV1": (0, "100.00")})]


async def test_missed_levels_are_caught_up_in_order_and_never_in_a_burst(desk: Any) -> None:
    """The mail server of the recipient's contact data was wrong for a month: nothing is skipped, nothing hurried."""
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    contact, desk.neighbours.contact = desk.neighbours.contact, None
    await desk.turn_to(date(2026, 3, 10))
    desk.neighbours.contact = contact
    await desk.turn_to(date(2026, 4, 1))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [
        ("03-10", 0), ("03-11", 1), ("03-18", 2), ("03-25", 3)]


async def test_an_item_whose_invoice_was_never_told_is_no_state_to_fold_into(desk: Any) -> None:
    with pytest.raises(Exception, match="unknown_item"):
        await desk.hear(InvoiceOverdue.model_validate(InvoiceOverdue.examples[0] | {"customer_id": desk.customer}))


async def test_overdue_with_a_newer_due_date_begins_the_ladder_anew(desk: Any) -> None:
    item_id = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 8))
    desk.neighbours.owe(desk.customer, item_id, date(2026, 3, 1), "100.00")
    await desk.hear(InvoiceOverdue.model_validate(InvoiceOverdue.examples[0] | {
        "customer_id": desk.customer, "item_id": item_id, "due_on": date(2026, 3, 1), "due_version": 2}))
    await desk.turn_to(date(2026, 3, 5))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [
        ("02-01", 0), ("02-07", 1), ("02-26", 0), ("03-04", 1)]


async def test_customers_are_stubs_until_they_are_told_and_keep_their_silence_until_contacts_change(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    assert await desk.rows("SELECT known, name FROM customer") == [{"known": False, "name": None}]
    await desk.rows("UPDATE customer SET refused_on = '2026-01-31'")
    await desk.turn_to(date(2026, 2, 2))
    assert [fact["reason"] for fact in await desk.facts("ReminderSuppressed")] == ["recipient_refused"]
    await tell(desk.database, customer, desk.tenant, CustomerContactsChanged.model_validate(
        CustomerContactsChanged.examples[0] | {"customer_id": desk.customer}))
    await desk.turn_to(date(2026, 2, 3))
    assert [day for day, _ in await desk.sent()] == ["02-02"]
