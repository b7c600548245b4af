"""Stories of money that is uncertain, given back, early, short or returned: to the cent and to the day."""

from collections.abc import Awaitable, Callable

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny


async def uncertain_money(system: Dunlin) -> None:
    """Money that is announced silences the reminder and moves nothing; it is rejected, comes at last, and is moved."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00")
    await books.invoice("1000")
    mistake = await books.invoice("2000")
    assert await books.credit() == ("3390.00", "16610.00")
    await journey.post(f"/billing/v1/invoices/{mistake['id']}:void", {"reason": "issued_in_error"}, status=200)
    await journey.advance("2026-03-20 10:00")
    assert await books.credit() == ("1130.00", "18870.00")
    cheque = await books.pay("1130.00", "2026-03-20", state="pending")
    assert (cheque["state"], cheque["expires_on"]) == ("pending", "2026-04-19")
    await journey.advance("2026-03-30 10:00")
    assert await books.reminders() == []
    assert await books.credit() == ("1130.00", "18870.00")
    await journey.post(f"/billing/v1/payments/{cheque['id']}:reject", {"reason": "not_received"}, status=200)
    await journey.advance("2026-04-02 10:00")
    assert await books.reminders() == [("2026-03-30", "INV-000001", 0, "1130.00")]
    transfer = await books.pay("1130.00", "2026-04-02", state="pending")
    await journey.advance("2026-04-04 10:00")
    certain = await journey.post(f"/billing/v1/payments/{transfer['id']}:confirm", {}, status=200)
    assert certain["effective_on"] == "2026-04-02"
    await journey.quiet()
    assert await books.aged("2026-04-04") == {"net": "0.00"}
    assert await books.credit() == ("0.00", "20000.00")
    undone = await journey.post(f"/billing/v1/allocations/{certain['allocations'][0]['id']}:reverse",
                                {"reason": "reassigned"}, status=201)
    assert (undone["open"]["amount"], undone["unapplied"]["amount"]) == ("1130.00", "1130.00")
    await journey.advance("2026-04-20 10:00")
    assert await books.aged("2026-04-04") == {"1_30": "1130.00", "unapplied": "-1130.00", "net": "0.00"}
    assert await books.credit() == ("0.00", "20000.00")
    assert await books.balances() == {"receivable_control": "1130.00", "bank": "1130.00", "revenue": "-1000.00",
                                      "tax": "-130.00", "customer_credit": "-1130.00"}
    assert len(await books.reminders()) == 1
    await journey.assert_integrity()


async def credited_and_refunded(system: Dunlin) -> None:
    """Goods of a paid invoice come back: the credit note pays what is open, its rest is refunded, and bounces once."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00")
    invoice = await books.invoice("1000")
    await journey.advance("2026-03-10 10:00")
    await books.pay("1000.00", "2026-03-10")
    assert await books.credit() == ("130.00", "19870.00")
    note = await journey.post("/billing/v1/credit-notes", {
        "invoice_id": invoice["id"], "reason": "goods_returned", "lines": [{"position": 1, "net": cny("200.00")}]})
    assert (note["amount"]["amount"], note["unapplied"]["amount"]) == ("226.00", "96.00")
    await journey.quiet()
    assert await books.aged("2026-03-10") == {"unapplied": "-96.00", "net": "-96.00"}
    assert await books.credit() == ("-96.00", "20096.00")
    back = {"credit_id": note["id"], "method": "bank_transfer", "reason": "credited"}
    paid = await journey.post("/billing/v1/refunds", back)
    await journey.advance("2026-03-15 10:00")
    assert await books.credit() == ("0.00", "20000.00")
    await journey.post(f"/billing/v1/refunds/{paid['id']}:reverse", {"reason": "bounced"}, status=200)
    await journey.advance("2026-04-05 10:00")
    assert await books.credit() == ("-96.00", "20096.00")
    await journey.post("/billing/v1/refunds", back)
    await journey.advance("2026-05-05 10:00")
    assert await books.aged("2026-03-14") == {"net": "0.00"}
    assert await books.aged("2026-03-15") == {"unapplied": "-96.00", "net": "-96.00"}
    assert await books.credit() == ("0.00", "20000.00")
    assert await books.balances() == {"receivable_control": "0.00", "bank": "904.00", "revenue": "-800.00",
                                      "tax": "-104.00", "customer_credit": "0.00"}
    assert await books.reminders() == []
    await journey.assert_integrity()


async def early_short_and_returned(system: Dunlin) -> None:
    """One invoice is paid early less its discount, one short by a bank's charge, and one payment comes back."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00", discount={"discount_bps": 200, "within_days": 10})
    tolerance = await system.client.put("/billing/v1/tolerance-policy", json={"most": [cny("10.00")]},
                                        headers=journey.headers | {"If-Match": '"0"'})
    assert tolerance.status_code == 200, tolerance.text
    await books.invoice("1000")
    await journey.advance("2026-03-10 10:00")
    paid = await books.pay("1107.40", "2026-03-10")
    assert paid["allocations"][0]["discount"] == cny("22.60")
    assert await books.credit() == ("0.00", "20000.00")
    short = await books.invoice("2000")
    await journey.advance("2026-03-25 10:00")
    paid = await books.pay("2255.00", "2026-03-25", allocation="remittance", reference="pays inv-000002")
    assert (paid["allocations"][0]["discount"], paid["unmatched"]) == (None, [])
    assert await books.credit() == ("5.00", "19995.00")
    item = short["items"][0]["id"]
    closed = await journey.post("/billing/v1/differences", {"item_id": item, "reason": "bank_charge"})
    assert (closed["amount"], closed["open"]) == (cny("5.00"), cny("0.00"))
    await books.invoice("500")
    assert await books.credit() == ("565.00", "19435.00")
    await journey.advance("2026-04-10 10:00")
    paid = await books.pay("565.00", "2026-04-10")
    await journey.advance("2026-04-15 10:00")
    await journey.post(f"/billing/v1/payments/{paid['id']}:reverse", {"reason": "returned", "fee": cny("20.00")},
                       status=200)
    await journey.advance("2026-04-22 10:00")
    assert await books.credit() == ("585.00", "19415.00")
    assert await books.aged("2026-04-22") == {"not_due": "565.00", "1_30": "20.00", "net": "585.00"}
    assert await books.balances() == {
        "receivable_control": "585.00", "bank": "3362.40", "revenue": "-3500.00", "tax": "-452.40",
        "customer_credit": "0.00", "discount": "20.00", "small_differences": "5.00", "fees": "-20.00"}
    assert await books.reminders() == [("2026-04-18", "FEE-000001", 1, "20.00"),
                                       ("2026-04-21", "INV-000003", 0, "565.00")]
    await journey.assert_integrity()


@pytest.mark.parametrize("story", [uncertain_money, credited_and_refunded, early_short_and_returned])
async def test_story(system: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(system)
