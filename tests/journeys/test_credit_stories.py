"""Who may buy on credit, lived across the four services: a hold by rule, its end, decisions that say why."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny

REPLAYED = True
NUMBERS = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
           "authorization_days": 30}
HOLDS = {"overdue_grace_days": 0, "limit_exceeded_bps": 0, "broken_promise_days": None}


async def ask(books: Books, amount: str, **more: Any) -> Any:
    return await books.journey.post("/credit/v1/authorizations", {
        "customer_id": str(books.id), "amount": cny(amount), "reference": "SO-1"} | more)


async def row(books: Books) -> tuple[str, ...]:
    """open, delivered and not billed, reserved, exposure, available"""
    (held,) = (await books.journey.get(f"/credit/v1/customers/{books.id}/position"))["positions"]
    parts = held["parts"]
    return tuple(one["amount"] for one in (
        parts["open"], parts["delivered"], parts["reserved"], held["exposure"], held["available"]))


async def order_delivered_billed_paid(system: Dunlin) -> None:
    """Story 11 of the worked ones, row by row: authorise, deliver, capture by invoice, pay, expire."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="50000.00")
    await books.invoice("12000", lines=[{"description": "Goods", "quantity": "1", "unit_price": "12000",
                                         "tax_rate": "0"}])
    order = await ask(books, "30000.00")
    assert await row(books) == ("12000.00", "0.00", "30000.00", "42000.00", "8000.00")
    second = await ask(books, "8000.01")
    assert (second["decision"], second["reasons"]) == ("denied", ["over_limit"])
    assert await row(books) == ("12000.00", "0.00", "30000.00", "42000.00", "8000.00")
    await journey.post("/billing/v1/delivery-notes", {
        "customer_id": str(books.id), "amount": cny("16950.00"), "reference": "DN-1", "authorization_id": order["id"]})
    await journey.quiet()
    assert await row(books) == ("12000.00", "16950.00", "13050.00", "42000.00", "8000.00")
    first = await books.invoice("15000", authorization_id=order["id"])
    assert await row(books) == ("28950.00", "0.00", "13050.00", "42000.00", "8000.00")
    last = await books.invoice("12500", authorization_id=order["id"], final=True)
    assert await row(books) == ("43075.00", "0.00", "0.00", "43075.00", "6925.00")
    (alert,) = (await journey.get("/credit/v1/alerts"))["data"]
    assert (alert["rule"], alert["invoice_id"], alert["amount"], alert["line"]) == (
        "over_capture", last["id"], cny("1075.00"), cny("652.50"))
    items = [{"item_id": first["items"][0]["id"], "amount": cny("16950.00")}]
    pending = await books.pay("16950.00", "2026-03-01", state="pending", allocation="items", items=items)
    assert await row(books) == ("43075.00", "0.00", "0.00", "43075.00", "6925.00")
    await journey.post(f"/billing/v1/payments/{pending['id']}:confirm", {}, status=200)
    await journey.quiet()
    assert await row(books) == ("26125.00", "0.00", "0.00", "26125.00", "23875.00")
    await ask(books, "5000.00", expires_in_days=1)
    assert await row(books) == ("26125.00", "0.00", "5000.00", "31125.00", "18875.00")
    await journey.advance("2026-03-02 10:00")
    assert await row(books) == ("26125.00", "0.00", "0.00", "26125.00", "23875.00")
    assert (await journey.get("/credit/v1/decisions/replay"))["differing"] == []
    await journey.assert_integrity()


async def overdue_and_paid(system: Dunlin) -> None:
    """The day after the due date new orders stop; the money lets them go; the reservation was captured meanwhile."""
    journey = await Journey.begin(system, "2026-02-03 10:00")
    books = await Books.open(journey, limit="20000.00")
    tried = await journey.post("/credit/v1/policies:dry-run", NUMBERS | {"holds": HOLDS}, status=200)
    assert (tried["blocked"], tried["freed"]) == (0, 0)
    await journey.post("/credit/v1/policies", NUMBERS | {"reason": "no credit past due", "holds": HOLDS})
    await books.invoice("4000", issued_on="2026-01-05")
    reserved = await ask(books, "2260.00")
    assert (reserved["decision"], await books.credit()) == ("approved", ("6780.00", "13220.00"))
    await journey.advance("2026-02-05 10:00")
    denied = await ask(books, "1.00")
    assert (denied["reasons"], denied["explanation"]["holds"][0]["rule"]) == (["on_hold"], "overdue")
    await books.invoice("2000", authorization_id=reserved["id"], final=True)
    assert await books.credit() == ("6780.00", "13220.00")
    (row,) = (await journey.get("/credit/v1/positions", hold="true"))["data"]
    assert (row["customer_id"], row["can_buy"], row["reasons"]) == (str(books.id), False, ["on_hold"])
    await books.pay("4520.00", "2026-02-05")
    assert (await ask(books, "17740.00"))["decision"] == "approved"
    assert (await journey.get("/credit/v1/decisions/replay"))["differing"] == []
    await journey.assert_integrity()


