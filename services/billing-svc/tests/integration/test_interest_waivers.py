"""Letting interest go: proposed by one, approved by another; told, booked, and never charged again."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.usecases.run_interest import CHARGE_INTEREST
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
async def ops(billing: Any) -> AsyncIterator[Database]:
    database = Database(billing.urls.ops, source="/dunlin/billing")
    yield database
    await database.close()


async def run(company: Any, ops: Database) -> None:
    await company.send("POST", "/interest-runs", {})
    runner = JobRunner(service="billing", ops=ops, app=company.running.database,
                       handlers={CHARGE_INTEREST: charge_interest})
    while await runner.run_one():
        pass


async def charged(company: Any, ops: Database) -> tuple[UUID, str, str]:
    """A customer with 45.20 of interest: who, the item, and its interest."""
    rules = {"rules": [{"name": "contract", "margin": "12", "day_base": 360}]}
    await company.send("PUT", "/interest-policy", rules, If_Match='"0"')
    who = await company.register()
    item = (await company.issue(who, "4520", "2026-01-05", rate="0"))["items"][0]["id"]
    await company.clock("2026-03-06")
    await run(company, ops)
    (one,) = [one for one in (await company.get(f"/items?customer_id={who}"))["data"] if one["kind"] == "interest"]
    return who, item, one["id"]


async def approve(company: Any, one: dict[str, Any], subject: str = "controller") -> Any:
    headers = company.running.headers(company.tenant, "write_offs:approve", subject=subject)
    return await company.running.client.post(
        f"/billing/v1/interest-waivers/{one['id']}:approve", headers=headers)


async def test_another_person_lets_it_go_and_it_is_not_charged_again(company: Any, ops: Database) -> None:
    who, _, interest = await charged(company, ops)
    one = await company.post("/interest-waivers", {"item_id": interest, "reason": "goodwill", "amount": cny("40.00")})
    (waiting,) = (await company.get("/approvals"))["data"]
    assert [waiting[name] for name in ("interest_waiver_id", "write_off_id", "payment_id", "reason")] == [
        one["id"], None, None, "interest_waiver"]
    own = await approve(company, one, "clerk")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert (await approve(company, one)).json()["state"] == "approved"
    assert await company.account(who) == ("4525.20", "0.00")
    _, fact, said = (await company.running.told(company.tenant))[-1]
    assert (fact, said["amount"], said["reason"]) == ("InterestWaived", cny("40.00"), "goodwill")
    assert (await company.balances())["interest"] == "-5.20"
    await run(company, ops)
    assert await company.account(who) == ("4525.20", "0.00")
    assert (await approve(company, one)).json()["code"] == "illegal_transition"
    assert await company.get(f"/interest-waivers/{one['id']}") == one | {"state": "approved"}
    assert not [check for check in (await company.get("/integrity"))["checks"] if not check["holds"]]


async def test_what_is_refused(company: Any, ops: Database) -> None:
    who, item, interest = await charged(company, ops)
    base = {"item_id": interest, "reason": "settlement"}
    one = await company.post("/interest-waivers", base)
    assert one["amount"] == cny("45.20")
    for path, body, status, code in (
            ("/interest-waivers", base | {"item_id": item}, 422, "not_interest"),
            ("/interest-waivers", base | {"item_id": str(new_id())}, 404, "item_not_found"),
            ("/interest-waivers", base | {"amount": cny("45.21")}, 422, "more_than_undisputed"),
            ("/interest-waivers", base | {"amount": cny("0.00")}, 422, "amount_not_positive"),
            (f"/interest-waivers/{new_id()}:refuse", None, 404, "waiver_not_found")):
        answer = await company.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    await company.pay(who, "45.20", "2026-03-06", allocation="items", items=[{"item_id": interest}])
    again = await company.send("POST", "/interest-waivers", base)
    assert (again.status_code, again.json()["code"]) == (422, "nothing_open")
    assert (await company.send("POST", f"/interest-waivers/{one['id']}:refuse")).json()["state"] == "refused"
    assert (await approve(company, one)).json()["code"] == "illegal_transition"


async def test_what_was_paid_of_it_is_the_customers_credit_again(company: Any, ops: Database) -> None:
    who, _, interest = await charged(company, ops)
    await company.pay(who, "40.00", "2026-03-06", allocation="items", items=[{"item_id": interest}])
    one = await company.post("/interest-waivers", {"item_id": interest, "reason": "our_error", "amount": cny("15.20")})
    assert (await approve(company, one)).status_code == 200
    assert await company.account(who) == ("4520.00", "10.00")
    assert [fact for _, fact, _ in (await company.running.told(company.tenant))[-3:]] == [
        "AllocationReversed", "InterestWaived", "CreditAllocated"]
    assert (await company.balances())["interest"] == "-30.00"
    await company.post("/interest-waivers", {"item_id": interest, "reason": "our_error", "amount": cny("30.00")})
    assert [check for check in (await company.get("/integrity"))["checks"] if not check["holds"]] == []
