"""Stories of money that is uncertain, given back, early, short or returned: to the cent and to the day."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny, money, rate_of_dollar


async def uncertain_money(system: Dunlin) -> None:
    """Money that is announced silences the reminder and moves nothing; it is rejected, comes at last, and is moved."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00", due_days=12)
    await books.invoice("1000")
    mistake = await books.invoice("2000")
    assert await books.credit() == ("3390.00", "16610.00")
    await journey.post(f"/billing/v1/invoices/{mistake['id']}:void", {"reason": "issued_in_error"}, status=200)
    await journey.advance("2026-03-09 10:00")
    assert await books.credit() == ("1130.00", "18870.00")
    cheque = await books.pay("1130.00", "2026-03-09", state="pending")
    assert (cheque["state"], cheque["expires_on"]) == ("pending", "2026-04-08")
    await journey.advance("2026-03-12 10:00")
    assert await books.reminders() == []
    assert await books.credit() == ("1130.00", "18870.00")
    await journey.post(f"/billing/v1/payments/{cheque['id']}:reject", {"reason": "not_received"}, status=200)
    await journey.advance("2026-03-15 10:00")
    assert await books.reminders() == [("2026-03-12", "INV-000001", 0, "1130.00")]
    transfer = await books.pay("1130.00", "2026-03-15", state="pending")
    await journey.advance("2026-03-17 10:00")
    certain = await journey.post(f"/billing/v1/payments/{transfer['id']}:confirm", {}, status=200)
    assert certain["effective_on"] == "2026-03-15"
    await journey.quiet()
    assert await books.aged("2026-03-17") == {"net": "0.00"}
    assert await books.credit() == ("0.00", "20000.00")
    undone = await journey.post(f"/billing/v1/allocations/{certain['allocations'][0]['id']}:reverse",
                                {"reason": "reassigned"}, status=201)
    assert (undone["open"]["amount"], undone["unapplied"]["amount"]) == ("1130.00", "1130.00")
    await journey.advance("2026-03-20 10:00")
    assert await books.aged("2026-03-17") == {"1_30": "1130.00", "unapplied": "-1130.00", "net": "0.00"}
    assert await books.credit() == ("0.00", "20000.00")
    assert await books.balances() == {"receivable_control": "1130.00", "bank": "1130.00", "revenue": "-1000.00",
                                      "tax": "-130.00", "customer_credit": "-1130.00"}
    assert len(await books.reminders()) == 1
    await journey.assert_integrity()


