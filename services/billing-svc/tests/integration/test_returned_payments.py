"""Payments that the bank took back: their own date, the old due dates, and the fee that the return cost."""

from typing import Any

import pytest


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def failing(company: Any) -> list[str]:
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def test_a_return_takes_its_own_day_and_its_fee_is_an_item_of_its_own(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.clock("2026-01-10")
    paid = await company.pay(who, "1000.00", "2026-01-10")
    await company.clock("2026-01-20")
    back = await company.post(f"/payments/{paid['id']}:reverse", {
        "reason": "returned", "effective_on": "2026-01-17", "fee": cny("25.00")})
    assert (back["state"], back["reversed_on"], back["reversal_reason"]) == ("reversed", "2026-01-17", "returned")
    owed = (await company.get(f"/items?customer_id={who}&open=true"))["data"]
    assert [(one["number"], one["kind"], one["open"]["amount"], one["due_on"]) for one in owed] == [
        ("FEE-000001", "fee", "25.00", "2026-01-17"), (invoice["number"], "invoice", "1000.00", invoice["due_on"])]
    assert (owed[0]["invoice_id"], owed[0]["claim_item_id"]) == (invoice["id"], invoice["items"][0]["id"])
    assert await company.balances() == {
        "bank": "0.00", "customer_credit": "0.00", "receivable_control": "1025.00", "revenue": "-1000.00",
        "fees": "-25.00"}
    nets = {day: (await company.get(f"/ageing?as_of={day}"))["totals"][0]["figures"]["net"]["amount"]
            for day in ("2026-01-16", "2026-01-17")}
    assert nets == {"2026-01-16": "0.00", "2026-01-17": "1025.00"}
    told = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert told[-3:] == ["AllocationReversed", "PaymentReversed", "FeeCharged"]
    again = await company.pay(who, "1025.00", "2026-01-20")
    assert [one["amount"]["amount"] for one in again["allocations"]] == ["25.00", "1000.00"]
    assert await failing(company) == []


async def test_the_fee_names_no_claim_where_the_payment_paid_several(company: Any) -> None:
    who = await company.register()
    for _ in range(2):
        await company.issue(who, "10", "2026-01-05", rate="0")
    paid = await company.pay(who, "20.00", "2026-01-05")
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned", "fee": cny("5.00")})
    fee = next(one for one in (await company.get(f"/items?customer_id={who}"))["data"] if one["kind"] == "fee")
    assert (fee["invoice_id"], fee["claim_item_id"], fee["due_on"]) == (None, None, "2026-01-05")
    assert await failing(company) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reason": "recorded_in_error"}, "fee_not_meant"),
        ({"reason": "not_received"}, "fee_not_meant"),
        ({"fee": cny("0.00")}, "amount_not_positive"),
        ({"fee": {"amount": "5.00", "currency": "EUR"}}, "currency_mismatch"),
    ],
)
async def test_a_fee_that_is_refused_undoes_nothing(company: Any, changed: dict[str, Any], code: str) -> None:
    who = await company.register()
    paid = await company.pay(who, "10.00", "2026-01-05")
    body = {"reason": "returned", "fee": cny("5.00")} | changed
    answer = await company.send("POST", f"/payments/{paid['id']}:reverse", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await company.account(who) == ("0.00", "10.00")
