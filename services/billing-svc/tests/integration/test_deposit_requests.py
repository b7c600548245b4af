"""Deposits on real PostgreSQL: asked for, paid, kept for their order, set against its invoices as they are issued."""

import asyncio
from typing import Any
from uuid import UUID

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def ask(company: Any, who: UUID, amount: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/deposit-requests", {
        "customer_id": str(who), "amount": cny(amount), "order_reference": "SO-1"} | more)
    return made


async def pay(company: Any, request: dict[str, Any], amount: str) -> dict[str, Any]:
    paid: dict[str, Any] = await company.post(f"/deposit-requests/{request['id']}:pay", {
        "amount": cny(amount), "received_on": "2026-01-05", "method": "bank_transfer",
        "reference": request["number"]})
    return paid


async def bill(
    company: Any, who: UUID, net: str, order: str | None, *, draft: bool = False, named: str | None = None,
) -> dict[str, Any]:
    line = {"description": "Goods", "quantity": "1", "unit_price": net, "tax_rate": "0"}
    made: dict[str, Any] = await company.post("/invoices", {
        "customer_id": str(who), "currency": "CNY", "lines": [line], "issue": not draft, "authorization_id": order,
        "order_reference": named})
    return made if not draft else await company.post(f"/invoices/{made['id']}:issue", {})


