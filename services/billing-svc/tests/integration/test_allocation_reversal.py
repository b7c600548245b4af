"""Undoing one allocation: books, facts, dates, refusals, and races for it."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

WRONG, MOVED = {"reason": "recorded_in_error"}, {"reason": "reassigned"}


async def paid(company: Any) -> tuple[UUID, list[dict[str, Any]], dict[str, Any]]:
    """Two invoices of 100 and 50, and 150 paid on the same day for both."""
    who = await company.register()
    issued = [await company.issue(who, net, "2026-01-05", rate="0") for net in ("100", "50")]
    return who, issued, await company.pay(who, "150.00", "2026-01-05")


def undo(company: Any, allocation: dict[str, Any], body: dict[str, Any], query: str = "") -> Any:
    return company.send("POST", f"/allocations/{allocation['id']}:reverse{query}", body)


async def test_the_item_owes_its_part_again_and_the_payment_keeps_it_unapplied(company: Any) -> None:
    who, issued, payment = await paid(company)
    await company.clock("2026-01-09")
    answer = await undo(company, payment["allocations"][0], MOVED)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["payment_id"], said["invoice_id"], said["item_id"]) == (
        payment["id"], issued[0]["id"], issued[0]["items"][0]["id"])
    assert [said[name]["amount"] for name in ("amount", "open", "unapplied")] == ["100.00", "100.00", "100.00"]
    assert (said["effective_on"], said["business_on"], said["reason"]) == ("2026-01-09", "2026-01-09", "reassigned")
    assert await company.account(who) == ("100.00", "100.00")
    assert await company.balances() == {
        "bank": "150.00", "customer_credit": "-100.00", "receivable_control": "100.00", "revenue": "-150.00"}
    now = await company.get(f"/payments/{payment['id']}")
    assert (now["state"], now["unapplied"]["amount"]) == ("confirmed", "100.00")
    assert [one["reversed_on"] for one in now["allocations"]] == ["2026-01-09", None]
    fact, told = [(fact, told) for _, fact, told in await company.running.told(company.tenant)][-1]
    assert (fact, told["reversal_id"], told["open_after"]["amount"]) == ("AllocationReversed", said["id"], "100.00")
    assert (told["due_on"], told["account"]["unapplied"]["amount"]) == (issued[0]["due_on"], "100.00")
    assert (await company.get(f"/facts/{said['id']}/journal"))["fact_kind"] == "allocation_reversed"


async def test_what_was_undone_can_be_applied_elsewhere_and_the_payment_still_be_returned(company: Any) -> None:
    who, _, payment = await paid(company)
    await company.clock("2026-01-09")
    third = await company.issue(who, "70", "2026-01-09", rate="0")
    assert (await undo(company, payment["allocations"][0], MOVED)).status_code == 201
    named = [{"item_id": third["items"][0]["id"]}]
    applied = await company.post(f"/payments/{payment['id']}:apply", {"allocation": "items", "items": named})
    assert applied["unapplied"]["amount"] == "30.00"
    await company.post(f"/payments/{payment['id']}:reverse", {"reason": "not_received"})
    assert await company.account(who) == ("220.00", "0.00")
    checked = await company.get("/integrity")
    assert [one["id"] for one in checked["checks"] if one["violations"]] == []


async def test_a_correction_takes_the_day_of_the_allocation_unless_that_is_closed(company: Any) -> None:
    _, _, payment = await paid(company)
    await company.clock("2026-02-09")
    open_day = await undo(company, payment["allocations"][0], WRONG)
    await company.post("/period-locks", {"closed_until": "2026-01-31", "hard": False, "reason": "month end"})
    closed = await undo(company, payment["allocations"][1], WRONG)
    assert [(one.json()["effective_on"], one.json()["business_on"]) for one in (open_day, closed)] == [
        ("2026-01-05", "2026-01-05"), ("2026-02-01", "2026-01-05")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (MOVED | {"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        (MOVED | {"effective_on": "2026-01-10"}, 422, "effective_in_future"),
        (WRONG | {"effective_on": "2026-01-06"}, 422, "period_locked"),
        ({"reason": "bored"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
async def test_what_is_refused_changes_nothing(company: Any, body: dict[str, Any], status: int, code: str) -> None:
    who, _, payment = await paid(company)
    await company.clock("2026-01-09")
    await company.post("/period-locks", {"closed_until": "2026-01-06", "hard": False, "reason": "week end"})
    answer = await undo(company, payment["allocations"][0], body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await company.account(who) == ("0.00", "0.00")


async def test_one_that_is_not_there_or_was_undone_is_refused(company: Any) -> None:
    _, _, payment = await paid(company)
    missing = await undo(company, {"id": new_id()}, WRONG)
    assert (missing.status_code, missing.json()["code"]) == (404, "allocation_not_found")
    await company.post(f"/payments/{payment['id']}:reverse", {"reason": "not_received"})
    gone = await undo(company, payment["allocations"][0], WRONG)
    assert (gone.status_code, gone.json()["code"]) == (409, "already_reversed")


async def test_undoing_can_be_tried_first(company: Any) -> None:
    who, _, payment = await paid(company)
    tried = await undo(company, payment["allocations"][0], WRONG, "?validate_only=true")
    assert (tried.status_code, tried.json()["unapplied"]["amount"]) == (201, "100.00")
    assert await company.account(who) == ("0.00", "0.00")
    assert (await undo(company, payment["allocations"][0], WRONG)).status_code == 201


async def test_it_is_undone_once_also_against_a_return_of_the_payment(company: Any) -> None:
    who, _, payment = await paid(company)
    answers = await asyncio.gather(
        *(undo(company, payment["allocations"][0], WRONG) for _ in range(5)),
        company.send("POST", f"/payments/{payment['id']}:reverse", {"reason": "not_received"}))
    outcomes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
    assert outcomes in ({"ok": 2, "already_reversed": 4}, {"ok": 1, "already_reversed": 5})
    assert answers[-1].status_code == 200
    assert await company.account(who) == ("150.00", "0.00")
