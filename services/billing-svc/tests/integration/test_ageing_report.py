"""The ageing report on real books: as of any day, as known at any time, tied to the journal."""

from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from billing_svc.usecases.tell_ageing_policy import tell_ageing_policy


def _row(report: dict[str, Any]) -> dict[str, str]:
    """The buckets that hold something, and the net, of the only total."""
    figures = report["totals"][0]["figures"]
    shown = {bucket["name"]: bucket["amount"]["amount"] for bucket in figures["buckets"] if bucket["items"]}
    return shown | {"net": figures["net"]["amount"]}


async def _first_story(company: Any) -> Any:
    who = await company.register()
    for net, day in (("4000", "2026-01-05"), ("2000", "2026-01-20"), ("7000", "2026-02-10")):
        await company.clock(day)
        await company.issue(who, net, day)
    await company.clock("2026-03-01")
    await company.pay(who, "6000.00", "2026-03-01")
    return who


async def test_the_first_story_ages_as_worked_out_by_hand(company: Any) -> None:
    await _first_story(company)
    expected = {
        "2026-02-28": {"not_due": "7910.00", "1_30": "6780.00", "net": "14690.00"},
        "2026-03-01": {"not_due": "7910.00", "1_30": "780.00", "net": "8690.00"},
        "2026-03-21": {"1_30": "8690.00", "net": "8690.00"},
        "2026-03-22": {"1_30": "7910.00", "31_60": "780.00", "net": "8690.00"}}
    for as_of, buckets in expected.items():
        assert _row(await company.get(f"/ageing?as_of={as_of}")) == buckets, as_of


async def test_a_past_answer_does_not_change_by_what_is_recorded_later(company: Any) -> None:
    who = await _first_story(company)
    known = quote("2026-03-01T02:00:00Z")
    before = await company.get(f"/ageing?as_of=2026-02-28&known_at={known}")
    assert before["provisional"] is True
    await company.clock("2026-03-05")
    backdated = await company.pay(who, "1000.00", "2026-02-20")
    assert backdated["received_on"] == "2026-02-20"
    after = await company.get(f"/ageing?as_of=2026-02-28&known_at={known}")
    assert after["provisional"] is False
    assert (after["totals"], after["data"]) == (before["totals"], before["data"])
    today = await company.get("/ageing?as_of=2026-02-28")
    assert today["provisional"] is True
    assert today["totals"][0]["figures"]["net"]["amount"] == "13690.00"