async def broken(company: Any) -> list[str]:
    return [one["id"] for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


def figures(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["state"], *(one[name]["amount"] for name in ("paid", "missing", "held")), one["releases_delivery"]


async def test_it_owes_nothing_is_paid_and_pays_the_invoices_of_its_order(company: Any) -> None:
    who, order = await company.register(), str(new_id())
    asked = await ask(company, who, "3000.00", authorization_id=order)
    assert (asked["number"], asked["customer_number"], asked["due_on"]) == ("DEP-000001", "C-000001", "2026-01-05")
    assert figures(asked) == ("asked", "0.00", "3000.00", "0.00", False)
    assert await company.account(who) == ("0.00", "0.00") and await company.balances() == {}
    assert figures(await pay(company, asked, "1000.00")) == ("asked", "1000.00", "2000.00", "1000.00", False)
    assert figures(await pay(company, asked, "2500.00")) == ("paid", "3500.00", "0.00", "3500.00", True)
    assert await company.account(who) == ("0.00", "3500.00")
    other = await bill(company, who, "500", None)
    assert other["items"][0]["open"]["amount"] == "500.00", "it pays nothing but its order"
    first = await bill(company, who, "3200", order)
    assert first["items"][0]["open"]["amount"] == "0.00"
    second = await bill(company, who, "6800", order, draft=True)
    assert second["items"][0]["open"]["amount"] == "6500.00"
    left = await company.get(f"/deposit-requests/{asked['id']}")
    assert (figures(left), len(left["payment_ids"])) == (("paid", "3500.00", "0.00", "0.00", True), 2)
    assert await company.account(who) == ("7000.00", "0.00")
    facts = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert facts.count("DepositRequested") == 1 and facts.count("CreditAllocated") == 3
    assert facts.count("InvoiceSettled") == 1 and await broken(company) == []


async def test_it_is_kept_from_everything_else_until_it_is_ended(company: Any) -> None:
    who = await company.register()
    asked = await ask(company, who, "300.00", due_on="2026-01-20")
    (credit,) = (await pay(company, asked, "300.00"))["payment_ids"]
    item = (await company.issue(who, "100", "2026-01-05", rate="0"))["items"][0]["id"]
    owing = (await company.get(f"/items:owing?customer_id={who}"))["data"][0]
    assert [one["amount"] for one in owing["unapplied"]] == ["0.00"], "nobody is spared a reminder for it"
    tries = (("POST", f"/payments/{credit}:apply", {"allocation": "oldest_first"}),
             ("POST", "/refunds", {"credit_id": credit, "method": "cash", "reason": "overpaid"}))
    for method, path, body in tries:
        refused = await company.send(method, path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "credit_kept_for_order"), refused.text
    ended = await company.post(f"/deposit-requests/{asked['id']}:end", {"reason": "order_cancelled"})
    assert figures(ended) == ("ended", "300.00", "0.00", "300.00", False)
    for path, body in ((f"/deposit-requests/{asked['id']}:end", {"reason": "order_billed"}),
                       (f"/deposit-requests/{asked['id']}:pay", {
                           "amount": cny("1.00"), "received_on": "2026-01-05", "method": "cash"})):
        again = await company.send("POST", path, body)
        assert (again.status_code, again.json()["code"]) == (409, "deposit_request_ended")
    await company.post(f"/payments/{credit}:apply", {"allocation": "items", "items": [{"item_id": item}]})
    await company.post("/refunds", {"credit_id": credit, "method": "cash", "reason": "overpaid"})
    assert await company.account(who) == ("0.00", "0.00") and await broken(company) == []


async def test_what_is_not_certain_counts_when_it_is_confirmed(company: Any) -> None:
    policy = {"pending_days": 30, "second_person_above": [cny("100.00")]}
    answer = await company.send("PUT", "/payment-policy", policy, If_Match='"0"')
    assert answer.status_code == 200, answer.text
    asked = await ask(company, await company.register(), "300.00")
    waits = await pay(company, asked, "300.00")
    assert (figures(waits), waits["pending"]["amount"]) == (("asked", "0.00", "300.00", "0.00", False), "300.00")
    swept = await company.send("POST", f"/payments/{waits['payment_ids'][0]}:confirm", {"allocation": "oldest_first"})
    assert (swept.status_code, swept.json()["code"]) == (409, "credit_kept_for_order")
    missing = await company.send("GET", f"/deposit-requests/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "deposit_request_not_found")
    dollars = await company.send("POST", f"/deposit-requests/{asked['id']}:pay", {
        "amount": {"amount": "1.00", "currency": "USD"}, "received_on": "2026-01-05", "method": "cash"})
    assert (dollars.status_code, dollars.json()["code"]) == (422, "currency_mismatch")
    assert [one["id"] for one in await company.rows("/deposit-requests?limit=1")] == [asked["id"]]
    assert await broken(company) == []


async def test_numbers_have_no_hole_and_who_ends_it_races_who_pays_it(company: Any) -> None:
    who = await company.register()
    made = await asyncio.gather(*(ask(company, who, "10.00") for _ in range(6)))
    assert sorted(one["number"] for one in made) == [f"DEP-{n:06d}" for n in range(1, 7)]
    body = {"amount": cny("10.00"), "received_on": "2026-01-05", "method": "cash"}
    for one in made:
        paid, _ = await asyncio.gather(
            company.send("POST", f"/deposit-requests/{one['id']}:pay", body),
            company.send("POST", f"/deposit-requests/{one['id']}:end", {"reason": "asked_in_error"}))
        assert paid.status_code == 200 or paid.json()["code"] == "deposit_request_ended", paid.text
    listed = await company.rows(f"/deposit-requests?customer_id={who}&limit=4")
    assert [one["state"] for one in listed] == ["ended"] * 6
    held = sum(int(one["paid"]["amount"].split(".")[0]) for one in listed)
    accounts = (await company.get(f"/customers/{who}/account"))["accounts"]
    assert sum(int(one["unapplied"]["amount"].split(".")[0]) for one in accounts) == held
    assert await broken(company) == []


async def kept(company: Any) -> list[str]:
    return [said["kept"]["amount"] for _, fact, said in await company.running.told(company.tenant)
            if fact == "CreditKept"]


async def test_an_invoice_takes_it_by_the_name_of_its_order_too_and_each_step_says_what_is_kept(company: Any) -> None:
    who, another = await company.register(), await company.register(number="C-000002")
    asked = await ask(company, who, "300.00")
    (credit,) = (await pay(company, asked, "300.00"))["payment_ids"]
    for whose, order in ((another, "SO-1"), (who, "SO-2")):
        assert (await bill(company, whose, "50", None, named=order))["items"][0]["open"]["amount"] == "50.00"
    first = await bill(company, who, "200", str(new_id()), named="SO-1", draft=True)
    assert (first["order_reference"], first["items"][0]["open"]["amount"]) == ("SO-1", "0.00")
    (part,) = (await company.get(f"/payments/{credit}"))["allocations"]
    await company.post(f"/allocations/{part['id']}:reverse", {"reason": "recorded_in_error"})
    assert figures(await company.get(f"/deposit-requests/{asked['id']}"))[3] == "300.00"
    assert await kept(company) == ["300.00", "100.00", "300.00"]
    await company.post(f"/deposit-requests/{asked['id']}:end", {"reason": "order_cancelled"})
    await company.post(f"/payments/{credit}:apply", {"allocation": "oldest_first"})
    assert await kept(company) == ["300.00", "100.00", "300.00"], "it is kept no more, and nothing is told of it"
    assert await company.account(who) == ("0.00", "50.00") and await broken(company) == []
