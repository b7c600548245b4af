"""Two entries of one customer become one: debt, credit, orders, promises and reminders go on, and nothing twice."""

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny


@pytest.fixture(params=["faulty", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> Dunlin:
    """With duplicates, delays and redelivery, then on Kafka with the same."""
    running: Dunlin = request.getfixturevalue(request.param)
    return running


async def test_two_become_one(system: Dunlin) -> None:
    journey = await Journey.begin(system, "2026-02-03 10:00")
    old, new = await Books.open(journey, limit="10000.00"), await Books.open(journey, limit="20000.00")
    item = (await old.invoice("4000", issued_on="2026-01-05"))["items"][0]["id"]
    await new.invoice("1000", issued_on="2026-01-05")
    await journey.advance("2026-02-10 10:00")
    await old.pay("300.00", "2026-02-10", allocation="none")
    order = await journey.post("/credit/v1/authorizations", {
        "customer_id": str(old.id), "amount": cny("1000.00"), "reference": "SO-1"})
    await journey.post("/notify/v1/promises", {
        "customer_id": str(old.id), "amount": cny("2000.00"), "promised_on": "2026-02-25", "grace_days": 0,
        "item_ids": [item], "note": None})
    await journey.quiet()
    past = await new.aged("2026-02-09")
    before = await old.reminders()
    assert await old.credit() == ("5220.00", "4780.00")

    await journey.post(f"/customer/v1/customers/{old.id}:merge", {"into_id": str(new.id)}, status=200)
    await journey.quiet()
    assert await new.credit() == ("6350.00", "13650.00")
    assert await old.credit() == ("0.00", "0.00")
    assert await new.aged("2026-02-09") == past
    account = await journey.get(f"/billing/v1/customers/{old.id}/account")
    assert (account["merged_into"], account["accounts"][0]["open"]) == (str(new.id), cny("0.00"))
    refused = await journey.post("/credit/v1/authorizations", {
        "customer_id": str(old.id), "amount": cny("1.00"), "reference": "SO-2"}, status=409)
    assert (refused["code"], refused["facts"]["into_id"]) == ("customer_merged", str(new.id))

    paid = await old.pay("520.00", "2026-02-10", allocation="items", items=[{"item_id": item}])
    assert paid["customer_id"] == str(new.id)
    billed = await new.invoice("500", authorization_id=order["id"], final=True)
    assert await new.credit() == ("5395.00", "14605.00")
    (promise,) = (await journey.get("/notify/v1/promises", customer_id=str(new.id)))["data"]
    assert (promise["amount"], promise["status"], promise["item_ids"]) == (cny("2000.00"), "running", [item])

    await journey.advance("2026-03-20 10:00")
    assert await old.reminders() == before == [
        ("2026-02-03", "INV-000001", 0, "4520.00"), ("2026-02-07", "INV-000001", 1, "4520.00")]
    assert await new.reminders() == [
        ("2026-02-03", "INV-000002", 0, "1130.00"), ("2026-02-07", "INV-000002", 1, "1130.00"),
        ("2026-02-19", "INV-000002", 2, "1130.00"), ("2026-02-26", "INV-000001", 2, "4000.00"),
        ("2026-03-06", "INV-000001", 3, "4000.00"), ("2026-03-06", "INV-000002", 3, "1130.00"),
        ("2026-03-09", billed["number"], 0, "565.00"), ("2026-03-15", billed["number"], 1, "565.00")]
    (promise,) = (await journey.get("/notify/v1/promises", customer_id=str(new.id)))["data"]
    assert (promise["status"], promise["received"]) == ("broken", cny("520.00"))
    assert await old.credit() == ("0.00", "0.00")
    assert await new.credit() == ("5395.00", "14605.00")
    await journey.assert_integrity()
