"""Ladders as kept: imported items wait for a person, a new policy plans anew, runs follow each other in the zone."""

import json
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_kernel.clock import date_in
from dunlin_kernel.ids import new_id
from dunlin_kit.problems import Refusal
from dunlin_kit.tenants import Tenant
from dunlin_kit.testing import tell
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.ladder import LADDER_K, LadderPolicy, LetterTone, Level
from notify_svc.jobs import plan_items

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
SHORT = LadderPolicy(1, (Level(1, LetterTone.FRIENDLY, "FEE-1"), Level(10, LetterTone.FINAL)), 3, time(9, 30))


async def plans(desk: Any) -> dict[str, tuple[bool, int | None, date | None]]:
    rows = await desk.rows("SELECT number, active, next_level, next_on FROM dunned_item ORDER BY number")
    return {row["number"]: (row["active"], row["next_level"], row["next_on"]) for row in rows}


async def switch_on(desk: Any, customer_id: Any = None) -> None:
    await desk.database.transact(desk.tenant, partial(usecases.switch_on_ladder, customer_id=customer_id))
    await desk.work()


async def test_imported_items_are_silent_until_switched_on_and_start_at_the_level_reached(desk: Any) -> None:
    for number, due in (("OLD", date(2025, 6, 1)), ("MID", date(2026, 1, 20)), ("NEW", date(2026, 4, 1))):
        await desk.issue(number, "10.00", issued=date(2025, 5, 1), due=due, origin="import")
    await desk.issue("PAID", "10.00", issued=date(2025, 5, 1), due=date(2025, 6, 1), origin="import")
    await desk.allocate("PAID", "0.00")
    await desk.turn_to(date(2026, 2, 10))
    assert await desk.facts() == []
    assert set((await plans(desk)).values()) == {(False, None, None)}
    await switch_on(desk)
    assert await plans(desk) == {
        "OLD": (True, 3, date(2025, 7, 1)), "MID": (True, 2, date(2026, 2, 4)), "NEW": (True, 0, date(2026, 3, 29)),
        "PAID": (True, None, None)}
    assert sorted(fact["number"] for fact in await desk.facts()) == ["MID", "NEW", "OLD"]
    await desk.turn_to(date(2026, 2, 11))
    assert await desk.sent() == [("02-10", {"OLD": (3, "10.00"), "MID": (2, "10.00")})]
    [operation] = await desk.rows("SELECT status, done, total FROM operation")
    assert operation == {"status": "succeeded", "done": 4, "total": 4}


async def test_switching_on_one_customer_leaves_the_others_off_and_twice_changes_nothing(desk: Any) -> None:
    await desk.issue("OLD", "10.00", issued=ISSUED, due=DUE, origin="import")
    await switch_on(desk, customer_id=desk.tenant)
    assert (await plans(desk))["OLD"][0] is False
    await switch_on(desk, customer_id=desk.customer)
    await switch_on(desk, customer_id=desk.customer)
    assert len(await desk.facts("ReminderScheduled")) == 1


async def test_a_new_policy_plans_all_open_items_anew_and_repeats_nothing(desk: Any) -> None:
    await desk.issue("INV1", "10.00", issued=ISSUED, due=DUE)
    await desk.issue("INV2", "10.00", issued=ISSUED, due=date(2026, 3, 1))
    await desk.turn_to(date(2026, 2, 8))
    set_policy = partial(usecases.set_ladder_policy, wanted=SHORT)
    found = await desk.database.transact(desk.tenant, partial(set_policy, expected_version=1))
    assert found.policy.version == 2
    with pytest.raises(Refusal, match="etag_mismatch"):
        await desk.database.transact(desk.tenant, partial(set_policy, expected_version=1))
    await desk.work()
    assert await plans(desk) == {"INV1": (True, 1, date(2026, 2, 14)), "INV2": (True, 0, date(2026, 3, 2))}
    await desk.turn_to(date(2026, 3, 3))
    assert [(day, items) for day, items in await desk.sent()] == [
        ("02-01", {"INV1": (0, "10.00")}), ("02-07", {"INV1": (1, "10.00")}),
        ("02-14", {"INV1": (1, "10.00")}), ("03-02", {"INV2": (0, "10.00")})]
    assert [fact["fee_code"] for fact in await desk.facts("ReminderSent")] == [None, None, None, "FEE-1"]


