"""The first two worked stories: balances, ageing figures of the account, and facts, to the cent."""

from typing import Any


async def test_partial_payment_across_three_invoices_oldest_first(company: Any) -> None:
    who = await company.register()
    invoices = []
    for net, day in (("4000", "2026-01-05"), ("2000", "2026-01-20"), ("7000", "2026-02-10")):
        await company.clock(day)
        invoices.append(await company.issue(who, net, day))
    assert [one["total"]["amount"] for one in invoices] == ["4520.00", "2260.00", "7910.00"]
    assert [one["due_on"] for one in invoices] == ["2026-02-04", "2026-02-19", "2026-03-12"]
    assert [one["number"] for one in invoices] == ["INV-000001", "INV-000002", "INV-000003"]
    await company.clock("2026-03-01")
    paid = await company.pay(who, "6000.00", "2026-03-01")
    assert [one["amount"]["amount"] for one in paid["allocations"]] == ["4520.00", "1480.00"]
    assert paid["unapplied"]["amount"] == "0.00"
    assert await company.balances() == {
        "bank": "6000.00", "customer_credit": "0.00", "receivable_control": "8690.00", "revenue": "-13000.00",
        "tax": "-1690.00"}
    assert await company.account(who) == ("8690.00", "0.00")
    left = (await company.get(f"/items?customer_id={who}&open=true"))["data"]
    assert [(one["number"], one["open"]["amount"]) for one in left] == [
        ("INV-000002", "780.00"), ("INV-000003", "7910.00")]


async def test_the_facts_of_a_payment_come_in_order_each_with_the_figures_after_it(company: Any) -> None:
    who = await company.register()
    for net in ("4000", "2000"):
        await company.issue(who, net, "2026-01-05")
    await company.pay(who, "6000.00", "2026-01-05")
    told = [(fact, said["account"]["open"]["amount"], said["account"]["unapplied"]["amount"])
            for _, fact, said in await company.running.told(company.tenant)]
    assert told == [
        ("InvoiceIssued", "4520.00", "0.00"), ("InvoiceIssued", "6780.00", "0.00"),
        ("PaymentConfirmed", "6780.00", "6000.00"), ("CreditAllocated", "2260.00", "1480.00"),
        ("InvoiceSettled", "2260.00", "1480.00"), ("CreditAllocated", "780.00", "0.00")]


async def test_overpayment_and_later_application(company: Any) -> None:
    who = await company.register()
    await company.clock("2026-03-01")
    first = await company.issue(who, "10000", "2026-03-01")
    await company.clock("2026-03-20")
    named = [{"item_id": first["items"][0]["id"], "amount": {"amount": "11300.00", "currency": "CNY"}}]
    paid = await company.pay(who, "15000.00", "2026-03-20", allocation="items", items=named)
    assert paid["unapplied"]["amount"] == "3700.00"
    assert await company.account(who) == ("0.00", "3700.00")
    await company.clock("2026-04-02")
    second = await company.issue(who, "5000", "2026-04-02")
    assert await company.account(who) == ("5650.00", "3700.00")
    await company.clock("2026-04-10")
    target = {"allocation": "items", "items": [{"item_id": second["items"][0]["id"]}]}
    early = await company.send("POST", f"/payments/{paid['id']}:apply", target | {"effective_on": "2026-03-25"})
    assert (early.status_code, early.json()["code"]) == (422, "effective_too_early")
    assert early.json()["facts"]["earliest"] == "2026-04-02"
    applied = await company.post(f"/payments/{paid['id']}:apply", target | {"effective_on": "2026-04-10"})
    assert [(one["amount"]["amount"], one["effective_on"], one["business_on"]) for one in applied["allocations"]] == [
        ("11300.00", "2026-03-20", "2026-03-20"), ("3700.00", "2026-04-10", "2026-04-02")]
    assert await company.balances() == {
        "bank": "15000.00", "customer_credit": "0.00", "receivable_control": "1950.00", "revenue": "-15000.00",
        "tax": "-1950.00"}
    assert await company.account(who) == ("1950.00", "0.00")


async def test_a_payment_that_was_returned_owes_everything_again(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "4000", "2026-01-05")
    paid = await company.pay(who, "5000.00", "2026-01-05")
    await company.clock("2026-01-09")
    back = await company.post(f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    assert (back["state"], back["unapplied"]["amount"], back["reversed_on"]) == ("reversed", "0.00", "2026-01-09")
    assert [one["reversed_on"] for one in back["allocations"]] == ["2026-01-09"]
    assert await company.account(who) == ("4520.00", "0.00")
    assert await company.balances() == {
        "bank": "0.00", "customer_credit": "0.00", "receivable_control": "4520.00", "revenue": "-4000.00",
        "tax": "-520.00"}
    told = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert told[-2:] == ["AllocationReversed", "PaymentReversed"]
    again = await company.send("POST", f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_a_correction_takes_the_original_day(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "4000", "2026-01-05")
    paid = await company.pay(who, "4520.00", "2026-01-05")
    await company.clock("2026-02-09")
    back = await company.post(f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    assert back["reversed_on"] == "2026-01-05"
    entries = (await company.get(f"/customers/{who}/account"))["data"]
    assert [one["net"]["amount"] for one in entries if one["effective_on"] == "2026-01-05"][-1] == "4520.00"
    assert all(one["recorded_at"] > "2026-01" for one in entries)
