"""Prepayment on real PostgreSQL: terms are heard, told with each answer, and wait for the money where they must."""

import asyncio
from typing import Any

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.billing import PaymentConfirmed
from dunlin_events.contracts.billing_deposits import CreditKept, DepositRequested, DepositRequestEnded
from dunlin_events.contracts.customer import CustomerTermsChanged
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

NUMBERS = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
           "authorization_days": 30, "reason": "deposits first"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def ahead(books: Any, bps: int) -> None:
    told = dict(CustomerTermsChanged.examples[0]) | {
        "customer_id": books.customer, "status": "active",
        "terms": {"due_days": 0, "end_of_month": False, "prepayment_bps": bps, "cash_on_delivery": True}}
    await tell(books.service.database, customer, books.tenant, CustomerTermsChanged.model_validate(told), first=2)


async def paid(books: Any, amount: str) -> None:
    fact = PaymentConfirmed.model_validate(dict(PaymentConfirmed.examples[0]) | {
        "customer_id": books.customer, "amount": cny(amount),
        "account": {"open": cny("0.00"), "disputed": cny("0.00"), "unapplied": cny(amount)}})
    await books.hear(fact)


async def policy(books: Any, **more: Any) -> dict[str, Any]:
    answer = await books.service.client.post("/credit/v1/policies", json=NUMBERS | more, headers=books.headers())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_deposit_is_told_and_refuses_only_where_the_policy_says(books: Any) -> None:
    await books.limit("1000.00")
    await ahead(books, 3000)
    asked = await books.ask("100.00")
    said = asked["explanation"]
    assert (asked["decision"], said["deposit"], said["deposit_missing"], said["prepayment_bps"],
            said["cash_on_delivery"]) == ("approved", cny("30.00"), cny("30.00"), 3000, True)
    told = [fact for _, name, fact in await books.service.told(books.tenant) if name == "CreditAuthorized"]
    assert [one["deposit"] for one in told] == [cny("30.00")]
    tried = await books.service.client.post(
        "/credit/v1/policies:dry-run", json=NUMBERS | {"deposit_first": True}, headers=books.headers())
    assert (tried.json()["blocked"], tried.json()["freed"]) == (1, 0)
    assert (await policy(books, deposit_first=True))["deposit_first"] is True
    denied = await books.ask("100.00")
    assert (denied["reasons"], denied["explanation"]["deposit_missing"]) == (["deposit_missing"], cny("60.00"))
    listed = await books.service.client.get("/credit/v1/positions", headers=books.headers())
    assert [(one["can_buy"], one["reasons"]) for one in listed.json()["data"]] == [(False, ["deposit_missing"])]
    await paid(books, "60.00")
    assert (await books.ask("100.00"))["decision"] == "approved"
    assert (await books.ask("0.02"))["reasons"] == ["deposit_missing"]
    assert (await policy(books))["deposit_first"] is True
    replayed = await books.service.client.get("/credit/v1/decisions/replay", headers=books.headers())
    assert (replayed.json()["replayed"], replayed.json()["differing"]) == (4, [])
    assert await books.violations() == []


async def test_prepaid_orders_at_once_are_as_many_as_are_paid(books: Any) -> None:
    """No credit at all, everything ahead: 20.00 on the account are twenty orders of 1.00."""
    await books.limit("0.00")
    await ahead(books, 10_000)
    await policy(books, deposit_first=True)
    await paid(books, "20.00")
    answers = await asyncio.gather(*(books.ask("1.00") for _ in range(40)))
    assert [one["decision"] for one in answers].count("approved") == 20
    reasons = {reason for one in answers for reason in one["reasons"]}
    assert reasons == {"deposit_missing", "no_credit"} and await books.violations() == []


async def test_a_deposit_frees_credit_for_its_own_order_only(books: Any) -> None:
    """100.00 is the limit; 60.00 came in for SO-1, by the order's name, and 30.00 for the order of an id."""
    await books.limit("100.00")
    ours, order = new_id(), new_id()
    asked = [DepositRequested.model_validate(dict(DepositRequested.examples[0]) | {
        "customer_id": books.customer, "request_id": request, "order_reference": reference, "authorization_id": named})
        for request, reference, named in ((ours, "SO-1", None), (order, "SO-7", order))]
    await books.hear(*asked)
    await paid(books, "90.00")
    kept = [CreditKept.model_validate({
        "customer_id": books.customer, "credit_id": new_id(), "request_id": request, "kept": cny(amount)})
        for request, amount in ((ours, "60.00"), (order, "30.00"))]
    await books.hear(*kept, first=4)
    said = (await books.position())["positions"][0]
    assert (said["available"], said["parts"]["unapplied"], said["parts"]["kept"]) == (
        cny("100.00"), cny("0.00"), cny("90.00"))
    assert (await books.ask("100.01", reference="SO-2"))["reasons"] == ["over_limit"]
    by_id = await books.ask("130.00", reference="SO-8", id=str(order))
    assert (by_id["decision"], by_id["explanation"]["parts"]["unapplied"]) == ("approved", cny("30.00"))
    assert (await books.ask("30.01", reference="SO-1"))["decision"] == "denied", "130.00 are reserved"
    assert (await books.ask("30.00", reference="SO-1"))["decision"] == "approved"
    await books.hear(DepositRequestEnded.model_validate(dict(DepositRequestEnded.examples[0]) | {
        "customer_id": books.customer, "request_id": ours}), first=6)
    after = (await books.position())["positions"][0]
    assert (after["parts"]["unapplied"], after["parts"]["kept"]) == (cny("60.00"), cny("30.00"))
    replayed = await books.service.client.get("/credit/v1/decisions/replay", headers=books.headers())
    assert (replayed.json()["replayed"], replayed.json()["differing"]) == (4, [])
    assert await books.violations() == []
