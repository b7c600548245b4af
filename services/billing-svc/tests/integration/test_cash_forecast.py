"""The cash forecast on real books: who pays late is expected late, and all of it ties to what is owed."""

from typing import Any


def weeks(report: dict[str, Any]) -> dict[str, str]:
    """The weeks in which something is expected."""
    return {one["week_from"]: one["expected"]["amount"] for one in report["data"][0]["weeks"] if one["items"]}


async def test_who_pays_late_is_expected_late(company: Any) -> None:
    late, prompt, new = [await company.register(number=f"C-00000{n}") for n in (1, 2, 3)]
    for who in (late, prompt):
        await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.clock("2026-02-04")
    await company.pay(prompt, "1000.00", "2026-02-04")
    await company.clock("2026-02-24")
    await company.pay(late, "1000.00", "2026-02-24")
    for who, net in ((late, "100"), (prompt, "200"), (new, "400")):
        await company.issue(who, net, "2026-02-24", rate="0")
    said = await company.get("/cash-forecast?weeks=8")
    assert weeks(said) == {"2026-03-23": "200.00", "2026-04-13": "100.00", "2026-03-30": "400.00"}
    (cny,) = said["data"]
    assert cny["inputs"] == {
        "learnt_from": {"amount": "2000.00", "currency": "CNY"}, "average_delay_days": 10, "customers": 2}
    assert (cny["receivables"]["amount"], cny["later"]["amount"], cny["disputed"]["amount"]) == (
        "700.00", "0.00", "0.00")
    assert said["as_of"] == "2026-02-24"
    assert "average delay" in said["definition"]
    short = await company.get("/cash-forecast?weeks=1")
    assert (weeks(short), short["data"][0]["later"]["amount"]) == ({}, "700.00")
    own = await company.get(f"/cash-forecast?weeks=8&customer_id={late}")
    assert weeks(own) == {"2026-04-13": "100.00"}


async def test_what_is_overdue_is_expected_now_and_what_is_disputed_is_not(company: Any) -> None:
    who = await company.register()
    item = (await company.issue(who, "300", "2026-01-05", rate="0"))["items"][0]
    await company.pay(who, "50.00", "2026-01-05", allocation="none")
    await company.clock("2026-03-04")
    await company.post("/disputes", {
        "item_id": item["id"], "amount": {"amount": "80.00", "currency": "CNY"}, "reason": "quality"})
    said = await company.get("/cash-forecast")
    assert weeks(said) == {"2026-03-02": "220.00"}
    (cny,) = said["data"]
    assert [cny[name]["amount"] for name in ("disputed", "receivables", "unapplied")] == ["80.00", "300.00", "50.00"]
