"""Interest runs: what is charged to a day, corrected by earlier money, paused by disputes, told and booked."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.usecases.charge_interest import charge_interest as charge_slice
from billing_svc.usecases.note_interest import note_interest
from billing_svc.usecases.run_interest import CHARGE_INTEREST
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner

CONTRACT = {"name": "contract", "margin": "12", "day_base": 360}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
async def ops(billing: Any) -> AsyncIterator[Database]:
    database = Database(billing.urls.ops, source="/dunlin/billing")
    yield database
    await database.close()


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def policy(company: Any, *rules: dict[str, Any], version: int = 0) -> None:
    answer = await company.send("PUT", "/interest-policy", {"rules": list(rules)}, If_Match=f'"{version}"')
    assert answer.status_code == 200, answer.text
    assert answer.json() == await company.get("/interest-policy")


async def work(company: Any, ops: Database) -> None:
    """Do the tenant's waiting runs, as a worker would."""
    runner = JobRunner(service="billing", ops=ops, app=company.running.database,
                       handlers={CHARGE_INTEREST: charge_interest})
    while await runner.run_one():
        pass


async def run(company: Any, ops: Database, to_on: str | None = None) -> dict[str, int]:
    """Run to a day, and what came of it."""
    answer = await company.send("POST", "/interest-runs", {"to_on": to_on})
    assert answer.status_code == 202, answer.text
    await work(company, ops)
    done = await company.get(f"/operations/{answer.json()['id']}")
    assert done["status"] == "succeeded", done
    result: dict[str, int] = done["result"]
    return result


async def owing(company: Any, net: str = "4520") -> tuple[UUID, str]:
    """A customer who owes 4,520.00 since 4 February, on 6 March: 30 days late."""
    who = await company.register()
    item = (await company.issue(who, net, "2026-01-05", rate="0"))["items"][0]["id"]
    await company.clock("2026-03-06")
    return who, item


async def interest(company: Any, who: UUID) -> list[tuple[str, str, str]]:
    """Charges of a customer: number, amount and what is open."""
    found = (await company.get(f"/items?customer_id={who}"))["data"]
    return [(one["number"], one["amount"]["amount"], one["open"]["amount"])
            for one in found if one["kind"] != "invoice"]


async def test_a_run_charges_what_is_due_to_its_day_and_the_next_one_only_the_rest(company: Any, ops: Database) -> None:
    who, item = await owing(company)
    await policy(company, CONTRACT)
    assert await run(company, ops, "2026-02-19") == {"charged": 1, "corrected": 0, "without_rate": 0}
    assert await interest(company, who) == [("INT-000001", "22.60", "22.60")]
    assert (await run(company, ops))["charged"] == 1
    assert await interest(company, who) == [("INT-000001", "22.60", "22.60"), ("INT-000002", "22.60", "22.60")]
    assert await run(company, ops) == {"charged": 0, "corrected": 0, "without_rate": 0}
    said = [said for _, fact, said in await company.running.told(company.tenant) if fact == "InterestCharged"][-1]
    assert (said["total"], said["rule"], said["account"]["open"]) == (cny("45.20"), "contract", cny("4565.20"))
    assert said["claim_item_id"] == item
    assert [(one["from_on"], one["to_on"], one["principal"]) for one in said["segments"]] == [
        ("2026-02-04", "2026-03-06", cny("4520.00"))]
    assert await company.balances() == {
        "interest": "-45.20", "receivable_control": "4565.20", "revenue": "-4520.00"}
    assert await sound(company)


async def test_it_never_runs_on_interest_and_survives_the_principal(company: Any, ops: Database) -> None:
    who, item = await owing(company)
    await policy(company, CONTRACT)
    await company.pay(who, "4520.00", "2026-03-06", allocation="items", items=[{"item_id": item}])
    await company.clock("2026-12-31")
    assert (await run(company, ops))["charged"] == 1
    assert await interest(company, who) == [("INT-000001", "45.20", "45.20")]
    await company.clock("2027-12-31")
    assert (await run(company, ops))["charged"] == 0


async def test_money_that_came_earlier_than_was_known_is_seen(company: Any, ops: Database) -> None:
    who, item = await owing(company)
    await policy(company, CONTRACT)
    await run(company, ops)
    await company.pay(who, "2260.00", "2026-02-19", allocation="items", items=[{"item_id": item}])
    assert (await run(company, ops))["corrected"] == 1
    assert await interest(company, who) == [("INT-000001", "45.20", "33.90")]
    _, fact, said = (await company.running.told(company.tenant))[-1]
    assert (fact, said["amount"], said["reason"]) == ("InterestWaived", cny("11.30"), "recomputed")
    assert await sound(company)


