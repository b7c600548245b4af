"""Closing the books: a lock waits for postings under way, and no posting slips into what was closed."""

import asyncio
from typing import Any

import asyncpg

from billing_svc.store.periods import barrier_of


async def _lock(company: Any, day: str, *, hard: bool = False) -> Any:
    return await company.send("POST", "/period-locks", {"closed_until": day, "hard": hard, "reason": "month end"})


async def test_nothing_takes_effect_in_a_closed_period(company: Any) -> None:
    who = await company.register()
    await company.clock("2026-02-03")
    assert (await _lock(company, "2026-01-31")).status_code == 201
    refused = await company.send("POST", "/payments", {
        "customer_id": str(who), "amount": {"amount": "1.00", "currency": "CNY"}, "received_on": "2026-01-31",
        "effective_on": "2026-01-31", "method": "cash", "allocation": "none"})
    assert (refused.status_code, refused.json()["code"]) == (422, "period_locked")
    told = [(stream, fact, said) for stream, fact, said in await company.running.told(company.tenant)]
    assert told[-1] == (f"{company.tenant}:", "PeriodLocked", {"closed_until": "2026-01-31", "hard": False})


async def test_a_soft_lock_is_moved_back_and_a_hard_one_is_not(company: Any) -> None:
    await company.clock("2026-03-10")
    assert [(await _lock(company, day, hard=hard)).status_code for day, hard in (
        ("2026-02-28", False), ("2026-01-31", False), ("2026-01-31", True), ("2026-02-10", False))] == [201] * 4
    back = await _lock(company, "2026-01-30")
    assert (back.status_code, back.json()["code"]) == (409, "hard_lock_stands")
    early = await _lock(company, "2026-03-10", hard=True)
    assert (early.status_code, early.json()["code"]) == (422, "lock_in_future")


async def test_no_posting_slips_into_a_period_that_is_being_closed(company: Any) -> None:
    """Twenty postings and a hard lock at once: each is before the lock, or refused."""
    who = await company.register()
    await company.clock("2026-02-03")

    async def post(n: int) -> int:
        await asyncio.sleep(n * 0.004)
        answer = await company.send("POST", "/payments", {
            "customer_id": str(who), "amount": {"amount": "1.00", "currency": "CNY"}, "received_on": "2026-01-15",
            "effective_on": "2026-01-15", "method": "cash", "allocation": "none"})
        assert answer.status_code in (201, 422), answer.text
        return int(answer.status_code)

    async def close() -> int:
        await asyncio.sleep(0.02)
        return int((await _lock(company, "2026-01-31", hard=True)).status_code)

    *posted, locked = await asyncio.gather(*(post(n) for n in range(20)), close())
    assert locked == 201
    owner = await asyncpg.connect(company.running.urls.owner)
    try:
        order = await owner.fetch(
            "SELECT (convert_from(payload, 'UTF8')::jsonb ->> 'effective_on') AS day, type FROM outbox_event "
            "WHERE stream LIKE $1 ORDER BY txid, id", f"{company.tenant}:%")
    finally:
        await owner.close()
    lock_at = next(n for n, row in enumerate(order) if row["type"].endswith("PeriodLocked.v1"))
    assert len([row for row in order[lock_at:] if "Payment" in row["type"]]) == 0
    assert posted.count(201) == lock_at
    assert [check for check in (await company.get("/integrity"))["checks"] if not check["holds"]] == []


async def test_a_lock_waits_for_the_posting_that_came_first(company: Any) -> None:
    """A posting under way holds the barrier: the lock is answered only after its commit."""
    await company.clock("2026-02-03")
    admin = await asyncpg.connect(company.running.urls.app)
    try:
        posting = admin.transaction()
        await posting.start()
        await admin.execute("SELECT pg_advisory_xact_lock_shared($1)", barrier_of(company.tenant))
        closing = asyncio.create_task(_lock(company, "2026-01-31"))
        await asyncio.sleep(0.3)
        assert not closing.done()
        await posting.commit()
        assert (await closing).status_code == 201
    finally:
        await admin.close()
