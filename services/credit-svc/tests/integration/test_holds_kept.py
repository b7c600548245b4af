"""Holds on real PostgreSQL: by rule and by hand, by money, by time, by promises; and many at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg

from credit_svc.consumers.customer import customer
from credit_svc.consumers.healing import holds_judged_anew
from credit_svc.consumers.notify import notify
from credit_svc.jobs import turn_credit_day
from credit_svc.store.tables import ExposureRow
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceOverdue,
    InvoiceVoided,
    PaymentConfirmed,
)
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_events.contracts.notify_promises import PromiseBroken, PromiseCorrected
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction

POLICY = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
          "authorization_days": 30, "reason": "holds", "holds": {
              "overdue_grace_days": 10, "limit_exceeded_bps": 0, "broken_promise_days": 14, "grades": []}}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def call(books: Any, path: str, body: Any = None, *, method: str = "POST") -> Any:
    return await books.service.client.request(
        method, f"/credit/v1{path}", json=body, headers=books.headers())


async def adopt(books: Any, **holds: Any) -> None:
    answer = await call(books, "/policies", POLICY | {"holds": dict(POLICY["holds"]) | holds})  # type: ignore[call-overload]
    assert answer.status_code == 201, answer.text


async def standing(books: Any) -> list[str]:
    return [one["rule"] for one in (await call(books, "/holds", method="GET")).json()["data"]]


def owed(books: Any, total: str, opened: str, due_on: str, **more: Any) -> Any:
    item = {"item_id": str(new_id()), "due_on": due_on, "amount": cny(total)}
    return books.invoice(total, opened, items=[item], **more)


def settled(books: Any, invoice: Any, left: str, unapplied: str, fact: Any = CreditAllocated) -> Any:
    item = invoice.items[0]
    return fact.model_validate(dict(fact.examples[0]) | {
        "customer_id": books.customer, "item_id": item.item_id, "invoice_id": invoice.invoice_id,
        "due_on": item.due_on, "amount": cny("100.00"), "open_after": cny(left),
        "account": {"open": cny(left), "disputed": cny("0.00"), "unapplied": cny(unapplied)}})


async def turn(books: Any, day: datetime) -> None:
    await books.service.move_clock(books.tenant, day)
    ops = Database(books.service.urls.ops, source="/dunlin/credit", pool_size=1)
    runner = JobRunner(service="credit", ops=ops, app=books.service.database,
                       handlers={turn_credit_day.KIND: turn_credit_day.run})
    while await runner.run_one():
        pass
    await ops.close()


async def test_an_overdue_item_holds_new_orders_and_its_payment_lets_them_go(books: Any) -> None:
    await books.limit("1000.00")
    await adopt(books)
    late = owed(books, "100.00", "100.00", "2026-02-18")
    await books.hear(late)
    assert await standing(books) == ["overdue"]
    denied = await books.ask("1.00")
    assert denied["reasons"] == ["on_hold"] and denied["explanation"]["holds"][0]["rule"] == "overdue"
    paid = PaymentConfirmed.model_validate(dict(PaymentConfirmed.examples[0]) | {
        "customer_id": books.customer, "amount": cny("100.00"),
        "account": {"open": cny("100.00"), "disputed": cny("0.00"), "unapplied": cny("100.00")}})
    await books.hear(paid, settled(books, late, "0.00", "0.00"), first=2)
    assert await standing(books) == [] and (await books.ask("1.00"))["decision"] == "approved"
    undone = settled(books, late, "100.00", "100.00", AllocationReversed)
    await books.hear(undone, first=4)
    assert await standing(books) == ["overdue"]
    void = InvoiceVoided.model_validate(dict(InvoiceVoided.examples[0]) | {
        "customer_id": books.customer, "invoice_id": late.invoice_id, "amount": cny("100.00"),
        "items": [{"item_id": late.items[0].item_id, "amount": cny("100.00")}],
        "account": {"open": cny("0.00"), "disputed": cny("0.00"), "unapplied": cny("100.00")}})
    await books.hear(void, first=5)
    assert await standing(books) == []
    told = [(fact, payload["rule"], payload.get("days"), payload.get("cause"))
            for _, fact, payload in await books.service.told(books.tenant) if "Hold" in fact]
    assert told == [("CreditHoldPlaced", "overdue", 11, None), ("CreditHoldReleased", "overdue", None, "cured")] * 2
    assert await books.violations() == []


async def test_time_alone_places_a_hold_and_an_arranged_day_takes_it_away(books: Any) -> None:
    await books.limit("1000.00")
    await adopt(books)
    due = owed(books, "100.00", "100.00", "2026-02-19")
    await books.hear(due)
    assert await standing(books) == []
    await turn(books, datetime(2026, 3, 1, 16, tzinfo=UTC))
    assert await standing(books) == ["overdue"]
    arranged = InvoiceOverdue.model_validate(dict(InvoiceOverdue.examples[0]) | {
        "customer_id": books.customer, "item_id": due.items[0].item_id, "due_on": "2026-03-01", "due_version": 2,
        "open": cny("100.00")})
    await books.hear(arranged, first=2)
    assert await standing(books) == []
    await turn(books, datetime(2026, 3, 11, 16, tzinfo=UTC))
    assert await standing(books) == ["overdue"]
    assert await books.violations() == []


async def test_captures_go_on_and_an_exceeded_limit_holds(books: Any) -> None:
    await books.limit("100.00")
    await adopt(books)
    asked = await books.ask("100.00")
    await books.hear(owed(books, "100.00", "100.00", "2026-06-01", authorization_id=asked["id"]))
    assert await standing(books) == []
    await books.limit("99.99")
    assert await standing(books) == ["limit_exceeded"]
    [hold] = (await call(books, "/holds", method="GET")).json()["data"]
    assert (hold["amount"], hold["number"]) == (cny("0.01"), "C-000001")
    await books.limit("100.00")
    assert await standing(books) == []
    await call(books, f"/customers/{books.customer}/holds", {"reason": "insolvency", "note": "court"})
    assert (await books.ask("0.01"))["reasons"] == ["on_hold", "over_limit"]
    await books.hear(owed(books, "5.00", "105.00", "2026-06-01"), first=2)
    assert await standing(books) == ["manual", "limit_exceeded"]
    assert await books.violations() == []


async def test_by_hand_once_and_a_waived_rule_comes_back(books: Any) -> None:
    await books.limit("1000.00")
    await adopt(books)
    await books.hear(owed(books, "100.00", "100.00", "2026-01-01"))
    body = {"reason": "other", "note": "ask me first"}
    made = await asyncio.gather(*(call(books, f"/customers/{books.customer}/holds", body) for _ in range(5)))
    assert sorted(one.status_code for one in made) == [201, 409, 409, 409, 409]
    assert {one.json().get("code") for one in made} == {None, "hold_stands"}
    for hold in (await call(books, "/holds", method="GET")).json()["data"]:
        gone = await call(books, f"/holds/{hold['id']}:release", {"reason": "agreed", "waived_until": "2026-03-02"})
        assert gone.status_code == 200
        twice = await call(books, f"/holds/{hold['id']}:release", {"reason": "agreed"})
        assert (twice.status_code, twice.json()["code"]) == (409, "hold_released")
    await books.hear(owed(books, "1.00", "101.00", "2026-06-01"), first=2)
    assert await standing(books) == []
    await turn(books, datetime(2026, 3, 2, 16, tzinfo=UTC))
    assert await standing(books) == ["overdue"]
    [hold] = (await call(books, "/holds", method="GET")).json()["data"]
    past = await call(books, f"/holds/{hold['id']}:release", {"reason": "x", "waived_until": "2026-03-01"})
    assert (past.status_code, past.json()["code"]) == (422, "waiver_in_past")
    missing = await call(books, f"/holds/{new_id()}", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "hold_not_found")
    assert await books.violations() == []


async def test_a_broken_promise_holds_until_it_is_corrected_or_old(books: Any) -> None:
    await books.limit("1000.00")
    await adopt(books)
    promise = dict(PromiseBroken.examples[0]) | {"customer_id": books.customer, "judged_on": "2026-03-01"}
    await tell(books.service.database, notify, books.tenant, PromiseBroken.model_validate(promise))
    assert (await books.ask("1.00"))["reasons"] == ["on_hold"] and await standing(books) == ["broken_promise"]
    corrected = dict(PromiseCorrected.examples[0]) | {
        "customer_id": books.customer, "promise_id": promise["promise_id"]}
    await tell(books.service.database, notify, books.tenant, PromiseCorrected.model_validate(corrected), first=2)
    assert await standing(books) == []
    second = promise | {"promise_id": str(new_id())}
    await tell(books.service.database, notify, books.tenant, PromiseBroken.model_validate(second), first=3)
    assert await standing(books) == ["broken_promise"]
    await turn(books, datetime(2026, 3, 15, 16, tzinfo=UTC))
    assert await standing(books) == []
    assert await books.violations() == []


async def test_money_and_a_cut_limit_at_once_leave_the_hold_that_is_due(books: Any) -> None:
    await books.limit("100.00")
    await adopt(books)
    await books.hear(owed(books, "50.00", "50.00", "2026-06-01"))

    async def bill() -> None:
        for n in range(1, 6):
            await books.hear(owed(books, "5.00", f"{50 + 5 * n}.00", "2026-06-01"), first=1 + n)

    await asyncio.gather(bill(), books.limit("74.00"), books.limit("74.50"))
    assert await standing(books) == ["limit_exceeded"]
    assert await books.violations() == []


async def test_a_limit_that_waits_for_what_is_owed_holds_no_stream(books: Any) -> None:
    """Facts leave last: whoever holds what is owed, and tells of a hold, would wait for the stream in a ring."""
    await adopt(books)
    await books.hear(owed(books, "100.00", "100.00", "2025-06-01"))
    await books.limit("1.00")
    other = await asyncpg.connect(books.service.urls.app)
    try:
        await other.execute("SELECT set_config('dunlin.tenant', $1, false)", str(books.tenant))
        async with other.transaction():
            await other.execute("SELECT 1 FROM exposure WHERE customer_id = $1 FOR UPDATE", books.customer)
            waiting = asyncio.create_task(books.limit("10000.00"))
            async with asyncio.timeout(60):
                while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted "
                                               "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"):
                    assert not waiting.done()
                    await asyncio.sleep(0.02)
            assert await other.execute("SELECT 1 FROM event_stream WHERE stream = $1 FOR UPDATE NOWAIT",
                                       f"{books.tenant}:{books.customer}") == "SELECT 1"
        await waiting
    finally:
        await other.close()
    assert await books.violations() == []


async def test_the_day_turns_for_each_tenant_that_was_configured(books: Any) -> None:
    tenant = new_id()
    told = TenantConfigured.model_validate(TenantConfigured.examples[0])
    await tell(books.service.database, customer, tenant, told)
    headers = books.service.headers(tenant, "clock:read")

    async def due() -> int:
        return int((await books.service.client.get("/credit/v1/test-clock", headers=headers)).json()["due_jobs"])

    for day in (6, 7):
        assert await due() == 0
        await books.service.move_clock(tenant, datetime(2026, 1, day, 16, tzinfo=UTC))
        assert await due() > 0
        await turn(books, datetime(2026, 3, 1, 2, tzinfo=UTC))


async def test_a_copy_that_was_put_right_is_judged_anew(books: Any) -> None:
    await books.limit("100.00")
    await adopt(books)
    await books.hear(owed(books, "50.00", "50.00", "2026-06-01"))

    async def put_right(tx: Transaction) -> None:
        tx.change(ExposureRow, {"customer_id": books.customer, "currency": "CNY", "open": 150_00},
                  key=("customer_id", "currency"))
        await tx.flush()
        await holds_judged_anew(tx, [books.customer])

    await books.service.database.transact(books.tenant, put_right)
    assert await standing(books) == ["limit_exceeded"]
