"""Deliveries on real PostgreSQL: they use credit at once, count in every answer, and their invoice counts once."""

import asyncio
from typing import Any
from uuid import UUID

from dunlin_events.contracts.billing import InvoiceVoided
from dunlin_events.contracts.billing_deliveries import DeliveryCancelled, DeliveryRecorded
from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def delivery(books: Any, amount: str, order: Any = None) -> DeliveryRecorded:
    return DeliveryRecorded.model_validate(dict(DeliveryRecorded.examples[0]) | {
        "customer_id": books.customer, "delivery_id": new_id(), "authorization_id": order, "amount": cny(amount)})


def billed(one: DeliveryRecorded, left: str = "0.00") -> dict[str, Any]:
    return {"delivery_id": one.delivery_id, "authorization_id": one.authorization_id, "amount": one.amount,
            "open_after": cny(left)}


async def row(books: Any) -> tuple[str, str, str, str, str]:
    [position] = (await books.position())["positions"]
    parts = position["parts"]
    return (parts["open"]["amount"], parts["delivered"]["amount"], parts["reserved"]["amount"],
            position["exposure"]["amount"], position["available"]["amount"])


async def test_delivered_billed_and_voided(books: Any) -> None:
    await books.limit("500.00")
    order = await books.ask("300.00")
    note = delivery(books, "120.00", order["id"])
    await books.hear(note)
    assert await row(books) == ("0.00", "120.00", "180.00", "300.00", "200.00")
    denied = await books.ask("200.01")
    assert (denied["decision"], denied["explanation"]["parts"]["delivered"]) == ("denied", cny("120.00"))
    [listed] = (await books.service.client.get("/credit/v1/positions?sort=available", headers=books.headers())
                ).json()["data"]
    assert (listed["parts"]["delivered"], listed["available"]) == (cny("120.00"), cny("200.00"))
    invoice = books.invoice("130.00", "130.00", authorization_id=order["id"], deliveries=[billed(note)])
    await books.hear(invoice, first=2)
    assert await row(books) == ("130.00", "0.00", "170.00", "300.00", "200.00")
    void = InvoiceVoided.model_validate(dict(InvoiceVoided.examples[0]) | {
        "customer_id": books.customer, "invoice_id": invoice.invoice_id, "amount": cny("130.00"), "items": [],
        "deliveries": [billed(note, "120.00")]})
    await books.hear(void, first=3)
    assert await row(books) == ("0.00", "120.00", "170.00", "290.00", "210.00")
    gone = DeliveryCancelled.model_validate(dict(DeliveryCancelled.examples[0]) | {
        "customer_id": books.customer, "delivery_id": note.delivery_id, "amount": cny("120.00")})
    await books.hear(gone, first=4)
    assert await row(books) == ("0.00", "0.00", "170.00", "170.00", "330.00")
    found = await books.service.client.get(f"/credit/v1/authorizations/{order['id']}", headers=books.headers())
    assert (found.json()["captured"], found.json()["over_captured"]) == (cny("130.00"), cny("0.00"))
    captured = [said for _, fact, said in await books.service.told(books.tenant) if fact == "AuthorizationCaptured"]
    assert [(one["invoice_id"], one["delivery_id"], one["amount"]["amount"]) for one in captured] == [
        (None, str(note.delivery_id), "120.00"), (str(invoice.invoice_id), None, "10.00")]
    assert await books.violations() == []


async def test_the_weight_is_the_policys(books: Any) -> None:
    await books.limit("500.00")
    await books.hear(delivery(books, "120.00"))
    body = {"disputed_weight_bps": 10000, "delivered_weight_bps": 5000, "over_capture_tolerance_bps": 500,
            "authorization_days": 30, "reason": "half of it"}
    answer = await books.service.client.post("/credit/v1/policies", json=body, headers=books.headers())
    assert answer.status_code == 201
    assert await row(books) == ("0.00", "120.00", "0.00", "60.00", "440.00")
    asked = await books.ask("440.01")
    assert asked["reasons"] == ["over_limit"]
    replayed = await books.service.client.get("/credit/v1/decisions/replay", headers=books.headers())
    assert replayed.json()["differing"] == [] and replayed.json()["replayed"] == 1


async def test_deliveries_and_orders_at_once_never_pass_the_limit(books: Any) -> None:
    """What is delivered for an order was reserved before: exposure stays, whoever comes first."""
    await books.limit("100.00")
    orders = [await books.ask("2.00") for _ in range(20)]

    async def ship() -> None:
        for n, order in enumerate(orders, start=1):
            await books.hear(delivery(books, "2.00", UUID(order["id"])), first=n)

    answers, _ = await asyncio.gather(asyncio.gather(*(books.ask("1.00") for _ in range(80))), ship())
    assert [one["decision"] for one in answers].count("approved") == 60
    assert await row(books) == ("0.00", "40.00", "60.00", "100.00", "0.00")
    assert await books.violations() == []