async def test_what_was_paid_and_is_too_much_is_the_customers_credit_again(company: Any, ops: Database) -> None:
    who, item = await owing(company)
    await policy(company, CONTRACT)
    await run(company, ops)
    (charge,) = [one["id"] for one in (await company.get(f"/items?customer_id={who}"))["data"] if one["id"] != item]
    for amount in ("20.00", "25.20"):
        await company.pay(who, amount, "2026-03-06", allocation="items", items=[{"item_id": charge}])
    await company.pay(who, "2260.00", "2026-02-09", allocation="items", items=[{"item_id": item}])
    assert await run(company, ops) == {"charged": 0, "corrected": 1, "without_rate": 0}
    assert await interest(company, who) == [("INT-000001", "45.20", "0.00")]
    left = {one["amount"]["amount"]: one["unapplied"]["amount"] for one in (await company.get("/payments"))["data"]}
    assert left == {"20.00": "0.00", "25.20": "18.83", "2260.00": "0.00"}
    told = (await company.running.told(company.tenant))[-3:]
    assert [(fact, said["amount"]["amount"]) for _, fact, said in told] == [
        ("AllocationReversed", "25.20"), ("InterestWaived", "18.83"), ("CreditAllocated", "6.37")]
    assert (await company.balances())["interest"] == "-26.37"
    assert await run(company, ops) == {"charged": 0, "corrected": 0, "without_rate": 0}
    assert await sound(company)


async def test_what_is_contested_bears_nothing_until_it_is_rejected(company: Any, ops: Database) -> None:
    who, item = await owing(company)
    await policy(company, CONTRACT)
    made = await company.post("/disputes", {"item_id": item, "reason": "price", "amount": cny("2260.00")})
    await company.clock("2026-03-16")
    await run(company, ops)
    assert await interest(company, who) == [("INT-000001", "52.73", "52.73")]
    await company.post(f"/disputes/{made['id']}:settle", {"outcome": "rejected"})
    await company.clock("2026-03-17")
    await run(company, ops)
    assert [amount for _, amount, _ in await interest(company, who)] == ["52.73", "9.04"]
    assert await sound(company)


async def test_a_reference_rate_and_the_compensation_of_each_claim(company: Any, ops: Database) -> None:
    who, _ = await owing(company, "3650")
    await policy(company, {"name": "EU", "margin": "8", "day_base": 365, "region": "CN", "reference": "ECB",
                           "compensation": cny("40.00")})
    assert await run(company, ops) == {"charged": 0, "corrected": 0, "without_rate": 1}
    for day, rate in (("2026-01-01", "2"), ("2026-02-14", "4.5")):
        await company.post("/reference-rates", {"reference": "ECB", "effective_from": day, "rate": rate})
    again = await company.send("POST", "/reference-rates", {
        "reference": "ECB", "effective_from": "2026-01-01", "rate": "3"})
    assert (again.status_code, again.json()["code"]) == (409, "reference_rate_exists")
    assert await company.rows("/reference-rates?limit=1") == (await company.get("/reference-rates"))["data"]
    assert [one["rate"] for one in await company.rows("/reference-rates?limit=1")] == ["2.0000", "4.5000"]
    assert (await run(company, ops))["charged"] == 1
    assert [(number, amount) for number, amount, _ in await interest(company, who)] == [
        ("INT-000001", "35.00"), ("FEE-000001", "40.00")]
    await company.clock("2026-03-07")
    await run(company, ops)
    assert [number for number, _, _ in await interest(company, who)] == ["INT-000001", "FEE-000001", "INT-000002"]
    assert await sound(company)


