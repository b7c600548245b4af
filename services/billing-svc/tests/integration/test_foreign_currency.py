"""Foreign currency on the real ledger: rates, base amounts, realised differences, what is undone, what is refused."""

import asyncio
from typing import Any
from uuid import UUID

from billing_svc.domain.exchange_rate import MAX_RATE_AGE_DAYS


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


async def rate(company: Any, value: str, day: str, currency: str = "USD") -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/exchange-rates", {
        "currency": currency, "rate": value, "valid_on": day, "source": "pboc"})
    return made


async def sold(company: Any, who: UUID, net: str, day: str, currency: str = "USD", tax: str = "0") -> dict[str, Any]:
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": net, "tax_rate": tax}
    made: dict[str, Any] = await company.post("/invoices", {
        "customer_id": str(who), "currency": currency, "lines": [line], "issue": True, "issued_on": day})
    return made


async def paid(company: Any, who: UUID, amount: str, day: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/payments", {
        "customer_id": str(who), "amount": usd(amount), "received_on": day, "method": "bank_transfer",
        "allocation": "oldest_first"} | more)
    return made


async def whole(company: Any) -> None:
    checked = await company.get("/integrity")
    assert [one for one in checked["checks"] if one["violations"]] == []


async def facts(company: Any, name: str) -> list[dict[str, Any]]:
    return [told for _, fact, told in await company.running.told(company.tenant) if fact == name]


async def in_base(company: Any) -> dict[str, str]:
    said = await company.get("/journal-balances")
    return {line["account"]: line["base"]["amount"] for line in said["data"]}


async def test_two_payments_of_one_invoice_gain_200_and_810(company: Any) -> None:
    who = await company.register()
    await rate(company, "7.10", "2026-01-05")
    issued = await sold(company, who, "10000", "2026-01-05")
    await company.clock("2026-01-20")
    await rate(company, "7.15", "2026-01-20")
    first = await paid(company, who, "4000.00", "2026-01-20")
    await company.clock("2026-02-09")
    await rate(company, "7.235", "2026-02-09")
    await paid(company, who, "6000.00", "2026-02-09")
    told = await facts(company, "CreditAllocated")
    assert [(one["base"]["amount"], one["exchange_difference"]["amount"]) for one in told] == [
        ("28400.00", "200.00"), ("42600.00", "810.00")]
    journal = await company.get(f"/facts/{first['allocations'][0]['id']}/journal")
    assert [(line["account"], line["amount"]["amount"], line["base"]) for line in journal["lines"]] == [
        ("customer_credit", "4000.00", {"amount": "28600.00", "currency": "CNY"}),
        ("exchange_difference", "0.00", {"amount": "-200.00", "currency": "CNY"}),
        ("receivable_control", "-4000.00", {"amount": "-28400.00", "currency": "CNY"})]
    assert await in_base(company) == {
        "bank": "72010.00", "customer_credit": "0.00", "exchange_difference": "-1010.00",
        "receivable_control": "0.00", "revenue": "-71000.00"}
    assert (await company.get(f"/invoices/{issued['id']}"))["settlement"] == "settled"
    await whole(company)


async def test_a_return_leaves_the_item_carried_as_before(company: Any) -> None:
    who = await company.register()
    await rate(company, "7.10", "2026-01-05")
    await sold(company, who, "10000", "2026-01-05", tax="13")
    await rate(company, "7.15", "2026-01-05")
    payment = await paid(company, who, "4000.00", "2026-01-05")
    await rate(company, "9.00", "2026-01-05")
    await company.post(f"/payments/{payment['id']}:reverse", {"reason": "not_received"})
    assert await in_base(company) == {
        "bank": "0.00", "customer_credit": "0.00", "exchange_difference": "0.00", "receivable_control": "80230.00",
        "revenue": "-71000.00", "tax": "-9230.00"}
    await whole(company)


async def test_a_prepayment_keeps_its_rate(company: Any) -> None:
    who = await company.register()
    await rate(company, "7.00", "2026-01-05")
    payment = await paid(company, who, "500.00", "2026-01-05", allocation="none")
    await company.clock("2026-01-09")
    await rate(company, "7.30", "2026-01-09")
    await sold(company, who, "200", "2026-01-09")
    await company.post(f"/payments/{payment['id']}:apply", {"allocation": "oldest_first"})
    assert [one["exchange_difference"]["amount"] for one in await facts(company, "CreditAllocated")] == ["-60.00"]
    assert (await in_base(company))["customer_credit"] == "-2100.00"
    (total,) = (await company.get("/ageing"))["totals"]
    assert (total["customer_credit_control"], total["customer_credit_control_base"]) == (
        usd("300.00"), {"amount": "2100.00", "currency": "CNY"})
    await whole(company)


