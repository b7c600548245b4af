"""Bills of exchange in the books: received, honoured and dishonoured, with everything still tied."""

from typing import Any
from uuid import UUID

import pytest


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def a_bill(who: UUID, amount: str, **more: Any) -> dict[str, Any]:
    return {"customer_id": str(who), "amount": cny(amount), "number": "5130276001", "risk_class": "bank",
            "drawer": "Huawei", "acceptor": "ICBC", "received_on": "2026-01-05", "due_on": "2026-07-05"} | more


async def owed(company: Any, who: UUID) -> dict[str, tuple[str, str]]:
    """By number: what is open of each item, and when it is due."""
    listed = (await company.get(f"/items?customer_id={who}"))["data"]
    return {one["number"]: (one["open"]["amount"], one["due_on"]) for one in listed}


async def ties(company: Any) -> None:
    answer = await company.get("/integrity")
    assert [one for one in answer["checks"] if one["violations"]] == []
    aged = await company.get("/ageing?group_by=none")
    rolled = await company.get("/roll-forward?from=2026-01-01")
    assert rolled["currencies"][0]["closing"] == aged["totals"][0]["receivable_control"]


async def test_it_settles_what_it_is_given_for_and_is_owed_until_it_is_honoured(company: Any) -> None:
    who = await company.register()
    for net in ("300", "500"):
        await company.issue(who, net, "2026-01-05", rate="0")
    made = await company.post("/bills", a_bill(who, "600.00"))
    assert (made["state"], made["open"], made["customer_number"], made["item_number"]) == (
        "held", cny("600.00"), "C-000001", "BIL-000001")
    assert [(one["number"], one["amount"]["amount"]) for one in made["parts"]] == [
        ("INV-000001", "300.00"), ("INV-000002", "300.00")]
    assert await owed(company, who) == {
        "INV-000001": ("0.00", "2026-02-04"), "INV-000002": ("200.00", "2026-02-04"),
        "BIL-000001": ("600.00", "2026-07-05")}
    assert await company.account(who) == ("800.00", "0.00")
    balances = await company.balances()
    assert (balances["notes_receivable"], balances["receivable_control"], balances["bills_clearing"]) == (
        "600.00", "200.00", "0.00")
    await ties(company)
    await company.clock("2026-07-05")
    await company.pay(who, "600.00", "2026-07-05", allocation="items", items=[{"item_id": made["item_id"]}])
    assert (await company.get(f"/bills/{made['id']}"))["state"] == "honoured"
    balances = await company.balances()
    assert (balances["notes_receivable"], balances["bank"], balances["receivable_control"]) == (
        "0.00", "600.00", "200.00")
    await ties(company)
    told = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert told[2:] == ["BillReceived", "InvoiceSettled", "BillHeld", "PaymentConfirmed", "CreditAllocated"]


async def test_dishonoured_it_leaves_what_it_had_settled_and_a_fee_for_its_protest(company: Any) -> None:
    who = await company.register()
    item = (await company.issue(who, "300", "2026-01-05", rate="0"))["items"][0]
    made = await company.post("/bills", a_bill(who, "300.00", items=[{"item_id": item["id"]}], risk_class="commercial"))
    await company.clock("2026-07-06")
    paid = await company.pay(who, "300.00", "2026-07-05")
    refused = await company.send("POST", f"/bills/{made['id']}:dishonour", {"reason": "dishonoured"})
    assert (refused.status_code, refused.json()["code"]) == (409, "bill_settled")
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    gone = await company.post(f"/bills/{made['id']}:dishonour", {"reason": "dishonoured", "fee": cny("25.00")})
    assert (gone["state"], gone["dishonoured_on"], gone["dishonour_reason"]) == (
        "dishonoured", "2026-07-06", "dishonoured")
    assert await owed(company, who) == {
        "INV-000001": ("300.00", "2026-02-04"), "BIL-000001": ("0.00", "2026-07-05"),
        "FEE-000001": ("25.00", "2026-07-06")}
    balances = await company.balances()
    assert (balances["notes_receivable"], balances["receivable_control"], balances["fees"]) == (
        "0.00", "325.00", "-25.00")
    await ties(company)
    again = await company.send("POST", f"/bills/{made['id']}:dishonour", {"reason": "dishonoured"})
    assert (again.status_code, again.json()["code"]) == (409, "bill_dishonoured")
    buckets = (await company.get("/ageing?as_of=2026-03-01&group_by=none"))["totals"][0]["figures"]["buckets"]
    assert {one["name"]: one["amount"]["amount"] for one in buckets if one["items"]} == {"not_due": "300.00"}


async def test_a_statement_shows_what_it_settled_and_the_bill_by_its_own_day(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "300", "2026-01-05", rate="0")
    made = await company.post("/bills", a_bill(who, "100.00"))
    said = await company.post("/statements", {
        "customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"})
    (one,) = said["currencies"]
    assert [(move["fact_kind"], move["receivables"]["amount"]) for move in one["movements"]] == [
        ("invoice_issued", "300.00"), ("bill_received", "-100.00"), ("bill_held", "100.00")]
    assert [(line["kind"], line["number"], line["due_on"], line["open"]["amount"]) for line in one["lines"]] == [
        ("invoice", "INV-000001", "2026-02-04", "200.00"), ("bill", made["item_number"], "2026-07-05", "100.00")]
    listed = await company.rows(f"/bills?customer_id={who}&limit=1")
    assert [row["id"] for row in listed] == [made["id"]]
    wrong = await company.post(f"/bills/{made['id']}:dishonour", {"reason": "recorded_in_error"})
    assert wrong["dishonoured_on"] == "2026-01-05"
    assert await company.account(who) == ("300.00", "0.00")
    await ties(company)


@pytest.mark.parametrize(("changes", "code"), [
    ({"amount": cny("300.01")}, "more_than_open"), ({"due_on": "2026-01-05"}, "bill_due_too_early"),
    ({"amount": {"amount": "1.00", "currency": "USD"}}, "bill_not_in_base_currency")])
async def test_what_is_no_bill_for_this_debt_is_refused(company: Any, changes: dict[str, Any], code: str) -> None:
    who = await company.register()
    await company.issue(who, "300", "2026-01-05", rate="0")
    refused = await company.send("POST", "/bills", a_bill(who, "1.00") | changes)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