async def test_nobody_pays_a_fixed_sum_for_a_lateness_that_was_none(company: Any, ops: Database) -> None:
    """Due on 4 February. The fixed sum goes when money is known that came in time, comes back when that was an
    error, and goes again, paid as it is, when the invoice is void."""
    who, item = await owing(company)
    await policy(company, CONTRACT | {"compensation": cny("40.00")})
    await run(company, ops)
    assert await interest(company, who) == [("INT-000001", "45.20", "45.20"), ("FEE-000001", "40.00", "40.00")]
    paid = await company.pay(who, "4520.00", "2026-02-04", allocation="items", items=[{"item_id": item}])
    assert (await run(company, ops))["corrected"] == 1
    assert [left for _, _, left in await interest(company, who)] == ["0.00", "0.00"]
    _, fact, said = (await company.running.told(company.tenant))[-1]
    assert (fact, said["amount"], said["reason"]) == ("FeeWaived", cny("40.00"), "recomputed")
    assert await run(company, ops) == {"charged": 0, "corrected": 0, "without_rate": 0}
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    await run(company, ops)
    charges = await interest(company, who)
    assert [number for number, _, left in charges if left != "0.00"] == ["INT-000002", "FEE-000002"]
    fee = next(one["id"] for one in (await company.get(f"/items?customer_id={who}"))["data"]
               if one["number"] == "FEE-000002")
    await company.pay(who, "40.00", "2026-03-06", allocation="items", items=[{"item_id": fee}])
    invoice = next(one["invoice_id"] for one in (await company.get(f"/items?customer_id={who}"))["data"]
                   if one["id"] == item)
    await company.post(f"/invoices/{invoice}:void", {"reason": "issued_in_error"})
    await run(company, ops)
    assert {left for _, _, left in await interest(company, who)} == {"0.00"}
    balances = await company.balances()
    assert (balances["fees"], balances["interest"], balances["customer_credit"]) == ("0.00", "0.00", "-40.00")
    assert await sound(company)


async def test_what_is_refused(company: Any) -> None:
    await company.clock("2026-03-06")
    for method, path, body, status, code in (
            ("POST", "/interest-runs", {"to_on": "2026-03-07"}, 422, "day_in_future"),
            ("PUT", "/interest-policy", {"rules": [CONTRACT, CONTRACT]}, 422, "bad_interest_rule"),
            ("PUT", "/interest-policy", {"rules": [CONTRACT | {"margin": "-1"}]}, 422, "bad_interest_rule"),
            ("PUT", "/interest-policy", {"rules": [CONTRACT | {"day_base": 364}]}, 422, "invalid_request")):
        answer = await company.send(method, path, body, **({"If_Match": '"0"'} if method == "PUT" else {}))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    stale = await company.send("PUT", "/interest-policy", {"rules": []}, If_Match='"5"')
    assert stale.status_code == 412


async def test_new_terms_leave_older_debts_as_they_are_and_no_rule_changes_nothing(company: Any, ops: Database) -> None:
    who, _ = await owing(company)
    await policy(company, CONTRACT)
    await run(company, ops)
    newer = {"name": "from March", "margin": "24", "day_base": 360, "due_from": "2026-03-01"}
    await policy(company, newer, CONTRACT, version=1)
    await run(company, ops)
    await policy(company, newer, version=2)
    await run(company, ops)
    assert await interest(company, who) == [("INT-000001", "45.20", "45.20")]
    assert await sound(company)


async def test_a_run_that_is_cancelled_keeps_what_it_charged_and_a_later_one_charges_the_rest(
    company: Any, ops: Database,
) -> None:
    who = await company.register()
    for _ in range(2):
        await company.issue(who, "4520", "2026-01-05", rate="0")
    await company.clock("2026-03-06")
    await policy(company, CONTRACT)
    begun = (await company.send("POST", "/interest-runs", {})).json()
    cancelling: list[asyncio.Task[Any]] = []

    async def take_one(tx: Any) -> None:
        run_id = await tx.driver.fetchval("SELECT id FROM interest_run WHERE operation_id = $1", UUID(begun["id"]))
        await charge_slice(tx, run_id, 1)
        cancelling.append(asyncio.create_task(company.send("POST", f"/interest-runs/{begun['id']}:cancel")))

    await company.running.database.transact(company.tenant, lambda tx: note_interest(tx, 50, None))
    await company.running.database.transact(company.tenant, take_one)
    answer = await cancelling[0]
    assert (answer.status_code, answer.json()["status"], answer.json()["done"]) == (200, "failed", 1)
    await work(company, ops)
    ended = await company.get(f"/operations/{begun['id']}")
    assert (ended["error"]["code"], ended["result"]) == ("operation_cancelled", None)
    assert len(await interest(company, who)) == 1
    again = await company.send("POST", f"/interest-runs/{begun['id']}:cancel")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert (await run(company, ops))["charged"] == 1
    unknown = await company.send("POST", f"/interest-runs/{who}:cancel")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "interest_run_not_found")
    assert await sound(company)
