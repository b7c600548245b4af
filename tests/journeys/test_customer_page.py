"""One customer's page through a debt's life: what it owes, may buy and was told, its class, its end."""

from dunlin_running import Dunlin, Journey
from story_words import Books, cny

CUSTOMERS = "/customer/v1/customers"


async def test_a_customers_page_follows_what_happens(faulty: Dunlin) -> None:
    journey = await Journey.begin(faulty, "2026-02-03 10:00")
    books = await Books.open(journey, limit="20000.00")
    path = f"{CUSTOMERS}/{books.id}"
    await books.invoice("10000", issued_on="2026-01-05")
    await journey.advance("2026-02-10 10:00")
    page = await journey.get(f"{path}/overview")
    [account], [credit] = page["accounts"], page["credit"]
    assert (account["open"], account["overdue"], account["oldest_days_overdue"]) == (
        cny("11300.00"), cny("11300.00"), 6)
    assert (credit["limit"], credit["available"]) == (cny("20000.00"), cny("8700.00"))
    assert page["last_reminder"] is not None
    assert {one["dimension"]: one["value"] for one in page["classes"]} == {
        "abc": "A", "value_tier": "normal", "payment_behaviour": "chronic", "size": "small", "type": "new"}
    refused = await faulty.client.post(f"{path}:close", headers=journey.headers | {"Idempotency-Key": "early"})
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_owes")

    await books.pay("11300.00", "2026-02-10")
    page = await journey.get(f"{path}/overview")
    assert (page["accounts"][0]["open"], page["accounts"][0]["last_paid"]) == (cny("0.00"), cny("11300.00"))
    assert {position.split("/")[0] for position in page["positions"]} == {"customer", "billing", "credit", "notify"}
    closed = await journey.post(f"{path}:close", status=200)
    assert closed["status"] == "closed"
    await journey.quiet()
    line = {"description": "Goods", "quantity": "1", "unit_price": "1", "tax_rate": "0"}
    late = await faulty.client.post(
        "/billing/v1/invoices", headers=journey.headers | {"Idempotency-Key": "late"},
        json={"customer_id": str(books.id), "currency": "CNY", "lines": [line], "issue": True})
    assert (late.status_code, late.json()["code"]) == (409, "customer_suspended")
    await journey.assert_integrity()
