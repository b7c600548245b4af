"""A report says where in the facts it stands: whoever reads on from there hears exactly what it has not seen."""

import asyncio
from typing import Any
from uuid import UUID


async def _told_behind(company: Any, cursor: str) -> list[dict[str, Any]]:
    """Every fact of the feed behind a cursor, over pages of three."""
    told: list[dict[str, Any]] = []
    more = True
    while more:
        page = await company.get(f"/events?limit=3&after={cursor}")
        told += page["data"]
        cursor, more = page["next_cursor"], page["has_more"]
    return told


def _total(report: dict[str, Any]) -> int:
    return sum(int(total["receivable_control"]["amount"].split(".")[0]) for total in report["totals"])


async def test_reading_on_behind_a_report_begins_with_what_it_has_not_seen(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    report = await company.get("/ageing")
    assert await _told_behind(company, report["position"]) == []
    await company.issue(who, "30", "2026-01-05", rate="0")
    behind = await _told_behind(company, report["position"])
    assert [fact["data"]["total"]["amount"] for fact in behind] == ["30.00"]


async def test_report_and_facts_behind_it_sum_up_whenever_it_is_asked_for(company: Any) -> None:
    customers = [await company.register(number=f"C-00000{n}") for n in range(1, 5)]
    reports: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def sell(who: UUID) -> None:
        for _ in range(12):
            await company.issue(who, "7", "2026-01-05", rate="0")

    async def report() -> None:
        while not done.is_set():
            reports.append(await company.get("/ageing?group_by=none"))

    async def sell_all() -> None:
        await asyncio.gather(*map(sell, customers))
        done.set()

    async with asyncio.TaskGroup() as together:
        together.create_task(report())
        together.create_task(sell_all())
    final = _total(await company.get("/ageing"))
    assert final == 4 * 12 * 7
    assert len({_total(one) for one in reports}) > 3, "no report was made between two sales"
    for one in reports:
        sold = [fact for fact in await _told_behind(company, one["position"]) if ".InvoiceIssued." in fact["type"]]
        assert _total(one) + sum(int(fact["data"]["total"]["amount"][:-3]) for fact in sold) == final
