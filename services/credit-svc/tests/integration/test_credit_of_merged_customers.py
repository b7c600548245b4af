"""A customer that was merged: its orders and holds go on at the other one, its limits end, nothing is asked for it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from credit_svc.consumers.customer import customer
from credit_svc.jobs import carry_over_credit
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.billing_deliveries import DeliveryRecorded
from dunlin_events.contracts.billing_transfers import CreditTransferred, DebtTransferred, DeliveriesTransferred
from dunlin_events.contracts.customer import CustomerClosed, CustomerRegistered
from dunlin_events.contracts.customer_groups import CustomersMerged
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell, work_off

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def another(books: Any) -> UUID:
    """The customer that goes on."""
    into = new_id()
    told = CustomerRegistered.model_validate(CustomerRegistered.examples[0] | {
        "customer_id": into, "number": "C-000002", "status": "active"})
    await tell(books.service.database, customer, books.tenant, told)
    return into


async def merge(books: Any, into: UUID) -> None:
    closed = CustomerClosed.model_validate(CustomerRegistered.examples[0] | {
        "customer_id": books.customer, "number": "C-000001", "status": "closed"})
    merged = CustomersMerged(customer_id=books.customer, source_id=books.customer, source_number="C-000001",
                             into_id=into, into_number="C-000002")
    for first in (2, 4):
        await tell(books.service.database, customer, books.tenant, closed, merged, first=first, at=AT)
        await work_off(books.service, books.tenant, {carry_over_credit.KIND: carry_over_credit.run})


async def put(books: Any, who: UUID, amount: str) -> None:
    answer = await books.service.client.put(f"/credit/v1/customers/{who}/limit", headers=books.headers(), json={
        "currency": "CNY", "amount": amount, "reason": "as agreed"})
    assert answer.status_code == 200, answer.text


async def facts(books: Any, *names: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(stream.rpartition(":")[2], fact, payload)
            for stream, fact, payload in await books.service.told(books.tenant) if fact in names]


async def whole(books: Any) -> None:
    answer = await books.service.client.get("/credit/v1/integrity", headers=books.headers())
    assert [one for one in answer.json()["checks"] if one["violations"]] == []


async def test_what_is_reserved_goes_on_and_limits_are_not_added(books: Any) -> None:
    into, asked = await another(books), books.ask
    await put(books, books.customer, "1000.00")
    await put(books, into, "800.00")
    order = await asked("300.00", reference="SO-7")
    await merge(books, into)
    moved = [(who, one["authorization_id"], one["amount"]) for who, _, one in await facts(
        books, "AuthorizationTransferred")]
    assert moved == [(str(books.customer), order["id"], cny("300.00")), (str(into), order["id"], cny("300.00"))]
    ended = [one for who, _, one in await facts(books, "CreditLimitChanged") if who == str(books.customer)]
    assert [(one["version"], one["limit"]) for one in ended] == [(1, cny("1000.00")), (2, cny("0.00"))]
    alerts = [(who, one["rule"], one["amount"], one["tolerated"]) for who, _, one in await facts(
        books, "RiskAlertRaised")]
    assert alerts == [(str(into), "customer_merged", cny("1000.00"), cny("800.00"))]
    answer = await books.service.client.post("/credit/v1/authorizations", headers=books.headers(), json={
        "customer_id": str(into), "amount": cny("501.00"), "reference": "SO-8"})
    assert answer.json()["reasons"] == ["over_limit"]
    await whole(books)


async def test_an_order_for_the_old_customer_names_the_one_that_goes_on(books: Any) -> None:
    into = await another(books)
    await merge(books, into)
    answer = await books.service.client.post("/credit/v1/authorizations", headers=books.headers(), json={
        "customer_id": str(books.customer), "amount": cny("1.00"), "reference": "SO-9"})
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_merged")
    assert answer.json()["facts"]["into_number"] == "C-000002"
    assert answer.json()["facts"]["into_id"] == str(into)


async def test_a_hold_by_hand_goes_on_once(books: Any) -> None:
    into = await another(books)
    answer = await books.service.client.post(
        f"/credit/v1/customers/{books.customer}/holds", headers=books.headers(), json={
            "reason": "insolvency", "note": "court of Shanghai"})
    assert answer.status_code in (200, 201), answer.text
    await merge(books, into)
    placed = [(who, fact, one.get("reason"), one.get("cause")) for who, fact, one in await facts(
        books, "CreditHoldPlaced", "CreditHoldReleased")]
    assert placed == [
        (str(books.customer), "CreditHoldPlaced", "insolvency", None),
        (str(books.customer), "CreditHoldReleased", None, "merged"),
        (str(into), "CreditHoldPlaced", "insolvency", None)]


async def test_both_copies_are_proved_at_each_fact_of_the_transfer(books: Any) -> None:
    into, items = await another(books), new_id()
    issued = InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": books.customer, "items": [
            {"item_id": items, "due_on": "2026-02-04", "amount": cny("4520.00")}]})
    out, came = (DebtTransferred.model_validate(example | {
        "customer_id": who, "source_id": books.customer, "into_id": into, "disputed": cny("0.00"),
        "account": {"open": cny(left), "disputed": cny("0.00"), "unapplied": cny("0.00")},
        "items": [{**example["items"][0], "item_id": items, "disputed_after": cny("0.00")}]})  # type: ignore[index]
        for example, who, left in zip(
            DebtTransferred.examples, (books.customer, into), ("0.00", "4520.00"), strict=True))
    credit = CreditTransferred.model_validate(CreditTransferred.examples[1] | {
        "customer_id": into, "account": {
            "open": cny("4520.00"), "disputed": cny("0.00"), "unapplied": cny("310.00")}})
    await books.hear(came, credit)
    await books.hear(issued, out)
    for who, exposure in ((books.customer, "0.00"), (into, "4210.00")):
        answer = await books.service.client.get(f"/credit/v1/customers/{who}/position", headers=books.headers())
        assert answer.status_code == 200, answer.text
        assert [one["exposure"]["amount"] for one in answer.json()["positions"]] == [exposure]
    checked = await books.service.client.get("/credit/v1/integrity", headers=books.headers())
    assert "I8" in {one["id"] for one in checked.json()["checks"] if one["holds"]}


async def test_what_is_delivered_counts_once_whatever_is_heard_first(books: Any) -> None:
    into = await another(books)
    recorded = DeliveryRecorded.model_validate(DeliveryRecorded.examples[1] | {
        "customer_id": books.customer, "amount": cny("300.00")})
    out, came = (DeliveriesTransferred.model_validate(example | {
        "customer_id": who, "source_id": books.customer, "into_id": into, "deliveries": [
            {**example["deliveries"][0], "delivery_id": recorded.delivery_id, "total": cny("300.00"),  # type: ignore[index]
             "amount": cny(amount), "open_after": cny(left)}]})
        for example, who, amount, left in zip(
            DeliveriesTransferred.examples, (books.customer, into), ("-300.00", "300.00"), ("0.00", "300.00"),
            strict=True))
    await books.hear(came)
    await books.hear(recorded, out)
    for who, exposure in ((books.customer, "0.00"), (into, "300.00")):
        answer = await books.service.client.get(f"/credit/v1/customers/{who}/position", headers=books.headers())
        assert [one["exposure"]["amount"] for one in answer.json()["positions"]] == [exposure]
