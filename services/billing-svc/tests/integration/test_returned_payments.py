"""Payments that the bank took back: their own date, the old due dates, the fee that the return cost, and what was
paid back of them."""

import asyncio
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


async def partly_refunded(company: Any, who: Any, *, refunds: tuple[str, ...] = ("300.00",)) -> dict[str, Any]:
    """1,500 came for a debt of 1,000 on the 10th; of the rest so much was paid back on the 12th."""
    await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.clock("2026-01-10")
    paid: dict[str, Any] = await company.pay(who, "1500.00", "2026-01-10")
    await company.clock("2026-01-12")
    for part in refunds:
        await company.post("/refunds", {
            "credit_id": paid["id"], "amount": cny(part), "method": "bank_transfer", "reason": "overpaid"})
    return paid


async def test_what_was_paid_back_of_a_returned_payment_is_owed(company: Any) -> None:
    who = await company.register()
    paid = await partly_refunded(company, who, refunds=("300.00", "50.00"))
    await company.clock("2026-01-20")
    back = await company.post(f"/payments/{paid['id']}:reverse", {
        "reason": "returned", "effective_on": "2026-01-11", "fee": cny("25.00")})
    assert (back["state"], back["reversed_on"]) == ("reversed", "2026-01-11")
    owed = (await company.get(f"/items?customer_id={who}&open=true"))["data"]
    assert [(one["number"], one["kind"], one["open"]["amount"], one["due_on"]) for one in owed if
            one["kind"] == "reclaim"] == [("RCL-000001", "reclaim", "300.00", "2026-01-12"),
                                          ("RCL-000002", "reclaim", "50.00", "2026-01-12")]
    assert await company.account(who) == ("1375.00", "0.00")
    assert await company.balances() == {
        "bank": "-350.00", "customer_credit": "0.00", "receivable_control": "1375.00", "revenue": "-1000.00",
        "fees": "-25.00"}
    told = [(fact, said["account"]["open"]["amount"], said["account"]["unapplied"]["amount"])
            for _, fact, said in await company.running.told(company.tenant)]
    assert told[-5:] == [
        ("AllocationReversed", "1000.00", "1150.00"), ("RefundReclaimed", "1300.00", "1450.00"),
        ("RefundReclaimed", "1350.00", "1500.00"), ("PaymentReversed", "1350.00", "0.00"),
        ("FeeCharged", "1375.00", "0.00")]
    listed = (await company.get(f"/refunds?customer_id={who}"))["data"]
    assert [(one["reclaimed_on"], one["reclaim_item_id"], one["reversed_on"]) for one in listed] == [
        ("2026-01-12", one["id"], None) for one in owed if one["kind"] == "reclaim"]
    stuck = await company.send("POST", f"/refunds/{listed[0]['id']}:reverse", {"reason": "bounced"})
    assert (stuck.status_code, stuck.json()["code"]) == (409, "refund_reclaimed")
    rolled = (await company.get("/roll-forward?from=2026-01-01&to=2026-01-20"))["currencies"][0]
    assert {one["line"]: one["amount"]["amount"] for one in rolled["lines"] if one["amount"]["amount"] != "0.00"} == {
        "invoices": "1000.00", "fees": "25.00", "reclaims": "350.00"}
    again = await company.pay(who, "1375.00", "2026-01-20")
    assert len(again["allocations"]) == 4
    assert await company.account(who) == ("0.00", "0.00")
    assert await failing(company) == []


async def test_what_was_paid_back_of_an_error_is_put_right_first(company: Any) -> None:
    who = await company.register()
    paid = await partly_refunded(company, who)
    stuck = await company.send("POST", f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    assert (stuck.status_code, stuck.json()["code"]) == (409, "credit_refunded")
    assert await company.account(who) == ("0.00", "200.00")


async def test_in_foreign_currency_the_claim_comes_in_at_its_own_rate(company: Any) -> None:
    who = await company.register()
    paid: dict[str, Any] = {}
    for value, day in (("7.10", "2026-01-05"), ("7.20", "2026-01-08"), ("7.30", "2026-01-11")):
        await company.clock(day)
        await company.post("/exchange-rates", {
            "currency": "USD", "rate": value, "valid_on": day, "source": "pboc"})
        if value == "7.10":
            paid = await company.post("/payments", {
                "customer_id": str(who), "amount": {"amount": "100.00", "currency": "USD"}, "received_on": day,
                "method": "bank_transfer", "allocation": "none"})
        if value == "7.20":
            await company.post("/refunds", {
                "credit_id": paid["id"], "amount": {"amount": "40.00", "currency": "USD"}, "method": "bank_transfer",
                "reason": "overpaid"})
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    lines = (await company.get("/journal-balances"))["data"]
    assert {one["account"]: (one["amount"]["amount"], one["base"]["amount"]) for one in lines} == {
        "bank": ("-40.00", "-288.00"), "customer_credit": ("0.00", "0.00"), "receivable_control": ("40.00", "292.00"),
        "exchange_difference": ("0.00", "-4.00")}
    (rolled,) = (await company.get("/roll-forward?from=2026-01-01&to=2026-01-11"))["currencies"]
    assert {one["line"]: one["base"]["amount"] for one in rolled["lines"] if one["base"]["amount"] != "0.00"} == {
        "reclaims": "284.00", "exchange": "8.00"}
    assert await failing(company) == []


async def test_a_return_that_races_with_refunds_claims_back_all_that_was_paid(company: Any) -> None:
    who = await company.register()
    paid = await partly_refunded(company, who)
    answers = await asyncio.gather(
        company.send("POST", f"/payments/{paid['id']}:reverse", {"reason": "returned"}),
        *(company.send("POST", "/refunds", {
            "credit_id": paid["id"], "amount": cny("60.00"), "method": "bank_transfer", "reason": "overpaid"})
          for _ in range(4)))
    assert answers[0].status_code == 200, answers[0].text
    made = sum(one.status_code == 201 for one in answers[1:])
    assert made <= 3
    assert await company.account(who) == (f"{1300 + 60 * made}.00", "0.00")
    assert await failing(company) == []