async def test_runs_follow_each_other_once_a_day_at_noon_and_move_with_the_policy(desk: Any) -> None:
    await desk.turn_to(date(2026, 1, 7))
    due = [row["due_at"] for row in await desk.rows("SELECT due_at FROM job WHERE kind = 'run_ladder' ORDER BY due_at")]
    assert due == [datetime(2026, 1, day, 4, tzinfo=UTC) for day in (5, 6, 7)]
    await desk.database.transact(desk.tenant, partial(
        usecases.set_ladder_policy, wanted=SHORT, expected_version=LADDER_K.version))
    await desk.turn_to(date(2026, 1, 9))
    due = [row["due_at"] for row in await desk.rows("SELECT due_at FROM job WHERE kind = 'run_ladder' ORDER BY due_at")]
    assert due[3:] == [datetime(2026, 1, 8, 1, 30, tzinfo=UTC), datetime(2026, 1, 9, 1, 30, tzinfo=UTC)]


async def test_a_tenant_that_is_told_again_keeps_one_chain_of_runs(desk: Any) -> None:
    for _ in range(2):
        await tell(desk.database, customer, desk.tenant, TenantConfigured(
            name="Renamed", currency="CNY", zone="Asia/Shanghai", sandbox=True,
            clock_at=datetime(2026, 1, 5, 2, tzinfo=UTC)))
    assert len(await desk.rows("SELECT 1 FROM job WHERE kind = 'run_ladder'")) == 1


async def test_slices_of_items_are_walked_to_the_end(desk: Any) -> None:
    many = plan_items.ITEMS // 2 + 1
    items = [{"item_id": new_id(), "due_on": DUE, "amount": {"amount": "1.00", "currency": "CNY"}} for _ in range(many)]
    await desk.hear(InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": desk.customer, "origin": "import", "items": items}))
    await switch_on(desk)
    assert len(await desk.facts("ReminderScheduled")) == many
    await desk.database.transact(desk.tenant, partial(usecases.set_ladder_policy, wanted=SHORT, expected_version=1))
    await desk.work()
    assert await desk.rows("SELECT next_on, count(*) FROM dunned_item GROUP BY next_on") == [
        {"next_on": date(2026, 2, 5), "count": many}]
    assert await desk.rows("SELECT done, total FROM operation") == [{"done": many, "total": many}]


async def test_after_downtime_a_real_tenant_is_reminded_at_the_days_time_and_once(desk: Any) -> None:
    """The run of 2026-02-01 was missed; the worker comes back on the 6th at three in the night."""
    await desk.issue("INV1", "10.00", issued=ISSUED, due=DUE)

    async def run_at(now: datetime) -> list[dict[str, Any]]:
        moment = Tenant(desk.tenant, "North", "CNY", "Asia/Shanghai", False, now, date_in("Asia/Shanghai", now))
        await desk.database.transact(desk.tenant, partial(usecases.run_ladder, moment=moment))
        found: list[dict[str, Any]] = await desk.rows("SELECT key, payload FROM job WHERE kind = 'remind_customers'")
        return found

    assert await run_at(datetime(2026, 2, 5, 19, tzinfo=UTC)) == []
    [planned] = await desk.rows("SELECT max(due_at) AS due_at FROM job WHERE kind = 'run_ladder'")
    assert planned["due_at"] == datetime(2026, 2, 6, 4, tzinfo=UTC)
    for minute in (0, 1):
        [job] = await run_at(datetime(2026, 2, 6, 4, minute, tzinfo=UTC))
        assert job["key"].startswith("2026-02-06:")
        assert json.loads(job["payload"]) == {"customer_ids": [str(desk.customer)]}
