"""Voiding an issued invoice: books, facts, its number, refusals, and the race with a payment for it."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

ERROR = {"reason": "issued_in_error"}


def void(company: Any, invoice: dict[str, Any], body: dict[str, Any] = ERROR, query: str = "") -> Any:
    return company.send("POST", f"/invoices/{invoice['id']}:void{query}", body)


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    checks = (await company.get("/integrity"))["checks"]
    return not [one["id"] for one in checks if one["violations"]]


async def test_nothing_is_owed_any_more_and_the_number_stays_taken(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "4000", "2026-01-05")
    await company.clock("2026-01-09")
    voided = (await void(company, invoice)).json()
    assert (voided["status"], voided["number"], voided["settlement"]) == ("void", "INV-000001", None)
    assert (voided["voided_on"], voided["void_reason"]) == ("2026-01-05", "issued_in_error")
    assert [item["open"]["amount"] for item in voided["items"]] == ["0.00"]
    assert voided["lines"] == invoice["lines"] and voided["total"] == invoice["total"]
    assert await company.get(f"/invoices/{invoice['id']}") == voided
    assert await company.account(who) == ("0.00", "0.00")
    assert await company.balances() == {"receivable_control": "0.00", "revenue": "0.00", "tax": "0.00"}
    assert (await company.issue(who, "10", "2026-01-09"))["number"] == "INV-000002"
    assert await sound(company)


async def test_the_fact_says_what_is_gone_with_the_figures_after_it(company: Any) -> None:
    who = await company.register()
    kept = await company.issue(who, "2000", "2026-01-05")
    invoice = await company.issue(who, "4000", "2026-01-05")
    await void(company, invoice, {"reason": "order_cancelled"})
    fact, said = [(fact, said) for _, fact, said in await company.running.told(company.tenant)][-1]
    assert (fact, said["number"], said["amount"]["amount"], said["reason"]) == (
        "InvoiceVoided", "INV-000002", "4520.00", "order_cancelled")
    assert said["account"]["open"]["amount"] == kept["total"]["amount"]
    assert said["items"] == [{"item_id": invoice["items"][0]["id"], "amount": invoice["total"]}]
    journal = await company.get(f"/facts/{said['void_id']}/journal")
    assert {one["account"]: one["amount"]["amount"] for one in journal["lines"]} == {
        "receivable_control": "-4520.00", "revenue": "4000.00", "tax": "520.00"}


async def test_a_closed_period_and_an_undone_allocation_move_its_day(company: Any) -> None:
    who = await company.register()
    first, second = [await company.issue(who, "100", "2026-01-05", rate="0") for _ in range(2)]
    await company.clock("2026-01-07")
    named = [{"item_id": second["items"][0]["id"]}]
    paid = await company.pay(who, "60.00", "2026-01-07", allocation="items", items=named)
    assert (await void(company, second)).json()["code"] == "invoice_in_use"
    await company.clock("2026-01-12")
    await company.post(f"/allocations/{paid['allocations'][0]['id']}:reverse", {"reason": "reassigned"})
    early = await void(company, second, ERROR | {"effective_on": "2026-01-08"})
    assert (early.status_code, early.json()["code"]) == (422, "effective_too_early")
    assert (await void(company, second)).json()["voided_on"] == "2026-01-12"
    await company.post("/period-locks", {"closed_until": "2026-01-10", "hard": True, "reason": "closed"})
    assert (await void(company, first)).json()["voided_on"] == "2026-01-11"
    assert await company.account(who) == ("0.00", "60.00")
    assert await sound(company)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (ERROR | {"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        (ERROR | {"effective_on": "2026-01-10"}, 422, "effective_in_future"),
        (ERROR | {"effective_on": "2026-01-06"}, 422, "period_locked"),
        ({"reason": "bored"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
async def test_what_is_refused_changes_nothing(company: Any, body: dict[str, Any], status: int, code: str) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05", rate="0")
    await company.clock("2026-01-09")
    await company.post("/period-locks", {"closed_until": "2026-01-06", "hard": False, "reason": "week end"})
    answer = await void(company, invoice, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await company.get(f"/invoices/{invoice['id']}"))["status"] == "issued"


async def test_drafts_and_void_ones_are_refused(company: Any) -> None:
    who = await company.register()
    line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    drafted = await company.post("/invoices", {"customer_id": str(who), "currency": "CNY", "lines": [line]})
    gone = await company.issue(who, "10", "2026-01-05")
    assert (await void(company, gone)).status_code == 200
    for invoice, status, code in ((drafted, 422, "not_issued"), (gone, 422, "not_issued"),
                                  ({"id": new_id()}, 404, "invoice_not_found")):
        answer = await void(company, invoice)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_voiding_can_be_tried_first(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05", rate="0")
    tried = await void(company, invoice, ERROR, "?validate_only=true")
    assert (tried.status_code, tried.json()["status"]) == (200, "void")
    assert await company.account(who) == ("100.00", "0.00")


async def race(company: Any, who: UUID, invoice: dict[str, Any], *, paid_first: bool) -> Counter[str]:
    named = {"customer_id": str(who), "amount": {"amount": "40.00", "currency": "CNY"}, "received_on": "2026-01-05",
             "method": "cash", "allocation": "items", "items": [{"item_id": invoice["items"][0]["id"]}]}
    calls = [call for _ in range(3) for call in (void(company, invoice), company.send("POST", "/payments", named))]
    answers = await asyncio.gather(*(reversed(calls) if paid_first else calls))
    return Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)


async def test_an_invoice_is_voided_or_paid_and_never_both(company: Any) -> None:
    who = await company.register()
    for paid_first in (False, True, False, True):
        invoice = await company.issue(who, "100", "2026-01-05", rate="0")
        outcomes = await race(company, who, invoice, paid_first=paid_first)
        now = await company.get(f"/invoices/{invoice['id']}")
        if now["status"] == "void":
            assert outcomes == {"ok": 1, "not_issued": 2, "more_than_open": 3}
        else:
            assert outcomes == {"ok": 3, "invoice_in_use": 3}
            assert now["settlement"] == "settled"
    assert await sound(company)
