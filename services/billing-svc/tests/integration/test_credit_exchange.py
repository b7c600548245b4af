"""Payments for items in another currency: both legs, clearing, differences, what is undone, and what is refused."""

from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id


def money(amount: str, currency: str) -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def prepared(company: Any, paid_in: str = "EUR") -> tuple[UUID, str, str]:
    """USD 1,000 invoiced at 7.10, and 900 paid in another currency; the customer, the item, the payment."""
    who: UUID = await company.register()
    for currency, rate in (("USD", "7.10"), ("EUR", "7.80")):
        await company.post("/exchange-rates", {
            "currency": currency, "rate": rate, "valid_on": "2026-01-05", "source": "pboc"})
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "1000", "tax_rate": "0"}
    issued = await company.post("/invoices", {
        "customer_id": str(who), "currency": "USD", "lines": [line], "issue": True, "issued_on": "2026-01-05"})
    payment = await company.post("/payments", {
        "customer_id": str(who), "amount": money("900.00", paid_in), "received_on": "2026-01-05", "method": "swift",
        "allocation": "none"})
    return who, issued["items"][0]["id"], payment["id"]


async def in_base(company: Any) -> dict[str, int]:
    """Every journal account in fen of base currency, over all currencies."""
    found: dict[str, int] = {}
    for line in (await company.get("/journal-balances"))["data"]:
        found[line["account"]] = found.get(line["account"], 0) + int(line["base"]["amount"].replace(".", ""))
    return found


async def whole(company: Any) -> None:
    checked = await company.get("/integrity")
    assert [one for one in checked["checks"] if one["violations"]] == []


async def held(company: Any, who: UUID) -> dict[str, tuple[str, str]]:
    accounts = (await company.get(f"/customers/{who}/account"))["accounts"]
    return {one["open"]["currency"]: (one["open"]["amount"], one["unapplied"]["amount"]) for one in accounts}


async def test_a_euro_payment_settles_a_dollar_item_through_clearing(company: Any) -> None:
    who, item, payment = await prepared(company)
    made = await company.post(f"/payments/{payment}:exchange", {
        "item_id": item, "given": money("890.00", "EUR"), "taken": money("1000.00", "USD")})
    assert await held(company, who) == {"EUR": ("0.00", "10.00"), "USD": ("0.00", "0.00")}
    balances = await in_base(company)
    assert balances == {
        "bank": 702_000, "customer_credit": -7_800, "exchange_clearing": 0, "exchange_difference": 15_800,
        "receivable_control": 0, "revenue": -710_000}
    told = [(fact, one["amount"]) for _, fact, one in await company.running.told(company.tenant)
            if fact in ("CreditExchanged", "CreditAllocated")]
    assert told == [("CreditExchanged", money("-890.00", "EUR")), ("CreditExchanged", money("1000.00", "USD")),
                    ("CreditAllocated", money("1000.00", "USD"))]
    rolled = (await company.get("/roll-forward?from=2026-01-05&to=2026-01-05"))
    assert [one["exchanged"]["amount"] for one in rolled["receipts"] if one["received"]["currency"] == "EUR"] == [
        "890.00"]
    journal = await company.get(f"/facts/{made['id']}/journal")
    assert {line["account"]: line["amount"]["amount"] for line in journal["lines"]} == {
        "exchange_clearing": "1000.00", "customer_credit": "-1000.00", "exchange_difference": "0.00"}
    await whole(company)


async def test_what_is_contested_is_paid_by_it_and_not_accepted(company: Any) -> None:
    _, item, payment = await prepared(company)
    await company.post("/disputes", {"item_id": item, "reason": "price", "amount": money("300.00", "USD")})
    await company.post(f"/payments/{payment}:exchange", {
        "item_id": item, "given": money("800.00", "EUR"), "taken": money("900.00", "USD")})
    settled = [one for _, fact, one in await company.running.told(company.tenant) if fact == "DisputeSettled"]
    assert [(one["outcome"], one["amount"]) for one in settled] == [("paid", money("200.00", "USD"))]
    await whole(company)


