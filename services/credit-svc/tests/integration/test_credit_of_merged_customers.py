"""A customer that was merged: its orders, holds and covers go on at the other one, and what it did is its history."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from credit_svc.consumers.customer import customer
from credit_svc.jobs import carry_over_credit
from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoiceIssued
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


async def cover(books: Any, who: UUID, amount: str) -> Any:
    return await books.service.client.post(f"/credit/v1/customers/{who}/covers", headers=books.headers(), json={
        "kind": "guarantee", "amount": cny(amount), "share_bps": 10000, "valid_from": "2026-01-01",
        "provider": "Bank of Jiangsu", "reference": "G-1", "reason": "as agreed"})


async def test_covers_and_a_limit_go_on_where_there_is_none(books: Any) -> None:
    into = await another(books)
    await put(books, books.customer, "1000.00")
    covered = await cover(books, books.customer, "500.00")
    assert covered.status_code == 201, covered.text
    await merge(books, into)
    limits = [(who, one["version"], one["limit"]["amount"]) for who, _, one in await facts(books, "CreditLimitChanged")]
    assert limits == [(str(books.customer), 1, "1000.00"), (str(books.customer), 2, "0.00"), (str(into), 1, "1000.00")]
    told = [(who, one["cover_id"], one["counts"]) for who, _, one in await facts(books, "CoverTransferred")]
    assert told == [(str(one), covered.json()["id"], cny("500.00")) for one in (books.customer, into)]
    assert await facts(books, "RiskAlertRaised") == []
    answer = await books.service.client.get(f"/credit/v1/customers/{into}/position", headers=books.headers())
    assert [one["limit"]["amount"] for one in answer.json()["positions"]] == [cny("1500.00")]
    ended = await books.service.client.post(
        f"/credit/v1/covers/{covered.json()['id']}:end", headers=books.headers(), json={"reason": "returned"})
    assert (ended.status_code, ended.json()["customer_id"]) == (200, str(into))
    for refused in (await cover(books, books.customer, "1.00"), await books.service.client.put(
            f"/credit/v1/customers/{books.customer}/limit", headers=books.headers(), json={
                "currency": "CNY", "amount": "5.00", "reason": "as agreed"})):
        assert (refused.status_code, refused.json()["code"]) == (409, "customer_merged")
    await whole(books)


async def test_what_waits_for_a_second_person_waits_for_the_one_that_goes_on(books: Any) -> None:
    into = await another(books)
    made = await books.service.client.post(
        "/credit/v1/limit-proposals", headers=books.headers(), json={
            "customer_id": str(books.customer), "currency": "CNY", "amount": "900.00", "reason": "as agreed"})
    assert made.status_code == 201, made.text
    await merge(books, into)
    told = [(who, said.get("outcome")) for who, _, said in await facts(books, "ApprovalAsked", "ApprovalEnded")]
    assert told == [(str(books.customer), None), (str(books.customer), "transferred"), (str(into), None)]
    other = books.service.headers(books.tenant, "credit:approve", subject="second")
    approved = await books.service.client.post(
        f"/credit/v1/limit-proposals/{made.json()['id']}:approve", headers=other, json={})
    assert (approved.status_code, approved.json()["customer_id"]) == (200, str(into)), approved.text
    await whole(books)


def paid(books: Any, who: UUID, **more: Any) -> CreditAllocated:
    return CreditAllocated.model_validate(CreditAllocated.examples[0] | {
        "customer_id": who, "allocation_id": new_id(), "due_on": "2026-02-01", "business_on": "2026-02-21", **more})


async def values(books: Any, who: UUID) -> dict[str, int | None]:
    answer = await books.service.client.post(
        f"/credit/v1/customers/{who}/ratings", headers=books.headers(), json={})
    assert answer.status_code == 201, answer.text
    answer = await books.service.client.get(f"/credit/v1/customers/{who}/rating", headers=books.headers())
    return {one["attribute"]: one["value"] for one in answer.json()["willingness"]}


async def test_how_the_old_one_paid_is_how_the_one_that_goes_on_paid(books: Any) -> None:
    into = await another(books)
    late, late_again = paid(books, books.customer), paid(books, books.customer)
    await books.hear(late, late_again)
    await books.hear(paid(books, into, business_on="2026-02-01"))
    assert (await values(books, into))["days_late"] == 0
    await merge(books, into)
    assert ((await values(books, into))["days_late"] or 0) > 12
    refused = await books.service.client.post(
        f"/credit/v1/customers/{books.customer}/ratings", headers=books.headers(), json={})
    assert refused.json()["code"] == "customer_merged"
    undone = AllocationReversed.model_validate(AllocationReversed.examples[0] | {
        "customer_id": into, "allocation_id": late.allocation_id})
    unheard = paid(books, books.customer)
    before_it = AllocationReversed.model_validate(AllocationReversed.examples[0] | {
        "customer_id": into, "allocation_id": unheard.allocation_id})
    await books.hear(undone, before_it, first=2)
    await books.hear(unheard, first=3)
    assert 9 <= ((await values(books, into))["days_late"] or 0) <= 11
    checked = await books.service.client.get("/credit/v1/integrity", headers=books.headers())
    assert "I8-payments" in {one["id"] for one in checked.json()["checks"] if one["holds"]}