async def credited_and_refunded(system: Dunlin) -> None:
    """Goods of a paid invoice come back: the credit note pays what is open, its rest is refunded, and bounces once."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00", due_days=12)
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
    await journey.advance("2026-03-16 10:00")
    assert await books.credit() == ("-96.00", "20096.00")
    await journey.post("/billing/v1/refunds", back)
    await journey.advance("2026-03-18 10:00")
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
    books = await Books.open(journey, limit="20000.00", due_days=10,
                             discount={"discount_bps": 200, "within_days": 3})
    await journey.put("/billing/v1/tolerance-policy", {"most": [cny("10.00")]}, version=0)
    await books.invoice("1000")
    await journey.advance("2026-03-03 10:00")
    paid = await books.pay("1107.40", "2026-03-03")
    assert paid["allocations"][0]["discount"] == cny("22.60")
    assert await books.credit() == ("0.00", "20000.00")
    short = await books.invoice("2000")
    await journey.advance("2026-03-08 10:00")
    paid = await books.pay("2255.00", "2026-03-08", allocation="remittance", reference="pays inv-000002")
    assert (paid["allocations"][0]["discount"], paid["unmatched"]) == (None, [])
    assert await books.credit() == ("5.00", "19995.00")
    item = short["items"][0]["id"]
    closed = await journey.post("/billing/v1/differences", {"item_id": item, "reason": "bank_charge"})
    assert (closed["amount"], closed["open"]) == (cny("5.00"), cny("0.00"))
    await books.invoice("500")
    assert await books.credit() == ("565.00", "19435.00")
    await journey.advance("2026-03-12 10:00")
    paid = await books.pay("565.00", "2026-03-12")
    await journey.advance("2026-03-13 10:00")
    await journey.post(f"/billing/v1/payments/{paid['id']}:reverse", {"reason": "returned", "fee": cny("20.00")},
                       status=200)
    await journey.advance("2026-03-17 10:00")
    assert await books.credit() == ("585.00", "19415.00")
    assert await books.aged("2026-03-17") == {"not_due": "565.00", "1_30": "20.00", "net": "585.00"}
    assert await books.balances() == {
        "receivable_control": "585.00", "bank": "3362.40", "revenue": "-3500.00", "tax": "-452.40",
        "customer_credit": "0.00", "discount": "20.00", "small_differences": "5.00", "fees": "-20.00"}
    assert await books.reminders() == [("2026-03-15", "INV-000003", 0, "565.00"),
                                       ("2026-03-16", "FEE-000001", 1, "20.00")]
    await journey.assert_integrity()


THIRDS: dict[str, Any] = {"due_days": 35, "instalments": [
    {"share_bps": 3333, "due_days": 5}, {"share_bps": 3333, "due_days": 20}, {"share_bps": 3334, "due_days": 35}]}


async def month_end(system: Dunlin) -> None:
    """A period is closed in two currencies, and what the customer answers to its statement comes after it.

    CNY: 1,130.00 by 33.33, 33.33 and 33.34 % are 376.629, 376.629 and 376.742: the two missing cents go to the largest
    remainders, so 376.63, 376.63 and 376.74. 400.00 pay the first and 23.37 of the second: 353.26 are left of that.
    226.00 of the third are accepted: 150.74 are left, of which the customer has 100.74, so 50.00 are contested.

    USD 11,300.00 at 7.10 are carried for 80,230.00. 4,000.00 relieve 4,000 / 11,300 of that, 28,400.00, and bring
    28,600.00 at 7.15: 200.00 won. The last 7,300.00 relieve the rest, 51,830.00, and bring 51,100.00 at 7.00: 730.00
    lost. 1,000.00 at 7.15 are carried for 7,150.00 and taken for CNY 7,000.00: 150.00 lost. In all 680.00 are lost.
    The bank has 28,600 + 51,100 + 7,000 + 400, the revenue is 71,000 + 7,150 + 800 and the tax 9,230 + 104.
    """
    journey = await Journey.begin(system, "2026-03-01 10:00")
    await rate_of_dollar(journey, "7.10", "2026-03-01")
    home, abroad = await Books.open(journey, limit="20000.00", **THIRDS), await Books.open(journey, limit="0.00")
    await abroad.limit("20000.00", "USD")
    large = await abroad.invoice("10000", currency="USD")
    parts = (await home.invoice("1000"))["items"]
    assert [(one["due_on"], one["amount"]) for one in parts] == [
        ("2026-03-06", cny("376.63")), ("2026-03-21", cny("376.63")), ("2026-04-05", cny("376.74"))]
    dispute = await journey.post("/billing/v1/disputes", {
        "item_id": parts[2]["id"], "reason": "quality", "amount": cny("226.00")})
    await journey.advance("2026-03-03 10:00")
    await rate_of_dollar(journey, "7.15", "2026-03-03")
    await abroad.pay("4000.00", "2026-03-03", currency="USD")
    small = await abroad.invoice("1000", tax="0", currency="USD")
    assert await held_in(abroad, "USD") == ("8300.00", "11700.00")
    accepted = await journey.post(f"/billing/v1/disputes/{dispute['id']}:accept", {
        "lines": [{"position": 1, "net": cny("200.00")}]}, status=200)
    assert (accepted["credited"], accepted["dispute"]["disputed"]) == (cny("226.00"), cny("0.00"))
    await journey.advance("2026-03-05 10:00")
    assert await home.reminders() == [("2026-03-03", "INV-000002", 0, "376.63")]
    await home.pay("400.00", "2026-03-05")
    await rate_of_dollar(journey, "7.00", "2026-03-05")
    await abroad.pay("7300.00", "2026-03-05", currency="USD", allocation="items",
                     items=[{"item_id": large["items"][0]["id"]}])
    taken = await abroad.pay("7000.00", "2026-03-05", allocation="none")
    await journey.post(f"/billing/v1/payments/{taken['id']}:exchange", {
        "item_id": small["items"][0]["id"], "given": cny("7000.00"), "taken": money("1000.00", "USD")})
    await journey.advance("2026-03-06 10:00")
    assert await held_in(abroad, "USD") == ("0.00", "20000.00")
    assert await in_base(journey) == {
        "bank": "87100.00", "customer_credit": "0.00", "exchange_clearing": "0.00", "exchange_difference": "680.00",
        "receivable_control": "504.00", "revenue": "-78950.00", "tax": "-9334.00"}
    rolled = await rolled_forward(journey)
    assert rolled == {
        "CNY": {"opening": "0.00", "invoices": "1130.00", "credits": "-226.00", "cash": "-400.00", "closing": "504.00"},
        "USD": {"opening": "0.00", "invoices": "87380.00", "cash": "-86700.00", "exchange": "-680.00",
                "closing": "0.00"}}
    await answered(home, parts)
    await closed(home)
    assert await rolled_forward(journey) == rolled
    await journey.assert_integrity()


async def closed(books: Books) -> None:
    """Money of the 5th is refused once the 5th is closed; booked on the 6th it pays all but what is contested."""
    journey = books.journey
    await journey.post("/billing/v1/period-locks", {"closed_until": "2026-03-05", "hard": False, "reason": "closed"})
    assert await books.credit() == ("504.00", "19496.00")
    late = {"customer_id": str(books.id), "amount": cny("454.00"), "received_on": "2026-03-05",
            "method": "bank_transfer", "allocation": "oldest_first"}
    refused = await journey.post("/billing/v1/payments", late, status=422)
    assert (refused["code"], refused["facts"]["closed_until"]) == ("period_locked", "2026-03-05")
    paid = await books.pay("454.00", "2026-03-05", effective_on="2026-03-06")
    assert [one["amount"] for one in paid["allocations"]] == [cny("353.26"), cny("100.74")]
    assert await books.credit() == ("50.00", "19950.00")


async def answered(books: Books, parts: list[dict[str, Any]]) -> None:
    """It agrees to the second part, has 50.00 less of the third in its books, and misses a payment."""
    journey = books.journey
    stated = await journey.post("/billing/v1/statements", {
        "customer_id": str(books.id), "period_from": "2026-03-01", "period_to": "2026-03-05"})
    (found,) = stated["currencies"]
    assert (found["opening"]["net"], found["closing"]["net"]) == (cny("0.00"), cny("504.00"))
    assert [(one["item_id"], one["open"]) for one in found["lines"]] == [
        (parts[1]["id"], cny("353.26")), (parts[2]["id"], cny("150.74"))]
    told = await journey.post(f"/billing/v1/statements/{stated['id']}:answer", {
        "signer": "Anna", "authority": "accountant", "lines": [
            {"item_id": parts[1]["id"], "answer": "agree"},
            {"item_id": parts[2]["id"], "answer": "amount_differs", "amount": cny("100.74")}],
        "missing": [{"kind": "payment", "reference": "WIRE-9", "amount": cny("50.00")}]})
    assert (told["agreed"], told["digest"]) == (False, stated["digest"])
    await journey.quiet()
    [dispute], [search] = told["answer"]["disputes"], told["answer"]["search_tasks"]
    contested = await journey.get(f"/billing/v1/disputes/{dispute}")
    assert (contested["item_id"], contested["disputed"]) == (parts[2]["id"], cny("50.00"))
    await journey.post(f"/billing/v1/search-tasks/{search}:close", {"finding": "it went to another company"},
                       status=200)


async def held_in(books: Books, currency: str) -> tuple[str, str]:
    """Exposure and available credit in one of several currencies."""
    held = (await books.journey.get(f"/credit/v1/customers/{books.id}/position"))["positions"]
    (one,) = [one for one in held if one["exposure"]["currency"] == currency]
    return one["exposure"]["amount"], one["available"]["amount"]


async def in_base(journey: Journey) -> dict[str, str]:
    """Every journal account over all currencies, in the company's own."""
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for line in (await journey.get("/billing/v1/journal-balances"))["data"]:
        booked[line["account"]] += Decimal(line["base"]["amount"])
    return {account: str(amount) for account, amount in booked.items()}


async def rolled_forward(journey: Journey) -> dict[str, dict[str, str]]:
    """The period's movements by currency, in the company's own."""
    rolled = await journey.get("/billing/v1/roll-forward", from_="2026-03-01", to="2026-03-05")
    return {one["currency"]: {
        "opening": one["opening_base"]["amount"],
        **{line["line"]: line["base"]["amount"] for line in one["lines"] if line["base"]["amount"] != "0.00"},
        "closing": one["closing_base"]["amount"]} for one in rolled["currencies"]}


@pytest.mark.parametrize("story", [uncertain_money, credited_and_refunded, early_short_and_returned, month_end])
async def test_story(system: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(system)
