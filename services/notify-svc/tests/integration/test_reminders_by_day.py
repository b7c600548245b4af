"""Stories 1 and 2 on the real tables, day by day: facts at ten, the run at noon, the looks, the mails, the facts."""

from datetime import date
from typing import Any

from notify_svc.gateways.sender import Mail


async def test_story_1_a_partial_payment_lowers_and_cancels(desk: Any) -> None:
    await desk.issue("INV1", "4520.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
    await desk.turn_to(date(2026, 1, 20))
    await desk.issue("INV2", "2260.00", issued=date(2026, 1, 20), due=date(2026, 2, 19))
    await desk.turn_to(date(2026, 2, 10))
    await desk.issue("INV3", "7910.00", issued=date(2026, 2, 10), due=date(2026, 3, 12))
    await desk.turn_to(date(2026, 3, 1))
    await desk.allocate("INV1", "0.00")
    await desk.allocate("INV2", "780.00")
    await desk.turn_to(date(2026, 3, 25))
    assert await desk.sent() == [
        ("02-01", {"INV1": (0, "4520.00")}),
        ("02-07", {"INV1": (1, "4520.00")}),
        ("02-16", {"INV2": (0, "2260.00")}),
        ("02-19", {"INV1": (2, "4520.00")}),
        ("02-22", {"INV2": (1, "2260.00")}),
        ("03-06", {"INV2": (2, "780.00")}),
        ("03-09", {"INV3": (0, "7910.00")}),
        ("03-15", {"INV3": (1, "7910.00")}),
        ("03-21", {"INV2": (3, "780.00")}),
    ]
    [cancelled] = await desk.facts("ReminderCancelled")
    assert (cancelled["number"], cancelled["level"], cancelled["planned_on"]) == ("INV1", 3, "2026-03-06")
    assert await desk.facts("ReminderSuppressed", "ReminderFailed") == []


async def test_story_2_an_overpayment_cancels_and_its_rest_lowers(desk: Any) -> None:
    await desk.turn_to(date(2026, 3, 1))
    await desk.issue("INV1", "11300.00", issued=date(2026, 3, 1), due=date(2026, 3, 31))
    await desk.turn_to(date(2026, 3, 20))
    await desk.allocate("INV1", "0.00")
    desk.neighbours.unapplied = [{"amount": "3700.00", "currency": "CNY"}]
    await desk.turn_to(date(2026, 4, 2))
    await desk.issue("INV2", "5650.00", issued=date(2026, 4, 2), due=date(2026, 5, 2))
    await desk.turn_to(date(2026, 4, 10))
    await desk.allocate("INV2", "1950.00")
    desk.neighbours.unapplied = []
    await desk.turn_to(date(2026, 5, 1))
    assert await desk.sent() == [("04-29", {"INV2": (0, "1950.00")})]
    [cancelled] = await desk.facts("ReminderCancelled")
    assert (cancelled["number"], cancelled["level"], cancelled["planned_on"]) == ("INV1", 0, "2026-03-28")


async def test_a_voided_invoice_cancels_its_ladder(desk: Any) -> None:
    await desk.issue("INV1", "4520.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
    await desk.issue("INV2", "2260.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
    await desk.turn_to(date(2026, 2, 3))
    await desk.void("INV1")
    await desk.turn_to(date(2026, 2, 10))
    assert await desk.sent() == [
        ("02-01", {"INV1": (0, "4520.00"), "INV2": (0, "2260.00")}), ("02-07", {"INV2": (1, "2260.00")})]
    [cancelled] = await desk.facts("ReminderCancelled")
    assert (cancelled["number"], cancelled["level"], cancelled["reason"]) == ("INV1", 1, "voided")


async def test_the_letter_names_items_and_amounts_in_the_contacts_language(desk: Any) -> None:
    await desk.issue("INV1", "4520.00", issued=date(2026, 1, 5), due=date(2026, 1, 31))
    await desk.issue("INV2", "2260.00", issued=date(2026, 1, 5), due=date(2026, 1, 31))
    await desk.turn_to(date(2026, 1, 29))
    [zh] = desk.recorder.mails
    assert zh.recipient == "ap@heron.example"
    assert zh.subject == "【Dunlin Demo】付款提醒：CNY 6,780.00"
    for part in ("王会计", "INV1", "INV2", "2026-01-31", "CNY 4,520.00", "CNY 2,260.00", "CNY 6,780.00"):
        assert part in zh.body
    desk.neighbours.contact |= {"language": "en", "contact_name": "Ms Wang"}
    await desk.turn_to(date(2026, 2, 4))
    en: Mail = desk.recorder.mails[-1]
    assert en.subject == "Overdue invoices with Dunlin Demo: CNY 6,780.00"
    assert "Dear Ms Wang" in en.body
    assert [fact["language"] for fact in await desk.facts("ReminderSent")] == ["zh", "en"]


async def test_the_looks_name_the_tenant_and_ask_about_one_customer_each(desk: Any) -> None:
    await desk.issue("INV1", "10.00", issued=date(2026, 1, 5), due=date(2026, 1, 9))
    await desk.turn_to(date(2026, 1, 7))
    assert sorted(desk.neighbours.asked) == [
        ("/billing/v1/items:owing", str(desk.tenant)),
        ("/customer/v1/customers:addressing", str(desk.tenant)),
    ]


async def test_the_schedule_is_told_as_it_changes(desk: Any) -> None:
    await desk.issue("INV1", "10.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
    await desk.turn_to(date(2026, 2, 8))
    told = [(fact["level"], fact["planned_on"]) for fact in await desk.facts("ReminderScheduled")]
    assert told == [(0, "2026-02-01"), (1, "2026-02-07"), (2, "2026-02-19")]


async def test_an_item_issued_after_its_first_level_skips_it(desk: Any) -> None:
    await desk.issue("INV1", "10.00", issued=date(2026, 1, 5), due=date(2026, 1, 7))
    await desk.turn_to(date(2026, 1, 11))
    assert await desk.sent() == [("01-10", {"INV1": (1, "10.00")})]
