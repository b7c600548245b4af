"""Several items of one invoice, and fees beside them: owed, paid, settled, overdue and aged each by its own date."""

from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import (
    CustomerKind,
    CustomerStatus,
    CustomerTermsChanged,
    InstalmentTerms,
    TermsOfTrade,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    checks = (await company.get("/integrity"))["checks"]
    return not [one["id"] for one in checks if one["violations"]]


async def facts(company: Any) -> list[str]:
    return [fact for _, fact, _ in await company.running.told(company.tenant)]


async def pays_in_two(company: Any, who: UUID) -> None:
    """From now on 30 % at once, the rest after 60 days."""
    terms = TermsOfTrade(due_days=30, end_of_month=False, instalments=[
        InstalmentTerms(share_bps=3000, due_days=0, end_of_month=False),
        InstalmentTerms(share_bps=7000, due_days=60, end_of_month=False)])
    await tell(company.running.database, customer, company.tenant, CustomerTermsChanged(
        customer_id=who, number="C-000001", kind=CustomerKind.ORGANIZATION, status=CustomerStatus.ACTIVE, name="华为",
        tax_id=None, region=None, industry=None, external_id=None, terms=terms), first=2)


async def agreed(company: Any, who: UUID, *parts: tuple[str, str], **more: Any) -> Any:
    line = {"description": "Goods", "quantity": "1", "unit_price": "1000", "tax_rate": "0"}
    return await company.send("POST", "/invoices", {
        "customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True, "issued_on": "2026-01-05",
        "instalments": [{"due_on": day, "amount": cny(amount)} for day, amount in parts]} | more)


async def test_terms_give_one_item_per_instalment(company: Any) -> None:
    who = await company.register()
    await pays_in_two(company, who)
    invoice = await company.issue(who, "1000.01", "2026-01-05", rate="0")
    assert [(one["due_on"], one["amount"]["amount"], one["instalment"], one["instalments"], one["number"])
            for one in invoice["items"]] == [
        ("2026-01-05", "300.00", 1, 2, "INV-000001"), ("2026-03-06", "700.01", 2, 2, "INV-000001")]
    assert invoice["due_on"] == "2026-03-06"
    assert await company.get(f"/invoices/{invoice['id']}") == invoice
    said = (await company.running.told(company.tenant))[-1][2]
    assert [(one["due_on"], one["amount"]["amount"]) for one in said["items"]] == [
        ("2026-01-05", "300.00"), ("2026-03-06", "700.01")]
    assert await sound(company)


async def test_an_invoice_is_settled_with_its_last_instalment_and_told_of_by_each(company: Any) -> None:
    who = await company.register()
    invoice = (await agreed(company, who, ("2026-01-10", "400.00"), ("2026-02-10", "600.00"))).json()
    await company.clock("2026-01-11")
    first = await company.pay(who, "500.00", "2026-01-11")
    assert [one["amount"]["amount"] for one in first["allocations"]] == ["400.00", "100.00"]
    assert "InvoiceSettled" not in await facts(company)
    assert (await company.get(f"/invoices/{invoice['id']}"))["settlement"] == "partial"
    (row,) = (await company.get("/ageing?as_of=2026-02-12"))["data"]
    assert row["figures"]["overdue"]["amount"] == "500.00" and row["figures"]["oldest_days"] == 2
    await company.pay(who, "500.00", "2026-01-11")
    assert (await facts(company))[-2:] == ["CreditAllocated", "InvoiceSettled"]
    await company.post(f"/allocations/{first['allocations'][0]['id']}:reverse", {"reason": "recorded_in_error"})
    assert (await company.get(f"/invoices/{invoice['id']}"))["settlement"] == "partial"
    assert await sound(company)


async def test_it_is_voided_whole(company: Any) -> None:
    who = await company.register()
    invoice = (await agreed(company, who, ("2026-01-10", "400.00"), ("2026-02-10", "600.00"))).json()
    voided = await company.post(f"/invoices/{invoice['id']}:void", {"reason": "issued_in_error"})
    assert [one["open"]["amount"] for one in voided["items"]] == ["0.00", "0.00"]
    assert await sound(company)


@pytest.mark.parametrize(
    ("parts", "more", "code"),
    [
        ([("2026-01-10", "400.00")], {}, "instalments_do_not_sum"),
        ([("2026-01-04", "1000.00")], {}, "due_before_issue"),
        ([("2026-01-10", "1000.00")], {"due_on": "2026-01-10"}, "instalments_or_due_date"),
        ([("2026-01-10", "0.00"), ("2026-01-10", "1000.00")], {}, "amount_not_positive"),
    ],
)
async def test_instalments_that_are_refused(
    company: Any, parts: list[tuple[str, str]], more: dict[str, Any], code: str,
) -> None:
    answer = await agreed(company, await company.register(), *parts, **more)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_draft_keeps_its_instalments_until_issue(company: Any) -> None:
    who = await company.register()
    drafted = (await agreed(
        company, who, ("2026-01-10", "400.00"), ("2026-02-10", "600.00"), issue=False, issued_on=None)).json()
    issued = await company.post(f"/invoices/{drafted['id']}:issue", {})
    assert [one["due_on"] for one in issued["items"]] == ["2026-01-10", "2026-02-10"]


async def test_a_fee_is_an_item_of_its_own_and_is_paid_before_its_debt(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05", rate="0")
    item = invoice["items"][0]["id"]
    await company.clock("2026-02-10")
    fee = await company.post("/fees", {"customer_id": str(who), "amount": cny("40.00"), "claim_item_id": item,
                                       "reason": "late_payment_compensation"})
    assert (fee["kind"], fee["number"], fee["invoice_id"], fee["claim_item_id"], fee["due_on"]) == (
        "fee", "FEE-000001", invoice["id"], item, "2026-02-10")
    said = (await company.running.told(company.tenant))[-1]
    assert (said[1], said[2]["account"]["open"]["amount"]) == ("FeeCharged", "140.00")
    assert len((await company.get(f"/invoices/{invoice['id']}"))["items"]) == 1
    await company.pay(who, "60.00", "2026-02-10")
    left = {one["kind"]: one["open"]["amount"] for one in (await company.get(f"/items?customer_id={who}"))["data"]}
    assert left == {"invoice": "80.00", "fee": "0.00"}
    assert await company.balances() == {
        "bank": "60.00", "customer_credit": "0.00", "fees": "-40.00", "receivable_control": "80.00",
        "revenue": "-100.00"}
    assert await sound(company)


async def test_fees_that_are_refused(company: Any) -> None:
    who, other = await company.register(), await company.register(number="C-000002")
    item = (await company.issue(other, "100", "2026-01-05"))["items"][0]["id"]
    base = {"customer_id": str(who), "amount": cny("40.00"), "reason": "reminder"}
    for body, status, code in (
            (base | {"claim_item_id": item}, 404, "item_not_found"),
            (base | {"claim_item_id": str(new_id())}, 404, "item_not_found"),
            (base | {"amount": cny("0.00")}, 422, "amount_not_positive"),
            (base | {"due_on": "2026-01-04"}, 422, "due_before_issue"),
            (base | {"customer_id": str(new_id())}, 409, "customer_not_known_yet")):
        answer = await company.send("POST", "/fees", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await sound(company)
