"""The cash forecast on real books: who pays late is expected late, and all of it ties to what is owed."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from billing_svc.consumers.customer import customer
from billing_svc.consumers.notify import notify
from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_events.contracts.notify_promises import (
    PromiseBroken,
    PromiseCorrected,
    PromiseEnd,
    PromiseMade,
    PromiseOutcome,
    PromiseWithdrawn,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell, work_off


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
    await company.post("/bills", {
        "customer_id": str(late), "amount": {"amount": "60.00", "currency": "CNY"}, "number": "5130", "drawer": "D",
        "acceptor": "A", "risk_class": "bank", "received_on": "2026-02-24", "due_on": "2026-03-24"})
    own = await company.get(f"/cash-forecast?weeks=8&customer_id={late}")
    assert weeks(own) == {"2026-03-23": "60.00", "2026-04-13": "40.00"}


def by_then(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Low, likely and high of each week."""
    return [tuple(one["by_then"][name]["amount"] for name in ("low", "likely", "high"))
            for one in report["data"][0]["weeks"]]


async def test_each_week_has_an_interval_by_how_far_delays_lie_apart(company: Any) -> None:
    """One paid 7, 14, 21, 56 and 70 days late: a fifth of its money had come after 7, four fifths after 56. The other
    paid once, 14 days late: around that its delays lie as far apart as those of all."""
    steady, new = await company.register(), await company.register(number="C-000002")
    for who, times in ((steady, 5), (new, 1)):
        for _ in range(times):
            await company.issue(who, "100", "2026-01-05", rate="0")
    for who, day in ((steady, "2026-02-11"), (steady, "2026-02-18"), (new, "2026-02-18"), (steady, "2026-02-25"),
                     (steady, "2026-04-01"), (steady, "2026-04-15")):
        await company.clock(day)
        await company.pay(who, "100.00", day)
    await company.issue(steady, "100", "2026-04-15", rate="0")
    own = await company.get(f"/cash-forecast?weeks=14&customer_id={steady}")
    first = {name: next(n for n, one in enumerate(by_then(own)) if one[place] == "100.00")
             for place, name in enumerate(("low", "likely", "high"))}
    assert first == {"high": 5, "likely": 9, "low": 12}
    assert all(set(one) <= {"0.00", "100.00"} for one in by_then(own))
    await company.issue(new, "100", "2026-04-15", rate="0")
    other = by_then(await company.get(f"/cash-forecast?weeks=14&customer_id={new}"))
    assert [next(n for n, one in enumerate(other) if one[place] == "100.00") for place in (2, 1, 0)] == [4, 6, 10]
    both = by_then(await company.get("/cash-forecast?weeks=14"))
    assert (both[4], both[6], both[9], both[10], both[12]) == (
        ("0.00", "0.00", "100.00"), ("0.00", "100.00", "200.00"), ("0.00", "200.00", "200.00"),
        ("100.00", "200.00", "200.00"), ("200.00", "200.00", "200.00"))


async def test_money_that_was_taken_for_an_item_in_another_currency_teaches_too(company: Any) -> None:
    who = await company.register()
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "1000", "tax_rate": "0"}
    wish = {"customer_id": str(who), "currency": "USD", "lines": [line], "issue": True}
    await company.post("/exchange-rates", {
        "currency": "USD", "rate": "7.10", "valid_on": "2026-01-05", "source": "pboc"})
    issued = await company.post("/invoices", wish | {"issued_on": "2026-01-05"})
    paid = await company.pay(who, "7100.00", "2026-01-05", allocation="none")
    await company.post(f"/payments/{paid['id']}:exchange", {
        "item_id": issued["items"][0]["id"], "given": {"amount": "7100.00", "currency": "CNY"},
        "taken": {"amount": "1000.00", "currency": "USD"}})
    await company.post("/invoices", wish | {"issued_on": "2026-01-05"})
    of = {one["receivables"]["currency"]: one for one in (await company.get("/cash-forecast"))["data"]}
    assert of["USD"]["inputs"]["learnt_from"] == {"amount": "1000.00", "currency": "USD"}


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


