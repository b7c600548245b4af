"""Refunds of unapplied credit: books, facts, refusals, what comes back, and the race with an allocation."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def refund(credit: dict[str, Any], amount: str | None = None, **more: Any) -> dict[str, Any]:
    return {"credit_id": credit["id"], "amount": cny(amount) if amount else None, "method": "bank_transfer",
            "reason": "overpaid"} | more


async def sound(company: Any) -> list[str]:
    """The integrity checks that fail."""
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def overpaid(company: Any, who: UUID, left: str = "100.00") -> dict[str, Any]:
    paid: dict[str, Any] = await company.pay(who, left, "2026-01-05", allocation="none")
    return paid


async def test_what_is_unapplied_is_paid_back_and_no_cent_more(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    paid = await company.pay(who, "250.00", "2026-01-05")
    await company.clock("2026-01-09")
    over = await company.send("POST", "/refunds", refund(paid, "150.01"))
    assert (over.status_code, over.json()["code"]) == (422, "more_than_unapplied")
    tried = await company.send("POST", "/refunds?validate_only=true", refund(paid, "150.00"))
    assert tried.status_code == 201
    assert await company.account(who) == ("0.00", "150.00")
    made = await company.post("/refunds", refund(paid, "50.00", effective_on="2026-01-07", external_id="R-1"))
    assert (made["amount"]["amount"], made["effective_on"], made["credit_kind"], made["customer_number"]) == (
        "50.00", "2026-01-07", "payment", "C-000001")
    rest = await company.post("/refunds", refund(paid))
    assert (rest["amount"]["amount"], rest["effective_on"]) == ("100.00", "2026-01-09")
    assert await company.account(who) == ("0.00", "0.00")
    assert await company.balances() == {
        "bank": "100.00", "customer_credit": "0.00", "receivable_control": "0.00", "revenue": "-100.00"}
    again = await company.send("POST", "/refunds", refund(paid, "0.01"))
    assert (again.status_code, again.json()["code"]) == (422, "nothing_unapplied")
    assert (await company.get(f"/refunds?credit_id={paid['id']}"))["data"] == [made, rest]
    first = await company.get(f"/refunds?customer_id={who}&limit=1")
    assert first["data"] == [made]
    assert (await company.get(f"/refunds?customer_id={who}&limit=1&cursor={first['next_cursor']}"))["data"] == [rest]
    assert (await company.get(f"/refunds?customer_id={new_id()}"))["data"] == []
    assert await company.get(f"/refunds/{made['id']}") == made
    for day, unapplied in (("2026-01-06", "150.00"), ("2026-01-08", "100.00"), ("2026-01-09", "0.00")):
        totals = (await company.get(f"/ageing?as_of={day}"))["totals"]
        assert (totals[0]["figures"]["unapplied"]["amount"] if totals else "0.00") == unapplied
    assert await sound(company) == []


async def test_its_facts_say_the_figures_after_it(company: Any) -> None:
    who = await company.register()
    paid = await overpaid(company, who)
    made = await company.post("/refunds", refund(paid, "60.00"))
    await company.post(f"/refunds/{made['id']}:reverse", {"reason": "bounced"})
    told = [(fact, said["account"]["unapplied"]["amount"], said["amount"]["amount"])
            for _, fact, said in await company.running.told(company.tenant)]
    assert told[1:] == [("RefundPaid", "40.00", "60.00"), ("RefundReversed", "100.00", "60.00")]
    journal = await company.get(f"/facts/{made['id']}/journal")
    assert {one["account"]: one["amount"]["amount"] for one in journal["lines"]} == {
        "bank": "-60.00", "customer_credit": "60.00"}


async def test_a_refund_that_came_back_can_be_used_and_the_payment_be_reversed_again(company: Any) -> None:
    who = await company.register()
    paid = await overpaid(company, who)
    await company.clock("2026-01-09")
    made = await company.post("/refunds", refund(paid, "60.00"))
    stuck = await company.send("POST", f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    assert (stuck.status_code, stuck.json()["code"]) == (409, "credit_refunded")
    await company.clock("2026-01-12")
    back = await company.post(f"/refunds/{made['id']}:reverse", {"reason": "bounced"})
    assert (back["reversed_on"], back["reversal_reason"]) == ("2026-01-12", "bounced")
    twice = await company.send("POST", f"/refunds/{made['id']}:reverse", {"reason": "bounced"})
    assert (twice.status_code, twice.json()["code"]) == (409, "refund_reversed")
    early = await company.send("POST", "/refunds", refund(paid, "60.00", effective_on="2026-01-10"))
    assert (early.status_code, early.json()["code"]) == (422, "effective_too_early")
    gone = await company.post(f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    assert (gone["state"], gone["reversed_on"]) == ("reversed", "2026-01-12")
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company) == []


async def test_a_credit_note_that_nothing_is_owed_for_is_paid_back(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05")
    await company.pay(who, "113.00", "2026-01-05")
    note = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "goods_returned"})
    assert note["unapplied"]["amount"] == "113.00"
    made = await company.post("/refunds", refund(note, reason="credited"))
    assert (made["amount"]["amount"], made["credit_kind"]) == ("113.00", "credit_note")
    stuck = await company.send("POST", f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"})
    assert (stuck.status_code, stuck.json()["code"]) == (409, "credit_refunded")
    assert await company.balances() == {
        "bank": "0.00", "customer_credit": "0.00", "receivable_control": "0.00", "revenue": "0.00", "tax": "0.00"}
    assert await sound(company) == []


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"credit_id": str(new_id())}, 404, "credit_not_found"),
        ({"amount": cny("0.00")}, 422, "amount_not_positive"),
        ({"amount": {"amount": "1.00", "currency": "EUR"}}, 422, "currency_mismatch"),
        ({"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        ({"effective_on": "2026-01-10"}, 422, "effective_in_future"),
        ({"effective_on": "2026-01-06"}, 422, "period_locked"),
        ({"reason": "bored"}, 422, "invalid_request"),
    ],
)
async def test_what_is_refused_changes_nothing(company: Any, changed: dict[str, Any], status: int, code: str) -> None:
    who = await company.register()
    paid = await overpaid(company, who)
    await company.clock("2026-01-09")
    await company.post("/period-locks", {"closed_until": "2026-01-06", "hard": False, "reason": "week end"})
    answer = await company.send("POST", "/refunds", refund(paid) | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await company.account(who) == ("0.00", "100.00")


async def test_a_pending_payment_is_not_paid_back_and_one_number_only_once(company: Any) -> None:
    who = await company.register()
    waits = await company.pay(who, "100.00", "2026-01-05", state="pending")
    assert (await company.send("POST", "/refunds", refund(waits))).json()["code"] == "nothing_unapplied"
    paid = await overpaid(company, who)
    await company.post("/refunds", refund(paid, "1.00", external_id="R-1"))
    twice = await company.send("POST", "/refunds", refund(paid, "1.00", external_id="R-1"))
    assert (twice.status_code, twice.json()["code"]) == (409, "refund_exists")
    missing = await company.send("POST", f"/refunds/{new_id()}:reverse", {"reason": "bounced"})
    assert (missing.status_code, missing.json()["code"]) == (404, "refund_not_found")


async def test_refunds_and_allocations_racing_for_one_credit_use_no_cent_twice(company: Any) -> None:
    who = await company.register()
    paid = await overpaid(company, who)
    issued = [await company.issue(who, "30", "2026-01-05", rate="0") for _ in range(4)]
    calls = [call for one in issued for call in (
        company.send("POST", "/refunds", refund(paid, "30.00")),
        company.send("POST", f"/payments/{paid['id']}:apply", {
            "allocation": "items", "items": [{"item_id": one["items"][0]["id"], "amount": cny("30.00")}]}))]
    answers = await asyncio.gather(*calls)
    assert Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers) == {
        "ok": 3, "more_than_unapplied": 5}
    assert (await company.account(who))[1] == "10.00"
    assert await sound(company) == []


async def test_a_credit_note_is_refunded_or_cancelled_and_never_both(company: Any) -> None:
    who = await company.register()
    for _ in range(3):
        invoice = await company.issue(who, "100", "2026-01-05", rate="0")
        await company.pay(who, "100.00", "2026-01-05")
        note = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "goods_returned"})
        answers = await asyncio.gather(*(call for _ in range(2) for call in (
            company.send("POST", "/refunds", refund(note, "100.00")),
            company.send("POST", f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"}))))
        codes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
        assert codes in ({"ok": 1, "nothing_unapplied": 1, "credit_refunded": 2},
                         {"ok": 1, "nothing_unapplied": 2, "credit_note_cancelled": 1})
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company) == []