async def test_what_is_undone_is_as_if_it_had_never_been(company: Any) -> None:
    who, item, payment = await prepared(company)
    before = await in_base(company)
    made = await company.post(f"/payments/{payment}:exchange", {
        "item_id": item, "given": money("890.00", "EUR"), "taken": money("1000.00", "USD")})
    blocked = await company.send("POST", f"/payments/{payment}:reverse", {"reason": "not_received"})
    assert blocked.status_code == 409
    await company.post("/exchange-rates", {"currency": "EUR", "rate": "9", "valid_on": "2026-01-05", "source": "x"})
    undo = f"/credit-exchanges/{made['id']}:reverse"
    undone = await company.post(undo, {"reason": "recorded_in_error"})
    assert undone["given"] == money("890.00", "EUR")
    assert await held(company, who) == {"EUR": ("0.00", "900.00"), "USD": ("1000.00", "0.00")}
    assert {name: amount for name, amount in (await in_base(company)).items() if amount} == before
    again = await company.send("POST", undo, {"reason": "recorded_in_error"})
    assert (again.status_code, again.json()["code"]) == (409, "exchange_reversed")
    await company.post(f"/payments/{payment}:reverse", {"reason": "not_received"})
    await whole(company)


async def test_base_currency_pays_a_foreign_item(company: Any) -> None:
    who, item, payment = await prepared(company, "CNY")
    await company.post(f"/payments/{payment}:exchange", {
        "item_id": item, "given": money("719.00", "CNY"), "taken": money("100.00", "USD")})
    assert await held(company, who) == {"CNY": ("0.00", "181.00"), "USD": ("900.00", "0.00")}
    balances = await in_base(company)
    assert (balances["exchange_clearing"], balances["exchange_difference"]) == (0, -900)
    await whole(company)


async def test_a_foreign_payment_pays_an_item_in_base_currency(company: Any) -> None:
    who, _, payment = await prepared(company)
    issued = await company.issue(who, "780", "2026-01-05", rate="0")
    await company.post(f"/payments/{payment}:exchange", {
        "item_id": issued["items"][0]["id"], "given": money("101.00", "EUR"), "taken": money("780.00", "CNY")})
    assert (await held(company, who))["CNY"] == ("0.00", "0.00")
    balances = await in_base(company)
    assert (balances["exchange_clearing"], balances["exchange_difference"]) == (0, -780)
    await whole(company)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"given": money("1.00", "USD")}, 422, "currency_mismatch"),
        ({"taken": money("1.00", "EUR")}, 422, "currency_mismatch"),
        ({"given": money("900.01", "EUR")}, 422, "more_than_unapplied"),
        ({"taken": money("1000.01", "USD")}, 422, "more_than_open"),
        ({"given": money("0.00", "EUR")}, 422, "amount_not_positive"),
        ({"item_id": str(new_id())}, 404, "item_not_found"),
        ({"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        ({"effective_on": "2026-01-06"}, 422, "effective_in_future"),
    ],
)
async def test_what_is_refused_moves_nothing(company: Any, change: dict[str, Any], status: int, code: str) -> None:
    who, item, payment = await prepared(company)
    body = {"item_id": item, "given": money("890.00", "EUR"), "taken": money("1000.00", "USD")} | change
    answer = await company.send("POST", f"/payments/{payment}:exchange", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await held(company, who) == {"EUR": ("0.00", "900.00"), "USD": ("1000.00", "0.00")}


async def test_one_currency_is_applied_and_a_missing_exchange_is_not_undone(company: Any) -> None:
    who, _, _ = await prepared(company)
    issued = await company.issue(who, "5", "2026-01-05", rate="0")
    payment = await company.pay(who, "5.00", "2026-01-05", allocation="none")
    same = await company.send("POST", f"/payments/{payment['id']}:exchange", {
        "item_id": issued["items"][0]["id"], "given": money("5.00", "CNY"), "taken": money("5.00", "CNY")})
    assert (same.status_code, same.json()["code"]) == (422, "same_currency")
    gone = await company.send("POST", f"/credit-exchanges/{new_id()}:reverse", {"reason": "reassigned"})
    assert (gone.status_code, gone.json()["code"]) == (404, "exchange_not_found")