async def test_the_last_payment_of_a_past_answer_is_the_last_one_known_then(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    waiting = await company.pay(who, "10.00", "2026-01-05", state="pending")
    await company.clock("2026-01-06")
    past = f"/ageing?as_of=2026-01-05&known_at={quote('2026-01-05T10:00:00Z')}"
    before = await company.get(past)
    assert (before["provisional"], before["data"][0]["last_paid_on"]) == (False, None)
    await company.post(f"/payments/{waiting['id']}:confirm", {})
    assert (await company.get(past))["data"] == before["data"]
    assert (await company.get("/ageing"))["data"][0]["last_paid_on"] == "2026-01-05"


async def test_rows_carry_number_and_name_and_sum_to_the_total_page_by_page(company: Any) -> None:
    for n in range(5):
        who = await company.register(number=f"C-00000{n + 1}")
        await company.issue(who, f"{(n + 1) * 100}", "2026-01-05", rate="0")
    seen, cursor = [], ""
    while True:
        page = await company.get(f"/ageing?limit=2&sort=-receivables{cursor}")
        seen += [(row["number"], row["figures"]["receivables"]["amount"]) for row in page["data"]]
        assert page["totals"][0]["receivable_control"]["amount"] == "1500.00"
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [(f"C-00000{n}", f"{n}00.00") for n in (5, 4, 3, 2, 1)]
    assert (await company.get("/ageing?group_by=none"))["data"] == []


async def test_unapplied_credit_stands_apart(company: Any) -> None:
    who = await company.register()
    await company.pay(who, "50.00", "2026-01-05")
    await company.issue(who, "100", "2026-01-05", rate="0")
    total = (await company.get(f"/ageing?customer_id={who}"))["totals"][0]
    assert [total[name]["amount"] for name in ("receivable_control", "customer_credit_control")] == ["100.00", "50.00"]
    assert [total["figures"][name]["amount"] for name in ("receivables", "unapplied", "net")] == [
        "100.00", "50.00", "50.00"]


@pytest.mark.parametrize(("spoil", "path", "found"), [
    ("UPDATE account SET aged[1] = aged[1] + 1 WHERE tenant_id = $1", "/ageing", {"I3-aged"}),
    ("UPDATE item SET open = open - 1 WHERE tenant_id = $1 AND due_on = '2026-02-04'", "/ageing?as_of=2026-01-05",
     {"I1", "I3-controls", "I3-aged"})])
async def test_a_report_that_does_not_tie_is_refused(company: Any, spoil: str, path: str, found: set[str]) -> None:
    who = await company.register()
    for day in ("2026-01-05", "2026-01-06"):
        await company.clock(day)
        await company.issue(who, "100", day, rate="0")
    owner = await asyncpg.connect(company.running.urls.owner)
    try:
        await owner.execute(spoil, company.tenant)
    finally:
        await owner.close()
    answer = await company.send("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (409, "report_does_not_tie")
    broken = await company.get("/integrity")
    assert {check["id"] for check in broken["checks"] if not check["holds"]} == found


async def test_integrity_holds_over_a_story_and_sees_what_breaks(company: Any) -> None:
    who = await _first_story(company)
    paid = await company.pay(who, "100.00", "2026-03-01")
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    assert [check for check in (await company.get("/integrity"))["checks"] if not check["holds"]] == []
    breaks = {
        "I1": "UPDATE item SET open = open - 1, raised_on = raised_on WHERE tenant_id = $1 AND open > 0",
        "I3": "UPDATE journal_line SET amount = amount + 1 WHERE tenant_id = $1 AND account = 'bank'",
        "I3-entries": "UPDATE account SET entries = entries + 1 WHERE tenant_id = $1",
        "I6": "INSERT INTO journal_entry SELECT tenant_id, gen_random_uuid(), fact_kind, gen_random_uuid(), "
              "customer_id, effective_on, recorded_at FROM journal_entry WHERE tenant_id = $1 LIMIT 1",
        "I14": "UPDATE allocation SET effective_on = '2020-01-01' WHERE tenant_id = $1",
        "I15": "UPDATE number_series SET next_number = next_number + 1 WHERE tenant_id = $1",
        "I15-order": "UPDATE invoice SET issued_on = '2020-01-01' WHERE tenant_id = $1 AND number = 'INV-000003'"}
    owner = await asyncpg.connect(company.running.urls.owner)
    try:
        for check, statement in breaks.items():
            await owner.execute(statement, company.tenant)
            found = {one["id"] for one in (await company.get("/integrity"))["checks"] if not one["holds"]}
            assert check in found, check
    finally:
        await owner.close()


async def set_edges(company: Any, version: int, *edges: int) -> Any:
    return await company.send("PUT", "/ageing-policy", {"edges": list(edges)}, If_Match=f'"{version}"')


async def test_the_buckets_are_the_tenants_and_a_past_answer_keeps_its_own(company: Any) -> None:
    await _first_story(company)
    await company.clock("2026-03-22")
    known, before = quote("2026-03-22T02:00:00Z"), await company.get("/ageing")
    assert before["edges"] == [30, 60, 90]
    assert await company.get("/ageing-policy") == {
        "version": 0, "edges": [30, 60, 90], "names": ["not_due", "1_30", "31_60", "61_90", "over_90"]}
    await company.clock("2026-03-23")
    made = await set_edges(company, 0, 7, 31)
    assert made.json() == {"version": 1, "edges": [7, 31], "names": ["not_due", "1_7", "8_31", "over_31"]}
    await company.running.database.transact(company.tenant, tell_ageing_policy)
    assert [said for _, fact, said in await company.running.told(company.tenant) if fact == "AgeingPolicySet"] == [
        {"version": 1, "edges": [7, 31]}] * 2
    after = await company.get("/ageing")
    assert (after["edges"], _row(after)) == ([7, 31], {"8_31": "7910.00", "over_31": "780.00", "net": "8690.00"})
    for as_of, buckets in {"2026-03-18": {"1_7": "7910.00", "8_31": "780.00", "net": "8690.00"},
                           "2026-03-22": {"8_31": "8690.00", "net": "8690.00"}}.items():
        assert _row(await company.get(f"/ageing?as_of={as_of}")) == buckets, as_of
    parts = await company.get("/ageing-breakdown?dimension=currency")
    assert (parts["edges"], _row(parts)["over_31"]) == ([7, 31], "780.00")
    then = await company.get(f"/ageing?as_of=2026-03-22&known_at={known}")
    assert (then["edges"], then["totals"]) == ([30, 60, 90], before["totals"])
    stale = await set_edges(company, 0, 10)
    assert stale.status_code == 412
    wrong = await set_edges(company, 1, 30, 30)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_ageing_edges")
    assert (await set_edges(company, 1, 30, 60, 90)).status_code == 200
    assert (await company.get("/ageing"))["edges"] == [30, 60, 90]
    checks = (await company.get("/integrity"))["checks"]
    assert [one["id"] for one in checks if one["violations"]] == []
