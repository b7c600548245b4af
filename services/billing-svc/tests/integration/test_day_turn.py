"""The turn of the day: what fell overdue is told of once, whenever the turn runs and however often."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from billing_svc.consumers.customer import customer
from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY
from billing_svc.usecases.tell_overdue import tell_overdue
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_kit.testing import tell, work_off


async def _turn(company: Any) -> int:
    return await work_off(company.running, company.tenant, {TURN_DAY: turn_day})


async def _configure(company: Any, at: datetime) -> None:
    fact = TenantConfigured(name="T", currency="CNY", zone="Asia/Shanghai", sandbox=True, clock_at=at)
    await tell(company.running.database, customer, company.tenant, fact)


async def _overdue(company: Any) -> list[tuple[str, str]]:
    return [(said["number"], said["open"]["amount"]) for _, fact, said in await company.running.told(company.tenant)
            if fact == "InvoiceOverdue"]


async def test_an_item_is_told_of_at_the_turn_after_its_due_date_and_only_once(company: Any) -> None:
    who = await company.register()
    await _configure(company, datetime(2026, 1, 5, 2, tzinfo=UTC))
    await company.issue(who, "4000", "2026-01-05")
    await company.issue(who, "1000", "2026-01-05")
    await company.pay(who, "6000.00", "2026-01-05")
    left = await company.issue(who, "100", "2026-01-05", rate="0")
    assert left["due_on"] == "2026-02-04"
    turns = 0
    for n in range(1, 33):
        await company.running.move_clock(company.tenant, datetime(2026, 1, 5, 16, tzinfo=UTC) + timedelta(days=n - 1))
        turns += await _turn(company)
        expected = [("INV-000003", "100.00")] if date(2026, 1, 5) + timedelta(days=n) > date(2026, 2, 4) else []
        assert await _overdue(company) == expected
    assert turns == 32
    assert await _turn(company) == 0


async def test_after_downtime_every_missed_turn_runs_and_tells_once(company: Any) -> None:
    who = await company.register()
    await _configure(company, datetime(2026, 1, 5, 2, tzinfo=UTC))
    await company.issue(who, "100", "2026-01-05", rate="0")
    await company.running.move_clock(company.tenant, datetime(2026, 2, 20, tzinfo=UTC))
    assert await _turn(company) == 46
    assert await _overdue(company) == [("INV-000001", "100.00")]


async def test_a_turn_that_was_stopped_goes_on_with_what_is_left(company: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("billing_svc.jobs.turn_day.ITEMS", 1)
    await _configure(company, datetime(2026, 1, 5, 2, tzinfo=UTC))
    for n in range(1, 4):
        await company.issue(await company.register(number=f"C-00000{n}"), "100", "2026-01-05", rate="0")
    await company.running.move_clock(company.tenant, datetime(2026, 2, 4, 17, tzinfo=UTC))
    stopped = tell_overdue

    async def one_slice_more(tx: Any, today: date, most: int) -> bool:
        if len(await _overdue(company)) == 1:
            raise RuntimeError("the worker is gone")
        return await stopped(tx, today, most)

    monkeypatch.setattr("billing_svc.jobs.turn_day.tell_overdue", one_slice_more)
    await _turn(company)
    assert await _overdue(company) == [("INV-000001", "100.00")]
    monkeypatch.setattr("billing_svc.jobs.turn_day.tell_overdue", stopped)
    ops = await asyncpg.connect(company.running.urls.ops)
    await ops.execute("UPDATE job SET retry_at = NULL WHERE tenant_id = $1", company.tenant)
    await ops.close()
    assert await _turn(company) == 1
    assert sorted(await _overdue(company)) == [(f"INV-00000{n}", "100.00") for n in (1, 2, 3)]
