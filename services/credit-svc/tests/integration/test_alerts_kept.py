"""Alerts: raised once per line, given to the owner, acknowledged once; mismatches closed by a person."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from credit_svc.consumers.customer import customer
from credit_svc.jobs import turn_credit_day
from credit_svc.usecases.watch_lines import watch_lines
from dunlin_events.contracts.billing import CreditAllocated, PaymentConfirmed
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import new_id
from dunlin_kit import pace
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import tell

POLICY = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
          "authorization_days": 30, "reason": "lines", "alerts": {
              "ageing_days": [5, 10], "limit_cut_bps": 2000, "concentration_bps": 6000,
              "amount_above": [{"amount": "500.00", "currency": "CNY"}]}}


async def call(books: Any, path: str, body: Any = None, *, method: str = "POST") -> Any:
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=books.headers())


async def alerts(books: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await call(books, f"/alerts{query}", method="GET")
    return list(answer.json()["data"])


async def turn(books: Any, day: int, month: int = 3) -> None:
    await books.service.move_clock(books.tenant, datetime(2026, month, day, 16, tzinfo=UTC))
    ops = Database(books.service.urls.ops, source="/dunlin/credit", pool_size=1)
    runner = JobRunner(service="credit", ops=ops, app=books.service.database,
                       handlers={turn_credit_day.KIND: turn_credit_day.run})
    while await runner.run_one():
        pass
    await ops.close()


def owed(books: Any, total: str, opened: str, due_on: str) -> Any:
    return books.invoice(total, opened, items=[
        {"item_id": str(new_id()), "due_on": due_on, "amount": {"amount": total, "currency": "CNY"}}])


async def test_each_line_of_ageing_speaks_once_to_the_owner(books: Any) -> None:
    told = CustomerOwnerChanged.model_validate(dict(CustomerOwnerChanged.examples[0]) | {"customer_id": books.customer})
    await tell(books.service.database, customer, books.tenant, told, first=2)
    assert (await call(books, "/policies", POLICY)).status_code == 201
    await books.hear(owed(books, "100.00", "100.00", "2026-02-26"))
    for day in range(1, 14):
        await turn(books, day)
    found = await alerts(books, "?rule=ageing")
    assert [(one["level"], one["amount"]["amount"], one["owner"], one["number"], one["raised_at"][:10])
            for one in found] == [
        (1, "100.00", "S-17", "C-000001", "2026-03-03"), (2, "100.00", "S-17", "C-000001", "2026-03-08")]
    assert await books.violations() == []


async def test_orders_cuts_and_shares_alert(books: Any) -> None:
    await call(books, "/policies", POLICY)
    await books.limit("1000.00")
    await books.ask("500.00")
    asked = await books.ask("500.01")
    [large] = await alerts(books)
    assert (large["rule"], large["authorization_id"], asked["decision"]) == ("amount", asked["id"], "denied")
    await books.limit("801.00")
    await books.limit("640.00")
    assert [one["rule"] for one in await alerts(books)] == ["amount", "credit_change"]
    other = replace(books, customer=new_id())
    registered = dict(CustomerRegistered.examples[0]) | {"customer_id": other.customer, "status": "active"}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(registered))
    await books.hear(owed(books, "70.00", "70.00", "2027-01-01"))
    await other.hear(owed(other, "30.00", "30.00", "2027-01-01"))
    for day in (1, 2):
        await turn(books, day)
    [shared] = await alerts(books, "?rule=concentration")
    assert (shared["amount"]["amount"], shared["line"]["amount"]) == ("70.00", "60.00")
    assert await books.violations() == []


async def test_who_owes_and_stops_paying_is_told_of_once(books: Any) -> None:
    await call(books, "/policies", POLICY | {"alerts": {"silence_days": 7}})
    first, second = owed(books, "30.00", "30.00", "2026-02-20"), owed(books, "50.00", "80.00", "2026-03-03")
    figures = {"disputed": {"amount": "0.00", "currency": "CNY"}}
    paid = PaymentConfirmed.model_validate(dict(PaymentConfirmed.examples[0]) | {
        "customer_id": books.customer, "amount": {"amount": "30.00", "currency": "CNY"}, "account": figures | {
            "open": {"amount": "80.00", "currency": "CNY"}, "unapplied": {"amount": "30.00", "currency": "CNY"}}})
    settled = CreditAllocated.model_validate(dict(CreditAllocated.examples[0]) | {
        "customer_id": books.customer, "item_id": first.items[0].item_id, "invoice_id": first.invoice_id,
        "due_on": "2026-02-20", "business_on": "2026-03-01", "effective_on": "2026-03-01", "discount": None,
        "amount": {"amount": "30.00", "currency": "CNY"}, "open_after": {"amount": "0.00", "currency": "CNY"},
        "account": figures | {"open": {"amount": "50.00", "currency": "CNY"},
                              "unapplied": {"amount": "0.00", "currency": "CNY"}}})
    await books.hear(first, second, paid, settled)
    for day in range(1, 12):
        await turn(books, day)
    [told] = await alerts(books, "?rule=silence")
    assert (told["amount"]["amount"], told["raised_at"][:10]) == ("50.00", "2026-03-08")
    assert await books.violations() == []


async def test_a_cover_is_told_of_once_before_it_ends(books: Any) -> None:
    told = CustomerOwnerChanged.model_validate(dict(CustomerOwnerChanged.examples[0]) | {"customer_id": books.customer})
    await tell(books.service.database, customer, books.tenant, told, first=2)
    await call(books, "/policies", POLICY | {"alerts": {"cover_end_days": 5}})
    body = {"kind": "insurance", "amount": {"amount": "500.00", "currency": "CNY"}, "share_bps": 9000,
            "valid_from": "2026-03-01", "provider": "Sinosure", "reference": "P-1", "reason": "export"}
    made = {until: (await call(books, f"/customers/{books.customer}/covers", body | {"valid_until": until})).json()
            for until in ("2026-03-08", "2026-03-14", "2026-03-31", None)}
    gone = await call(books, f"/covers/{made['2026-03-14']['id']}:end", {"reason": "insurer withdrew"})
    assert gone.status_code == 200
    for day in range(1, 12):
        await turn(books, day)
    [one] = await alerts(books, "?rule=cover_ending")
    assert (one["cover_id"], one["amount"]["amount"], one["owner"], one["raised_at"][:10]) == (
        made["2026-03-08"]["id"], "450.00", "S-17", "2026-03-02")
    assert await books.violations() == []


async def test_an_alert_is_given_away_and_acknowledged_once(books: Any) -> None:
    await call(books, "/policies", POLICY)
    await books.ask("600.00")
    [one] = await alerts(books)
    given = await call(books, f"/alerts/{one['id']}:assign", {"owner": "chief"})
    assert given.json()["owner"] == "chief"
    assert [x["id"] for x in await alerts(books, "?owner=chief")] == [one["id"]]
    answers = await asyncio.gather(*(
        call(books, f"/alerts/{one['id']}:acknowledge", {"note": "called"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert (await books.told()).count("AlertAcknowledged") == 1
    assert await alerts(books) == []
    [seen] = await alerts(books, f"?status=all&customer_id={books.customer}")
    assert (seen["acknowledged_by"], seen["note"], seen["owner"]) == ("clerk", "called", "chief")
    late = await call(books, f"/alerts/{one['id']}:assign", {"owner": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "alert_acknowledged")
    missing = await call(books, f"/alerts/{new_id()}", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "alert_not_found")
    assert await books.violations() == []


async def test_a_mismatch_is_closed_with_a_reason(books: Any) -> None:
    await books.hear(owed(books, "100.00", "101.00", "2027-01-01"))
    assert [check["id"] for check in await books.violations()] == ["I8"]
    [found] = (await call(books, "/mismatches", method="GET")).json()["data"]
    assert (found["reckoned"]["open"]["amount"], found["told"]["open"]["amount"]) == ("100.00", "101.00")
    closing = {"currency": "CNY", "sequence": 1, "reason": "restored before it was told"}
    path = f"/customers/{books.customer}/mismatches:close"
    assert (await call(books, path, closing)).json()["closed_by"] == "clerk"
    again = await call(books, path, closing)
    assert (again.status_code, again.json()["code"]) == (409, "mismatch_closed")
    missing = await call(books, path, closing | {"sequence": 9})
    assert (missing.status_code, missing.json()["code"]) == (404, "mismatch_not_found")
    assert await books.violations() == []
    assert len((await call(books, "/mismatches?waiting=false", method="GET")).json()["data"]) == 1


@pytest.mark.parametrize("grace", [None, 90])
async def test_a_first_line_is_crossed_beside_customers_who_crossed_theirs_before(
    books: Any, grace: int | None,
) -> None:
    """Whoever is first by key has no level to lock yet: the exposures are what two runs of a day wait for."""
    holds = {"overdue_grace_days": grace, "limit_exceeded_bps": None, "broken_promise_days": None}
    assert (await call(books, "/policies", POLICY | {"holds": holds})).status_code == 201
    early, late = (replace(books, customer=one) for one in sorted((new_id(), new_id())))
    for one, due in ((late, "2026-02-26"), (early, "2026-02-27")):
        registered = dict(CustomerRegistered.examples[0]) | {"customer_id": one.customer, "status": "active"}
        await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(registered))
        await one.hear(owed(one, "10.00", "10.00", due))
    for day in (2, 3, 4):
        await turn(books, day)
    raised = [(one["customer_id"], one["raised_at"][:10]) for one in await alerts(books, "?rule=ageing")]
    assert sorted(raised, key=lambda one: one[1]) == [
        (str(late.customer), "2026-03-03"), (str(early.customer), "2026-03-04")]
    assert await books.violations() == []


async def test_a_slice_of_the_day_that_took_long_is_followed_by_smaller_ones(
    books: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It holds exposures and streams of customers, and no order shall wait for them long."""
    await call(books, "/policies", POLICY)
    customers = [replace(books, customer=new_id()) for _ in range(8)]
    for one in customers:
        registered = dict(CustomerRegistered.examples[0]) | {"customer_id": one.customer, "status": "active"}
        await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(registered))
        await one.hear(owed(one, "10.00", "10.00", "2026-02-26"))
    slices = []

    async def noting(tx: Any, some: Any, *rest: Any) -> None:
        slices.append(len(some))
        await watch_lines(tx, some, *rest)

    monkeypatch.setattr(turn_credit_day, "watch_lines", noting)
    monkeypatch.setattr(turn_credit_day, "CUSTOMERS", 16)
    monkeypatch.setattr(turn_credit_day, "LEAST", 1)
    monkeypatch.setattr(pace, "LONG_SECONDS", 0)
    await turn(books, 3)
    assert slices[:4] == [4, 2, 1, 1]
    assert len(await alerts(books, "?rule=ageing")) == 8
    assert await books.violations() == []
