"""Pending payments: nothing moves until they are confirmed; they are rejected, or expire at the turn of a day."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from billing_svc.jobs.expire_payment import expire_payment
from billing_svc.usecases.plan_payment_expiry import EXPIRE_PAYMENT
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import work_off

TEN = {"amount": "10.00", "currency": "CNY"}


async def work(company: Any) -> int:
    """Do every expiry that is due."""
    return await work_off(company.running, company.tenant, {EXPIRE_PAYMENT: expire_payment})


async def announced(company: Any, amount: str = "60.00", **more: Any) -> tuple[UUID, dict[str, Any], dict[str, Any]]:
    """A customer who owes 100, and a payment of theirs that is not certain yet."""
    who = await company.register()
    issued = await company.issue(who, "100", "2026-01-05", rate="0")
    return who, issued, await company.pay(who, amount, "2026-01-05", state="pending", **more)


def confirm(company: Any, payment: dict[str, Any], body: dict[str, Any] | None = None, query: str = "") -> Any:
    return company.send("POST", f"/payments/{payment['id']}:confirm{query}", body or {})


def reject(company: Any, payment: dict[str, Any], query: str = "") -> Any:
    return company.send("POST", f"/payments/{payment['id']}:reject{query}", {"reason": "not_received"})


async def shown(company: Any, who: UUID) -> list[str]:
    return [one["pending"]["amount"] for one in (await company.get(f"/items?customer_id={who}&open=true"))["data"]]


async def sound(company: Any) -> bool:
    return not [one["id"] for one in (await company.get("/integrity"))["checks"] if one["violations"]]


async def facts(company: Any) -> list[str]:
    return [fact for _, fact, _ in await company.running.told(company.tenant)]


async def test_it_moves_nothing_and_is_shown_beside_what_it_would_pay(company: Any) -> None:
    who, _, payment = await announced(company)
    assert (payment["state"], payment["unapplied"]["amount"], payment["allocations"]) == ("pending", "0.00", [])
    assert (payment["expires_on"], payment["decided_by"]) == ("2026-02-04", None)
    assert await company.get(f"/payments/{payment['id']}") == payment
    assert await company.account(who) == ("100.00", "0.00")
    assert await company.balances() == {"receivable_control": "100.00", "revenue": "-100.00"}
    assert await shown(company, who) == ["60.00"]
    assert await facts(company) == ["InvoiceIssued", "PaymentReceived"]
    assert (await company.send("POST", f"/payments/{payment['id']}:apply", {"allocation": "oldest_first"})).json()[
        "code"] == "payment_not_confirmed"
    assert await sound(company)


async def test_confirmed_it_pays_what_was_chosen_on_the_day_it_was_received(company: Any) -> None:
    who, _, payment = await announced(company)
    await company.clock("2026-01-08")
    certain = (await confirm(company, payment)).json()
    assert (certain["state"], certain["unapplied"]["amount"], certain["effective_on"]) == (
        "confirmed", "0.00", "2026-01-05")
    assert [(one["amount"]["amount"], one["effective_on"]) for one in certain["allocations"]] == [
        ("60.00", "2026-01-05")]
    assert await company.account(who) == ("40.00", "0.00")
    assert await shown(company, who) == ["0.00"]
    assert await facts(company) == ["InvoiceIssued", "PaymentReceived", "PaymentConfirmed", "CreditAllocated"]
    assert [said["awaited"] for _, fact, said in await company.running.told(company.tenant)
            if fact == "PaymentConfirmed"] == [True]
    await company.post(f"/payments/{payment['id']}:reverse", {"reason": "not_received"})
    assert await company.account(who) == ("100.00", "0.00")
    assert await sound(company)


async def test_a_closed_period_moves_its_day_and_another_choice_can_be_made(company: Any) -> None:
    who, issued, payment = await announced(company, allocation="none")
    await company.clock("2026-01-12")
    await company.post("/period-locks", {"closed_until": "2026-01-08", "hard": True, "reason": "closed"})
    early = await confirm(company, payment, {"effective_on": "2026-01-06"})
    assert (early.status_code, early.json()["code"]) == (422, "period_locked")
    part = {"item_id": issued["items"][0]["id"], "amount": {"amount": "25.00", "currency": "CNY"}}
    certain = (await confirm(company, payment, {"allocation": "items", "items": [part]})).json()
    assert (certain["effective_on"], certain["business_on"], certain["unapplied"]["amount"]) == (
        "2026-01-09", "2026-01-05", "35.00")
    assert await company.account(who) == ("75.00", "35.00")


async def test_what_was_chosen_and_paid_by_another_meanwhile_asks_for_another_choice(company: Any) -> None:
    who, issued, first = await announced(company, "1.00", allocation="none")
    named = [{"item_id": issued["items"][0]["id"]}]
    payment = await company.pay(who, "100.00", "2026-01-05", state="pending", allocation="items", items=named)
    await company.pay(who, "100.00", "2026-01-05")
    refused = await confirm(company, payment)
    assert (refused.status_code, refused.json()["code"]) == (422, "more_than_open")
    assert (await confirm(company, payment, {"allocation": "none"})).json()["unapplied"]["amount"] == "100.00"
    assert (await confirm(company, first)).status_code == 200


async def test_rejected_it_leaves_nothing_but_the_facts(company: Any) -> None:
    who, _, payment = await announced(company)
    gone = (await reject(company, payment)).json()
    assert (gone["state"], gone["rejection_reason"], gone["decided_by"]) == (
        "rejected", "not_received", gone["recorded_by"])
    assert await company.account(who) == ("100.00", "0.00")
    assert await shown(company, who) == ["0.00"]
    assert await facts(company) == ["InvoiceIssued", "PaymentReceived", "PaymentRejected"]
    for again in (await reject(company, payment), await confirm(company, payment)):
        assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert await sound(company)


async def test_it_expires_at_the_turn_after_its_last_day_by_the_policy(company: Any) -> None:
    first = await company.send("GET", "/payment-policy")
    assert first.json() == {
        "version": 0, "pending_days": 30, "second_person_above": [], "second_person_for_new_payer": False}
    changed = await company.send("PUT", "/payment-policy", {"pending_days": 3}, If_Match=first.headers["ETag"])
    assert (changed.status_code, changed.json(), changed.headers["ETag"]) == (
        200, first.json() | {"version": 1, "pending_days": 3}, '"1"')
    who, _, payment = await announced(company)
    kept = await company.pay(who, "5.00", "2026-01-05", state="pending")
    assert payment["expires_on"] == "2026-01-08"
    await company.clock("2026-01-08")
    assert await work(company) == 0
    assert (await confirm(company, kept)).status_code == 200
    await company.clock("2026-01-09")
    late = await confirm(company, payment)
    assert (late.status_code, late.json()["code"]) == (409, "payment_expired")
    assert await work(company) == 2
    states = [(await company.get(f"/payments/{one['id']}"))["state"] for one in (payment, kept)]
    assert states == ["expired", "confirmed"]
    assert (await facts(company)).count("PaymentExpired") == 1
    assert await company.account(who) == ("95.00", "0.00")
    assert (await confirm(company, payment)).json()["code"] == "illegal_transition"
    assert await sound(company)


@pytest.mark.parametrize(
    ("version", "body", "status", "code"),
    [
        ('"1"', {"pending_days": 3}, 412, "etag_mismatch"),
        (None, {"pending_days": 3}, 428, "if_match_missing"),
        ('"0"', {"pending_days": 0}, 422, "invalid_request"),
        ('"0"', {"pending_days": 366}, 422, "invalid_request"),
        ('"0"', {"pending_days": "3"}, 422, "invalid_request"),
        ('"0"', {"pending_days": 3, "second_person_above": [TEN, TEN]}, 422, "bad_payment_policy"),
        ('"0"', {"pending_days": 3, "second_person_above": [TEN | {"amount": "-1.00"}]}, 422, "bad_payment_policy"),
        ('"0"', {"pending_days": 3, "second_person_above": [TEN | {"amount": "1.0"}]}, 422, "wrong_precision"),
    ],
)
async def test_policies_that_are_refused(
    company: Any, version: str | None, body: dict[str, Any], status: int, code: str,
) -> None:
    seen = {} if version is None else {"If_Match": version}
    answer = await company.send("PUT", "/payment-policy", body, **seen)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"received_on": "2026-01-06"}, 422, "received_in_future"),
        ({"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        ({"allocation": "items"}, 422, "items_missing"),
        ({"allocation": "items", "items": [{"item_id": str(new_id())}]}, 404, "item_not_found"),
        ({"customer_id": str(new_id())}, 409, "customer_not_known_yet"),
        ({"state": "reversed"}, 422, "invalid_request"),
    ],
)
async def test_announcements_that_are_refused(company: Any, changed: dict[str, Any], status: int, code: str) -> None:
    who = await company.register()
    body = {"customer_id": str(who), "amount": {"amount": "60.00", "currency": "CNY"}, "received_on": "2026-01-05",
            "method": "cheque", "allocation": "none", "state": "pending"}
    answer = await company.send("POST", "/payments", body | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await facts(company) == []


async def test_decisions_that_are_refused(company: Any) -> None:
    who, _, payment = await announced(company)
    certain = await company.pay(who, "1.00", "2026-01-05")
    item = [{"item_id": str(new_id())}]
    for of, body, status, code in (
        ({"id": new_id()}, {}, 404, "payment_not_found"),
        (certain, {}, 409, "illegal_transition"),
        (payment, {"items": item}, 422, "items_not_meant"),
        (payment, {"allocation": "items", "items": item}, 404, "item_not_found"),
        (payment, {"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        (payment, {"effective_on": "2026-01-06"}, 422, "effective_in_future"),
    ):
        answer = await confirm(company, of, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    missing = await reject(company, {"id": new_id()})
    assert (missing.status_code, missing.json()["code"]) == (404, "payment_not_found")
    back = await company.send("POST", f"/payments/{payment['id']}:reverse", {"reason": "not_received"})
    assert (back.status_code, back.json()["code"]) == (409, "illegal_transition")


async def test_announcing_and_deciding_can_be_tried_first(company: Any) -> None:
    who, _, payment = await announced(company)
    tried = await confirm(company, payment, query="?validate_only=true")
    gone = await reject(company, payment, query="?validate_only=true")
    assert (tried.json()["state"], gone.json()["state"]) == ("confirmed", "rejected")
    assert (await company.get(f"/payments/{payment['id']}"))["state"] == "pending"
    assert await company.account(who) == ("100.00", "0.00")


async def test_it_is_decided_once_whoever_comes_first(company: Any) -> None:
    await company.send("PUT", "/payment-policy", {"pending_days": 1}, If_Match='"0"')
    for _ in range(3):
        who, _, payment = await announced(company)
        answers = await asyncio.gather(*(
            call for _ in range(3) for call in (confirm(company, payment), reject(company, payment))))
        outcomes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
        assert outcomes == {"ok": 1, "illegal_transition": 5}
        state = (await company.get(f"/payments/{payment['id']}"))["state"]
        assert await company.account(who) == (("40.00" if state == "confirmed" else "100.00"), "0.00")
    await company.clock("2026-01-09")
    assert await work(company) == 3
    assert "PaymentExpired" not in await facts(company)
    assert await sound(company)