async def test_nothing_is_posted_without_a_rate_and_old_rates_end(company: Any) -> None:
    who = await company.register()
    wish = {"customer_id": str(who), "amount": usd("5.00"), "received_on": "2026-01-05", "method": "cash",
            "allocation": "none"}
    refused = await company.send("POST", "/payments", wish)
    assert (refused.status_code, refused.json()["code"]) == (422, "exchange_rate_missing")
    await rate(company, "7.00", "2026-01-05")
    await company.clock("2026-02-06")
    assert MAX_RATE_AGE_DAYS == 31
    late = await company.send("POST", "/payments", wish | {"received_on": "2026-02-06"})
    assert (late.status_code, late.json()["code"]) == (422, "exchange_rate_missing")
    assert (await company.send("POST", "/payments", wish | {"received_on": "2026-02-05"})).status_code == 201
    assert await company.account(who) == ("0.00", "5.00")


async def test_rates_are_told_listed_and_corrected_by_a_later_one(company: Any) -> None:
    await rate(company, "7.00", "2026-01-04")
    await rate(company, "0.048125", "2026-01-05", "JPY")
    await rate(company, "7.05", "2026-01-04")
    listed = (await company.get("/exchange-rates?currency=USD&limit=1"))
    assert [(one["rate"], one["valid_on"], one["base_currency"]) for one in listed["data"]] == [
        ("7.05", "2026-01-04", "CNY")]
    rest = await company.get(f"/exchange-rates?currency=USD&limit=1&cursor={listed['next_cursor']}")
    assert ([one["rate"] for one in rest["data"]], rest["has_more"]) == (["7"], False)
    told = await facts(company, "ExchangeRateSet")
    assert [(one["currency"], one["rate"], one["source"]) for one in told] == [
        ("USD", "7.00", "pboc"), ("JPY", "0.048125", "pboc"), ("USD", "7.05", "pboc")]
    who = await company.register()
    await sold(company, who, "100", "2026-01-05")
    assert (await in_base(company))["receivable_control"] == "705.00"


async def test_payments_at_once_relieve_each_cent_once(company: Any) -> None:
    who = await company.register()
    await rate(company, "7.1237", "2026-01-05")
    await sold(company, who, "100.01", "2026-01-05")
    await asyncio.gather(*(paid(company, who, "14.29", "2026-01-05") for _ in range(8)))
    assert await company.account(who) == ("0.00", "14.31")
    await whole(company)


async def test_a_note_pays_what_was_lost_at_the_rates_of_its_days_and_its_cancelling_loses_it_again(
    company: Any,
) -> None:
    who = await company.register()
    await company.send("PUT", "/tolerance-policy", {"most": [usd("20.00")], "share_bps": 500}, If_Match='"0"')
    await rate(company, "7.10", "2026-01-05")
    issued = [await sold(company, who, "1000", "2026-01-05") for _ in range(2)]
    short, bad = [one["items"][0]["id"] for one in issued]
    await paid(company, who, "990.00", "2026-01-05", allocation="items", items=[{"item_id": short}])
    await company.post("/differences", {"item_id": short, "reason": "bank_charge"})
    lost = await company.post("/write-offs", {"item_id": bad, "reason": "insolvency"})
    signed = company.running.headers(company.tenant, "write_offs:approve", subject="controller")
    answer = await company.running.client.post(f"/billing/v1/write-offs/{lost['id']}:approve", json={}, headers=signed)
    assert answer.status_code == 200
    before = await in_base(company)
    await company.clock("2026-01-20")
    await rate(company, "7.30", "2026-01-20")
    notes = []
    for invoice, net in ((issued[0], "4.00"), (issued[0], "996.00"), (issued[1], "1000.00")):
        line = {"position": 1, "net": usd(net)}
        notes.append(await company.post("/credit-notes", {
            "invoice_id": invoice["id"], "reason": "quality", "lines": [line]}))
    assert [note["unapplied"] for note in notes] == [usd("0.00"), usd("990.00"), usd("0.00")]
    await whole(company)
    for note in reversed(notes):
        await company.post(f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"})
    await whole(company)
    after = await in_base(company)
    assert [after[name] for name in ("receivable_control", "customer_credit", "revenue")] == [
        before[name] for name in ("receivable_control", "customer_credit", "revenue")]