def said_of(who: UUID, amount: str, day: date, *items: str) -> dict[str, Any]:
    """What every fact of one promise says."""
    return {"customer_id": who, "promise_id": new_id(), "amount": Amount(amount=amount, currency="CNY"),
            "promised_on": day, "grace_days": 2, "items": list(items)}


async def promised(company: Any) -> list[tuple[str, str, str, int]]:
    (cny,) = (await company.get("/cash-forecast"))["data"]
    return [(one["week_from"], one["expected"]["amount"], one["promised"]["amount"], one["items"])
            for one in cny["weeks"] if one["items"]]


async def test_what_is_promised_is_expected_on_its_day_while_the_promise_runs(company: Any) -> None:
    who, other = [await company.register(number=f"C-00000{n}") for n in (1, 2)]
    first, second = [(await company.issue(who, net, "2026-01-05", rate="0"))["items"][0]["id"]
                     for net in ("300", "500")]
    await company.issue(other, "70", "2026-01-05", rate="0")
    database, tenant, today = company.running.database, company.tenant, date(2026, 1, 5)
    partly, every = said_of(who, "400.00", date(2026, 1, 15), first, second), said_of(other, "90.00", today)
    await tell(database, notify, tenant, PromiseMade(**partly, made_on=today))
    await tell(database, notify, tenant, PromiseMade(**every, made_on=today))
    assert await promised(company) == [
        ("2026-01-05", "70.00", "70.00", 1), ("2026-01-12", "400.00", "400.00", 2),
        ("2026-02-02", "400.00", "0.00", 1)]
    nothing: dict[str, Any] = {"received": Amount(amount="0.00", currency="CNY")}
    await tell(database, notify, tenant, PromiseBroken(**partly, **nothing, judged_on=today), first=2)
    await tell(database, notify, tenant, PromiseWithdrawn(**every, reason=PromiseEnd.WITHDRAWN, withdrawn_on=today),
               first=2)
    assert await promised(company) == [("2026-02-02", "870.00", "0.00", 3)]
    again = PromiseCorrected(**partly, **nothing, was=PromiseOutcome.BROKEN, outcome=PromiseOutcome.RUNNING,
                             corrected_on=today)
    await tell(database, notify, tenant, again, first=3)
    assert await promised(company) == [
        ("2026-01-12", "400.00", "400.00", 2), ("2026-02-02", "470.00", "0.00", 2)]


async def test_each_monday_is_kept_and_compared_to_what_came(company: Any) -> None:
    who = await company.register()
    configured = TenantConfigured(name="T", currency="CNY", zone="Asia/Shanghai", sandbox=True,
                                  clock_at=datetime(2026, 1, 5, 2, tzinfo=UTC))
    await tell(company.running.database, customer, company.tenant, configured)
    await company.issue(who, "300", "2026-01-05", rate="0")
    await company.clock("2026-02-05")
    await work_off(company.running, company.tenant, {TURN_DAY: turn_day})
    await company.pay(who, "250.00", "2026-02-05")
    gone = await company.pay(who, "40.00", "2026-02-05")
    await company.post(f"/payments/{gone['id']}:reverse", {"reason": "not_received"})
    assert (await company.get("/cash-forecast"))["data"][0]["accuracy"][0]["weeks"][-1]["week_from"] == "2026-01-26"
    await company.clock("2026-02-11")
    assert await work_off(company.running, company.tenant, {TURN_DAY: turn_day}) == 6
    (cny,) = (await company.get("/cash-forecast"))["data"]
    own = cny["accuracy"][0]
    assert (own["weeks_ahead"], own["received"]["amount"], len(own["weeks"])) == (0, "250.00", 4)
    last = own["weeks"][-1]
    assert (last["week_from"], last["expected"]["amount"], last["received"]["amount"]) == (
        "2026-02-02", "300.00", "250.00")
    assert own["error_bps"] == 2000
