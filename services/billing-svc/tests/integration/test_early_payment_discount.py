"""Early-payment discount through the API: frozen at issue, given with the allocation, gone with it."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import (
    CustomerKind,
    CustomerRegistered,
    CustomerStatus,
    DiscountTerms,
    TermsOfTrade,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def early_payer(company: Any) -> Any:
    """Two per cent for paying within ten days."""
    who = new_id()
    await tell(company.running.database, customer, company.tenant, CustomerRegistered(
        customer_id=who, number="C-000001", kind=CustomerKind.ORGANIZATION, status=CustomerStatus.ACTIVE,
        name="北京华为贸易", tax_id=None, region=None, industry=None, external_id=None,
        terms=TermsOfTrade(due_days=30, end_of_month=False,
                           discount=DiscountTerms(discount_bps=200, within_days=10))))
    return who


async def failing(company: Any) -> list[str]:
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def test_who_pays_in_time_keeps_it_whenever_the_money_is_recorded(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    assert (invoice["items"][0]["discount"], invoice["items"][0]["discount_until"]) == (cny("22.60"), "2026-01-15")
    await company.clock("2026-01-20")
    paid = await company.pay(who, "1107.40", "2026-01-15")
    assert [(one["amount"]["amount"], one["discount"]) for one in paid["allocations"]] == [("1107.40", cny("22.60"))]
    assert await company.account(who) == ("0.00", "0.00")
    assert await company.balances() == {
        "bank": "1107.40", "customer_credit": "0.00", "receivable_control": "0.00", "revenue": "-1000.00",
        "tax": "-127.40", "discount": "20.00"}
    told = [(fact, said) for _, fact, said in await company.running.told(company.tenant)]
    assert [fact for fact, _ in told[-2:]] == ["CreditAllocated", "InvoiceSettled"]
    assert (told[-2][1]["amount"], told[-2][1]["discount"], told[-2][1]["open_after"]) == (
        cny("1107.40"), cny("22.60"), cny("0.00"))
    assert await failing(company) == []


async def test_it_lives_and_dies_with_its_allocation(company: Any) -> None:
    who = await early_payer(company)
    await company.issue(who, "1000", "2026-01-05")
    paid = await company.pay(who, "1130.00", "2026-01-05")
    assert paid["unapplied"]["amount"] == "22.60"
    await company.clock("2026-02-10")
    undone = await company.post(f"/allocations/{paid['allocations'][0]['id']}:reverse", {"reason": "reassigned"})
    assert (undone["open"]["amount"], undone["unapplied"]["amount"]) == ("1130.00", "1130.00")
    assert (await company.balances())["discount"] == "0.00"
    assert await failing(company) == []
    again = await company.post(f"/payments/{paid['id']}:apply", {"allocation": "oldest_first"})
    assert again["allocations"][-1]["discount"] == cny("22.60"), "the money had come in time"
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    assert await company.account(who) == ("1130.00", "0.00")
    late = await company.pay(who, "1107.40", "2026-02-10")
    assert (late["allocations"][0]["discount"], await company.account(who)) == (None, ("22.60", "0.00"))
    assert await failing(company) == []


@pytest.mark.parametrize(
    ("base", "vat", "discount", "tax"),
    [("gross", "none", "22.60", "-260.00"), ("net", "none", "20.00", "-260.00"), ("net", "adjust", "20.00", "-257.40")],
)
async def test_the_policy_at_issue_says_of_which_amount_and_whether_tax_is_corrected(
    company: Any, base: str, vat: str, discount: str, tax: str,
) -> None:
    who = await early_payer(company)
    before = await company.issue(who, "1000", "2026-01-05")
    assert (await company.get("/discount-policy"))["version"] == 0
    wanted = {"discount_base": base, "discount_vat": vat}
    set_ = await company.send("PUT", "/discount-policy", wanted, If_Match='"0"')
    assert set_.json() == {"version": 1} | wanted
    stale = await company.send("PUT", "/discount-policy", wanted, If_Match='"0"')
    assert stale.status_code == 412
    invoice = await company.issue(who, "1000", "2026-01-05")
    assert before["items"][0]["discount"] == cny("22.60")
    named = [{"item_id": invoice["items"][0]["id"]}]
    await company.pay(who, "1130.00", "2026-01-05", allocation="items", items=named)
    balances = await company.balances()
    assert (balances["discount"], balances["tax"]) == (discount, tax)
    assert await failing(company) == []


async def test_a_pending_payment_that_is_confirmed_late_was_in_time(company: Any) -> None:
    who = await early_payer(company)
    await company.issue(who, "1000", "2026-01-05")
    await company.clock("2026-01-14")
    waits = await company.pay(who, "1107.40", "2026-01-14", state="pending")
    await company.clock("2026-01-19")
    sure = await company.post(f"/payments/{waits['id']}:confirm", {})
    assert sure["allocations"][0]["discount"] == cny("22.60")
    assert await company.account(who) == ("0.00", "0.00")
    assert await failing(company) == []


def credit_note(invoice: dict[str, Any], net: str | None) -> dict[str, Any]:
    lines = [{"position": 1, "net": cny(net)}] if net else []
    return {"invoice_id": invoice["id"], "reason": "goods_returned", "lines": lines}


async def test_what_is_credited_takes_its_share_of_the_discount_with_it(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    paid = await company.pay(who, "1107.40", "2026-01-05")
    await company.clock("2026-02-20")
    half = await company.post("/credit-notes", credit_note(invoice, "500.00"))
    assert (half["amount"]["amount"], half["unapplied"]["amount"]) == ("565.00", "0.00")
    assert await company.account(who) == ("0.00", "553.70")
    assert await company.balances() == {
        "bank": "1107.40", "customer_credit": "-553.70", "receivable_control": "0.00", "revenue": "-500.00",
        "tax": "-63.70", "discount": "10.00"}
    told = [(fact, said["amount"]["amount"], said["discount"]) for _, fact, said in
            await company.running.told(company.tenant) if fact in ("AllocationReversed", "CreditAllocated")]
    assert told[1:] == [("AllocationReversed", "1107.40", cny("22.60")), ("CreditAllocated", "565.00", None),
                        ("CreditAllocated", "553.70", cny("11.30"))]
    await company.post("/credit-notes", credit_note(invoice, None))
    assert await company.account(who) == ("0.00", "1107.40")
    assert await company.balances() == {
        "bank": "1107.40", "customer_credit": "-1107.40", "receivable_control": "0.00", "revenue": "0.00",
        "tax": "0.00", "discount": "0.00"}
    await company.post("/refunds", {
        "credit_id": paid["id"], "method": "bank_transfer", "reason": "credited"})
    assert await company.account(who) == ("0.00", "0.00")
    assert await failing(company) == []


@pytest.mark.parametrize(
    ("net", "left", "revenue", "tax", "discount"),
    [("0.01", "0.01", "-999.99", "-127.40", "20.00"), ("333.33", "369.13", "-666.67", "-84.94", "13.34"),
     ("999.99", "1107.39", "-0.01", "0.00", "0.00")])
async def test_of_any_part_to_the_cent(
    company: Any, net: str, left: str, revenue: str, tax: str, discount: str,
) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    await company.pay(who, "1107.40", "2026-01-05")
    await company.post("/credit-notes", credit_note(invoice, net))
    balances = await company.balances()
    assert (await company.account(who), balances["revenue"], balances["tax"], balances["discount"]) == (
        ("0.00", left), revenue, tax, discount)
    assert await failing(company) == []


async def test_money_paid_beside_is_credited_by_its_share_whatever_was_credited_before(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    named = [{"item_id": invoice["items"][0]["id"], "amount": cny("500.00")}]
    await company.pay(who, "500.00", "2026-01-05", allocation="items", items=named)
    await company.pay(who, "617.40", "2026-01-05")
    assert (await company.balances())["discount"] == "11.15"
    for unapplied in ("558.70", "1117.40"):
        await company.post("/credit-notes", credit_note(invoice, "500.00"))
        assert await company.account(who) == ("0.00", unapplied)
    balances = await company.balances()
    assert (balances["revenue"], balances["tax"], balances["discount"]) == ("0.00", "0.00", "0.00")
    assert await failing(company) == []


async def test_money_that_is_returned_after_the_credit_leaves_what_was_not_credited(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    paid = await company.pay(who, "1107.40", "2026-01-05")
    await company.clock("2026-01-20")
    await company.post("/credit-notes", credit_note(invoice, "500.00"))
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    assert await company.account(who) == ("565.00", "0.00")
    balances = await company.balances()
    assert (balances["revenue"], balances["tax"], balances["discount"]) == ("-500.00", "-65.00", "0.00")
    assert await failing(company) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("net", ["500.00", "333.33", "0.01"])
async def test_notes_that_are_cancelled_leave_the_discount_as_it_was(
    company: Any, net: str, order: tuple[int, int],
) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    await company.pay(who, "1107.40", "2026-01-05")
    before = await company.balances()
    await company.clock("2026-02-20")
    notes = [await company.post("/credit-notes", credit_note(invoice, part)) for part in (net, None)]
    assert await company.account(who) == ("0.00", "1107.40")
    await company.clock("2026-02-25")
    for one, reason in zip(order, ("issued_in_error", "withdrawn"), strict=True):
        await company.post(f"/credit-notes/{notes[one]['id']}:cancel", {"reason": reason})
        assert (await company.account(who))[0] == "0.00", "what was credited is paid again, by the same money"
    assert await company.account(who) == ("0.00", "0.00")
    assert await company.balances() == before
    assert await failing(company) == []


async def test_a_note_is_cancelled_after_its_money_was_used_elsewhere(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    paid = await company.pay(who, "1107.40", "2026-01-05")
    await company.clock("2026-02-20")
    note = await company.post("/credit-notes", credit_note(invoice, "500.00"))
    await company.post("/refunds", {"credit_id": paid["id"], "amount": cny("153.70"), "method": "bank_transfer",
                                    "reason": "credited"})
    await company.post(f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"})
    assert await company.account(who) == ("165.00", "0.00")
    assert (await company.balances())["discount"] == "10.00"
    assert await failing(company) == []


async def test_notes_that_race_take_the_whole_discount_back(company: Any) -> None:
    who = await early_payer(company)
    invoice = await company.issue(who, "1000", "2026-01-05")
    await company.pay(who, "1107.40", "2026-01-05")
    answers = await asyncio.gather(*(
        company.send("POST", "/credit-notes", credit_note(invoice, "250.00")) for _ in range(6)))
    assert Counter(one.status_code for one in answers) == {201: 4, 422: 2}
    assert await company.account(who) == ("0.00", "1107.40")
    assert (await company.balances())["discount"] == "0.00"
    assert await failing(company) == []
