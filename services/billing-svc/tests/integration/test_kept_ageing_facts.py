"""What accounts keep by age is what their items are, after every kind of fact, before and after the day has turned."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg

from billing_svc.jobs.turn_day import turn_day
from billing_svc.store.account_turns import hold_free
from billing_svc.usecases.age_accounts import age_accounts
from billing_svc.usecases.plan_day_turn import TURN_DAY
from dunlin_kit.testing import work_off
from dunlin_kit.transaction import Transaction

PLAIN = """
SELECT customer_id, currency, greatest(0, least(4, ceil(days / 30.0)))::int AS bucket, sum(open)::bigint, count(*)
FROM (SELECT e.customer_id, e.currency, $2::date - i.due_on AS days, sum(e.amount) AS open
      FROM ledger_entry e JOIN item i ON i.tenant_id = e.tenant_id AND i.id = e.item_id
      WHERE e.tenant_id = $1 AND e.effective_on <= $2::date AND e.recorded_at <= $3::timestamptz
      GROUP BY 1, 2, e.item_id, 3 HAVING sum(e.amount) <> 0) owed
GROUP BY 1, 2, 3"""
"""By hand, from the ledger alone."""
NAMES = ("not_due", "1_30", "31_60", "61_90", "over_90")


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


Sums = dict[tuple[str, str, str], tuple[int, int]]


async def _fetched(company: Any, statement: str, *values: object) -> list[Any]:
    owner = await asyncpg.connect(company.running.urls.owner)
    try:
        return list(await owner.fetch(statement, *values))
    finally:
        await owner.close()


async def _plain(company: Any, day: str, known: str = "2027-01-01T00:00:00Z") -> Sums:
    rows = await _fetched(company, PLAIN, company.tenant, date.fromisoformat(day), datetime.fromisoformat(known))
    return {(str(row[0]), row[1], NAMES[row[2]]): (row[3], row[4]) for row in rows}


async def _told(company: Any, query: str) -> Sums:
    report = await company.get(f"/ageing?limit=200{query}")
    return {(row["customer_id"], row["figures"]["currency"], bucket["name"]):
            (int(bucket["amount"]["amount"].replace(".", "")), bucket["items"])
            for row in report["data"] for bucket in row["figures"]["buckets"] if bucket["items"]}


async def _proved(company: Any, day: str) -> None:
    """The kept report, the reckoned one and the ledger by hand say the same."""
    kept, plain = await _told(company, ""), await _plain(company, day)
    assert kept == plain
    assert await _told(company, f"&known_at={quote(f'{day}T03:00:00Z')}") == plain


async def _integrity_holds(company: Any) -> None:
    assert [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]] == []


async def _proved_of_the_past(company: Any, days: Sequence[str]) -> None:
    """As of each of these days, as known now and as known on each of them: what the ledger says by hand."""
    for day in days:
        assert await _told(company, f"&as_of={day}") == await _plain(company, day)
        for seen in days[1::2]:
            known = f"{seen}T03:00:00Z"
            assert await _told(company, f"&as_of={day}&known_at={quote(known)}") == await _plain(company, day, known)


async def _age(tx: Transaction) -> bool:
    return await age_accounts(tx)


async def _turned(company: Any) -> None:
    assert await work_off(company.running, company.tenant, {TURN_DAY: turn_day}) >= 0

    while await company.running.database.transact(company.tenant, _age):
        continue


async def _every_kind(company: Any, who: UUID, day: str) -> None:
    """Invoices, a void, a fee, payments, an undoing, a return, a dispute, a write-off in part."""
    sold = [await company.issue(who, net, day) for net in ("4000", "2000", "700")]
    owed = [one["items"][0]["id"] for one in sold]
    await company.post(f"/invoices/{sold[2]['id']}:void", {"reason": "issued_in_error"})
    await company.post("/fees", {"customer_id": str(who), "amount": cny("40.00"), "claim_item_id": owed[0],
                                 "reason": "reminder"})
    paid = await company.pay(who, "1500.00", day)
    await company.post(f"/allocations/{paid['allocations'][0]['id']}:reverse", {"reason": "reassigned"})
    back = await company.pay(who, "100.00", day)
    await company.post(f"/payments/{back['id']}:reverse", {"reason": "not_received"})
    await company.post("/disputes", {"item_id": owed[0], "reason": "price", "amount": cny("10.00")})
    lost = await company.post("/write-offs", {"item_id": owed[1], "reason": "insolvency", "amount": cny("30.00")})
    done = await company.running.client.post(
        f"/billing/v1/write-offs/{lost['id']}:approve", json={},
        headers=company.running.headers(company.tenant, "write_offs:approve", subject="controller"))
    assert done.status_code == 200, done.text


async def test_after_every_kind_of_fact_and_on_every_day_the_kept_report_is_the_plain_one(company: Any) -> None:
    first, second = await company.register(), await company.register(number="C-000002")
    days = ("2026-01-05", "2026-02-04", "2026-02-05", "2026-03-07", "2026-05-20")
    for day in days:
        await company.clock(day)
        await _proved(company, day)
        await _every_kind(company, first, day)
        await _proved(company, day)
        await _turned(company)
        await _proved(company, day)
        await _every_kind(company, second, day)
        await _proved(company, day)
        await _integrity_holds(company)
    late = await company.pay(first, "90000.00", "2026-02-04")
    await company.pay(second, "20.00", "2026-02-05")
    await company.clock("2026-06-20")
    await company.post(f"/payments/{late['id']}:reverse", {"reason": "not_received"})
    await _proved_of_the_past(company, (*days, "2026-06-20"))
    await _integrity_holds(company)


async def test_the_turn_moves_only_accounts_with_an_item_at_an_edge(company: Any) -> None:
    early, late = await company.register(), await company.register(number="C-000002")
    await company.issue(early, "100", "2026-01-05", rate="0")
    await company.clock("2026-01-20")
    await company.issue(late, "100", "2026-01-20", rate="0")
    await company.clock("2026-02-05")
    await _turned(company)
    rows = await _fetched(company, "SELECT customer_id, aged_on::text, turns_on::text, aged FROM account "
                                   "WHERE tenant_id = $1 ORDER BY turns_on", company.tenant)
    assert [tuple(row) for row in rows] == [
        (late, "2026-01-20", "2026-02-20", [10000, 0, 0, 0, 0]),
        (early, "2026-02-05", "2026-03-07", [0, 10000, 0, 0, 0])]


async def test_the_turn_passes_over_an_account_that_is_held_and_comes_back_to_it(company: Any) -> None:
    held, free = await company.register(), await company.register(number="C-000002")
    for who in (held, free):
        await company.issue(who, "100", "2026-01-05", rate="0")
    await company.clock("2026-02-05")
    ages: dict[UUID, str] = {}

    async def hold(tx: Transaction) -> None:
        assert await hold_free(tx, [(held, "CNY")]) == [(held, "CNY")]
        assert await company.running.database.transact(company.tenant, _age)
        ages.update({row[0]: row[1] for row in await _fetched(
            company, "SELECT customer_id, aged_on::text FROM account WHERE tenant_id = $1", company.tenant)})

    await company.running.database.transact(company.tenant, hold)
    assert ages == {held: "2026-01-05", free: "2026-02-05"}
    assert await company.running.database.transact(company.tenant, _age)
    assert not await company.running.database.transact(company.tenant, _age)
    await _proved(company, "2026-02-05")
    await _integrity_holds(company)


async def test_a_customer_with_nothing_left_is_no_row_and_keeps_nothing(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    await company.pay(who, "100.00", "2026-01-05")
    report = await company.get("/ageing")
    assert report["data"] == []
    assert report["totals"][0]["figures"]["receivables"]["amount"] == "0.00"
    (row,) = await _fetched(
        company, "SELECT turns_on, aged, aged_items FROM account WHERE tenant_id = $1", company.tenant)
    assert tuple(row) == (None, [0] * 5, [0] * 5)