async def everything_paid_ahead(system: Dunlin) -> None:
    """A prepaid customer has no credit: its money makes the order possible, and the invoice takes it."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="0.00", due_days=0, prepayment_bps=10000, cash_on_delivery=True)
    await journey.post("/credit/v1/policies", NUMBERS | {"reason": "deposits first", "deposit_first": True})
    denied = await ask(books, "1130.00")
    assert (denied["reasons"], denied["explanation"]["deposit"]) == (["deposit_missing", "no_credit"], cny("1130.00"))
    paid = await books.pay("1130.00", "2026-03-01", allocation="none")
    assert await row(books) == ("0.00", "0.00", "0.00", "-1130.00", "1130.00")
    order = await ask(books, "1130.00")
    assert (order["decision"], order["explanation"]["deposit_missing"]) == ("approved", cny("0.00"))
    assert await row(books) == ("0.00", "0.00", "1130.00", "0.00", "0.00")
    assert (await ask(books, "0.01"))["reasons"] == ["deposit_missing", "no_credit"]
    invoice = await books.invoice("1000", authorization_id=order["id"], final=True)
    assert await row(books) == ("1130.00", "0.00", "0.00", "0.00", "0.00")
    items = [{"item_id": invoice["items"][0]["id"], "amount": cny("1130.00")}]
    await journey.post(f"/billing/v1/payments/{paid['id']}:apply", {"allocation": "items", "items": items}, status=200)
    await journey.quiet()
    assert await row(books) == ("0.00", "0.00", "0.00", "0.00", "0.00")
    assert (await journey.get("/credit/v1/decisions/replay"))["differing"] == []
    wish = {"customer_id": str(books.id), "currency": "CNY", "amount": "5000.00", "reason": "as agreed"}
    proposed = await journey.post("/credit/v1/limit-proposals", wish)
    await journey.quiet()
    (waits,) = (await journey.get("/billing/v1/approvals"))["data"]
    assert (waits["limit_proposal_id"], waits["amount"], waits["may_sign"]) == (
        proposed["id"], cny("5000.00"), False)
    await journey.assert_integrity()


async def bill_in_hand(system: Dunlin) -> None:
    """A bill of exchange settles the debt, is exposure until it is paid, and nobody is reminded; dishonoured, the old
    debt is there again with its day."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="10000.00")
    await books.invoice("4000", issued_on="2026-02-01")
    assert await books.credit() == ("4520.00", "5480.00")
    bill = await journey.post("/billing/v1/bills", {
        "customer_id": str(books.id), "amount": cny("4520.00"), "number": "5130", "risk_class": "commercial",
        "drawer": "Huawei", "acceptor": "Huawei", "received_on": "2026-03-01", "due_on": "2026-03-05"})
    await journey.quiet()
    assert await books.credit() == ("4520.00", "5480.00")
    await journey.advance("2026-03-07 10:00")
    assert await books.reminders() == []
    await journey.post(f"/billing/v1/bills/{bill['id']}:dishonour", {
        "reason": "dishonoured", "fee": cny("25.00")}, status=200)
    await journey.quiet()
    assert await books.credit() == ("4545.00", "5455.00")
    assert await books.aged("2026-03-07") == {"not_due": "25.00", "1_30": "4520.00", "net": "4545.00"}
    await journey.assert_integrity()


STORIES: list[Callable[[Dunlin], Awaitable[None]]] = [
    overdue_and_paid, order_delivered_billed_paid, everything_paid_ahead, bill_in_hand]


@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
async def test_on_a_calm_bus(calm: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(calm)


@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
async def test_with_duplicates_delays_and_redelivery(
    faulty: Dunlin, story: Callable[[Dunlin], Awaitable[None]],
) -> None:
    await story(faulty)
