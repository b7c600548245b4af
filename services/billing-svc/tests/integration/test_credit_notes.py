"""Credit notes: caps, books, facts, what they pay, cancellation, refusals, and the race for one line."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def note(invoice: dict[str, Any], *lines: tuple[int, str | None], **more: Any) -> dict[str, Any]:
    named = [{"position": position, "net": cny(net) if net else None} for position, net in lines]
    return {"invoice_id": invoice["id"], "reason": "goods_returned", "lines": named} | more


async def sound(company: Any) -> list[str]:
    """The integrity checks that fail."""
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def sold(company: Any, who: UUID, *nets: str, rate: str = "13", day: str = "2026-01-05") -> dict[str, Any]:
    lines = [{"description": "Goods", "product": f"SKU-{n}", "quantity": "1", "unit_price": net, "tax_rate": rate}
             for n, net in enumerate(nets, 1)]
    made: dict[str, Any] = await company.post("/invoices", {
        "customer_id": str(who), "currency": "CNY", "lines": lines, "issue": True, "issued_on": day})
    return made


async def test_it_pays_its_invoice_first_and_the_rest_stays_on_the_account(company: Any) -> None:
    who = await company.register()
    invoice, other = await sold(company, who, "1000", "2000"), await sold(company, who, "500")
    await company.pay(who, "3000.00", "2026-01-05", allocation="items", items=[
        {"item_id": invoice["items"][0]["id"]}])
    await company.clock("2026-01-09")
    made = await company.post("/credit-notes", note(invoice, (2, "1000.00")))
    assert (made["number"], made["issued_on"], made["invoice_number"], made["customer_number"]) == (
        "CN-000001", "2026-01-09", invoice["number"], "C-000001")
    assert [made[part]["amount"] for part in ("net", "tax", "amount", "unapplied")] == [
        "1000.00", "130.00", "1130.00", "740.00"]
    assert [(one["amount"]["amount"], one["effective_on"]) for one in made["allocations"]] == [
        ("390.00", "2026-01-09")]
    assert await company.account(who) == ("565.00", "740.00")
    assert await company.balances() == {
        "bank": "3000.00", "customer_credit": "-740.00", "receivable_control": "565.00", "revenue": "-2500.00",
        "tax": "-325.00"}
    applied = await company.post(f"/credit-notes/{made['id']}:apply", {
        "allocation": "items", "items": [{"item_id": other["items"][0]["id"]}]})
    assert applied["unapplied"]["amount"] == "175.00"
    assert await company.get(f"/credit-notes/{made['id']}") == applied
    assert (await company.get(f"/credit-notes?invoice_id={invoice['id']}"))["data"] == [applied]
    assert (await company.get(f"/credit-notes?customer_id={new_id()}"))["data"] == []
    assert await sound(company) == []


async def test_its_facts_come_in_order_each_with_the_figures_after_it(company: Any) -> None:
    who = await company.register()
    invoice = await sold(company, who, "100")
    made = await company.post("/credit-notes", note(invoice, external_id="RMA-1"))
    told = [(fact, said) for _, fact, said in await company.running.told(company.tenant)][1:]
    assert [(fact, said["account"]["open"]["amount"], said["account"]["unapplied"]["amount"])
            for fact, said in told] == [
        ("CreditNoteIssued", "113.00", "113.00"), ("CreditAllocated", "0.00", "0.00"),
        ("InvoiceSettled", "0.00", "0.00")]
    assert (told[0][1]["external_id"], told[1][1]["credit_kind"], told[1][1]["credit_id"]) == (
        "RMA-1", "credit_note", made["id"])
    assert told[0][1]["lines"] == [
        {"position": 1, "product": "SKU-1", "net": cny("100.00"), "tax": cny("13.00")}]


async def test_parts_of_a_line_mirror_its_tax_to_the_cent(company: Any) -> None:
    who = await company.register()
    invoice = await sold(company, who, "0.33", "0.33", "0.33", rate="19")
    parts = [await company.post("/credit-notes", note(invoice, (1, net), reason="price_correction"))
             for net in ("0.11", "0.11", "0.11")]
    assert [one["tax"]["amount"] for one in parts] == ["0.02", "0.03", "0.02"]
    over = await company.send("POST", "/credit-notes", note(invoice, (1, "0.01")))
    assert (over.status_code, over.json()["code"], over.json()["facts"]["left"]) == (422, "more_than_line", "0.00 CNY")
    rest = await company.post("/credit-notes", note(invoice))
    assert [(one["position"], one["net"]["amount"], one["tax"]["amount"]) for one in rest["lines"]] == [
        (2, "0.33", "0.06"), (3, "0.33", "0.06")]
    assert [one["number"] for one in (*parts, rest)] == [f"CN-00000{n}" for n in (1, 2, 3, 4)]
    nothing = await company.send("POST", "/credit-notes", note(invoice))
    assert nothing.json()["code"] == "nothing_to_credit"
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company) == []


async def test_a_cancelled_note_is_as_if_it_had_not_been_and_its_line_can_be_credited_again(company: Any) -> None:
    who = await company.register()
    invoice = await sold(company, who, "1000")
    await company.clock("2026-01-09")
    wrong = await company.post("/credit-notes", note(invoice))
    assert (await company.send("POST", f"/invoices/{invoice['id']}:void", {"reason": "issued_in_error"})).json()[
        "code"] == "invoice_in_use"
    await company.clock("2026-01-12")
    gone = await company.post(f"/credit-notes/{wrong['id']}:cancel", {"reason": "issued_in_error"})
    assert (gone["cancelled_on"], gone["cancel_reason"], gone["unapplied"]["amount"]) == (
        "2026-01-09", "issued_in_error", "0.00")
    assert [one["reversed_on"] for one in gone["allocations"]] == ["2026-01-09"]
    assert await company.account(who) == ("1130.00", "0.00")
    again = await company.send("POST", f"/credit-notes/{wrong['id']}:cancel", {"reason": "withdrawn"})
    assert (again.status_code, again.json()["code"]) == (409, "credit_note_cancelled")
    right = await company.post("/credit-notes", note(invoice))
    assert (right["number"], right["amount"]["amount"]) == ("CN-000002", "1130.00")
    later = await company.post(f"/credit-notes/{right['id']}:cancel", {"reason": "withdrawn"})
    assert later["cancelled_on"] == "2026-01-12"
    told = [fact for _, fact, _ in await company.running.told(company.tenant)]
    assert told[-2:] == ["AllocationReversed", "CreditNoteCancelled"]
    as_of = {day: (await company.get(f"/ageing?as_of={day}"))["totals"][0]["figures"]["net"]["amount"]
             for day in ("2026-01-08", "2026-01-09", "2026-01-12")}
    assert as_of == {"2026-01-08": "1130.00", "2026-01-09": "1130.00", "2026-01-12": "1130.00"}
    assert await sound(company) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"issued_on": "2026-01-04"}, 422, "effective_too_early"),
        ({"issued_on": "2026-01-10"}, 422, "effective_in_future"),
        ({"issued_on": "2026-01-06"}, 422, "period_locked"),
        ({"invoice_id": str(new_id())}, 404, "invoice_not_found"),
        ({"lines": [{"position": 2}]}, 404, "line_not_found"),
        ({"lines": [{"position": 1}, {"position": 1}]}, 422, "line_named_twice"),
        ({"lines": [{"position": 1, "net": {"amount": "1.00", "currency": "EUR"}}]}, 422, "currency_mismatch"),
        ({"lines": [{"position": 1, "net": {"amount": "0.00", "currency": "CNY"}}]}, 422, "amount_not_positive"),
        ({"reason": "bored"}, 422, "invalid_request"),
    ],
)
async def test_what_is_refused_changes_nothing(company: Any, body: dict[str, Any], status: int, code: str) -> None:
    who = await company.register()
    invoice = await sold(company, who, "100", rate="0")
    await company.clock("2026-01-09")
    if code != "effective_too_early":
        await company.post("/period-locks", {"closed_until": "2026-01-06", "hard": False, "reason": "week end"})
    answer = await company.send("POST", "/credit-notes", note(invoice) | body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await company.account(who) == ("100.00", "0.00")
    assert (await company.get("/credit-notes"))["data"] == []


async def test_issuing_can_be_tried_first_and_takes_no_number(company: Any) -> None:
    who = await company.register()
    invoice = await sold(company, who, "100", rate="0")
    tried = await company.send("POST", "/credit-notes?validate_only=true", note(invoice))
    assert (tried.status_code, tried.json()["number"], tried.json()["unapplied"]["amount"]) == (
        201, "CN-000001", "0.00")
    assert await company.account(who) == ("100.00", "0.00")
    assert (await company.post("/credit-notes", note(invoice)))["number"] == "CN-000001"


async def test_notes_racing_for_one_line_never_exceed_it(company: Any) -> None:
    who = await company.register()
    invoice = await sold(company, who, "100", rate="0")
    answers = await asyncio.gather(*(
        company.send("POST", "/credit-notes", note(invoice, (1, "30.00"))) for _ in range(8)))
    assert Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers) == {
        "ok": 3, "more_than_line": 5}
    assert await company.account(who) == ("10.00", "0.00")
    assert await sound(company) == []
