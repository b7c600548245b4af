"""A dispute that is accepted is settled and credited in one step, or waits for a second person; once, whoever races."""

import asyncio
from typing import Any
from uuid import UUID

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def sound(company: Any) -> bool:
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def disputed(company: Any, amount: str = "452.00", **more: Any) -> tuple[UUID, dict[str, Any], str]:
    """A customer who owes 2,260.00 in two lines, and a dispute."""
    await company.clock("2026-03-20")
    who = await company.register()
    line = {"description": "Goods", "quantity": "1", "tax_rate": "13"}
    made = await company.post("/invoices", {
        "customer_id": str(who), "currency": "CNY", "issue": True, "issued_on": "2026-03-01",
        "lines": [line | {"unit_price": "1500"}, line | {"unit_price": "500"}]} | more)
    item = made["items"][-1]["id"]
    opened = await company.post("/disputes", {"item_id": item, "reason": "price", "amount": cny(amount)})
    return who, made, opened["id"]


async def test_settled_and_credited_in_one_step(company: Any) -> None:
    who, _, dispute = await disputed(company)
    done = await company.post(f"/disputes/{dispute}:accept", {})
    assert (done["dispute"]["disputed"], done["dispute"]["to_credit"], done["credited"], done["proposal_id"]) == (
        cny("0.00"), cny("452.00"), cny("452.00"), None)
    assert await company.account(who) == ("1808.00", "0.00")
    note = await company.get(f"/credit-notes/{done['credit_note_id']}")
    assert (note["reason"], note["lines"], note["unapplied"]) == (
        "dispute_accepted", [{"position": 1, "net": cny("400.00"), "tax": cny("52.00")}], cny("0.00"))
    told = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert told[-3:] == ["DisputeSettled", "CreditNoteIssued", "CreditAllocated"]
    again = await company.send("POST", f"/disputes/{dispute}:accept", {})
    assert (again.status_code, again.json()["code"]) == (409, "dispute_settled")
    assert await sound(company)


async def test_the_contested_instalment_is_paid_first_and_a_part_stays_contested(company: Any) -> None:
    parts = [{"due_on": "2026-03-31", "amount": cny("1130.00")}, {"due_on": "2026-04-30", "amount": cny("1130.00")}]
    who, _, dispute = await disputed(company, "565.00", instalments=parts)
    body = {"amount": cny("339.00"), "lines": [{"position": 2, "net": cny("300.00")}]}
    done = await company.post(f"/disputes/{dispute}:accept", body)
    assert (done["credited"], done["dispute"]["disputed"]) == (cny("339.00"), cny("226.00"))
    listed = (await company.get(f"/items?customer_id={who}"))["data"]
    assert [(one["open"], one["disputed"]) for one in listed] == [
        (cny("1130.00"), cny("0.00")), (cny("791.00"), cny("226.00"))]
    more = await company.send("POST", f"/disputes/{dispute}:accept", {"lines": [{"position": 1}]})
    assert (more.status_code, more.json()["code"]) == (422, "credits_more_than_accepted")
    assert await sound(company)


async def test_a_large_one_waits_for_another_person(company: Any) -> None:
    who, _, dispute = await disputed(company)
    answer = await company.send("PUT", "/payment-policy", {"pending_days": 30, "second_person_above": [cny("100.00")]},
                                If_Match='"0"')
    assert answer.status_code == 200, answer.text
    done = await company.post(f"/disputes/{dispute}:accept", {})
    assert (done["credit_note_id"], done["dispute"]["disputed"]) == (None, cny("452.00"))
    (waits,) = (await company.get("/approvals"))["data"]
    assert (waits["proposal_id"], waits["reason"], waits["amount"]) == (done["proposal_id"], "credit_note",
                                                                       cny("452.00"))
    assert await company.account(who) == ("2260.00", "0.00")
    path = f"/billing/v1/proposals/{done['proposal_id']}:approve"
    own = await company.send("POST", f"/proposals/{done['proposal_id']}:approve")
    assert own.json()["code"] == "second_person_needed"
    headers = company.running.headers(company.tenant, "payments:confirm", subject="controller")
    signed = await company.running.client.post(path, headers=headers)
    assert signed.status_code == 200, signed.text
    assert await company.account(who) == ("1808.00", "0.00")
    assert (await company.get(f"/disputes/{dispute}"))["disputed"] == cny("0.00") and await sound(company)


async def test_of_interest_and_fees_nothing_is_credited(company: Any) -> None:
    await company.clock("2026-03-20")
    who = await company.register()
    fee = await company.post("/fees", {"customer_id": str(who), "amount": cny("20.00"), "reason": "returned_payment"})
    opened = await company.post("/disputes", {"item_id": fee["id"], "reason": "other"})
    refused = await company.send("POST", f"/disputes/{opened['id']}:accept", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "dispute_of_charge")
    missing = await company.send("POST", f"/disputes/{new_id()}:accept", {})
    assert (missing.status_code, missing.json()["code"]) == (404, "dispute_not_found")


async def test_two_acceptances_and_a_payment_race(company: Any) -> None:
    who, _, dispute = await disputed(company)
    answers = await asyncio.gather(
        *(company.send("POST", f"/disputes/{dispute}:accept", {}) for _ in range(3)),
        company.pay(who, "1000.00", "2026-03-20"))
    codes = sorted(one.status_code for one in answers[:3])
    assert codes == [200, 409, 409]
    assert await company.account(who) == ("808.00", "0.00") and await sound(company)
