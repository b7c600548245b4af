"""Proposals: large refunds and credit notes wait in the inbox for another person, and move nothing before that."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def strict(company: Any) -> None:
    """Above 100.00 a second person."""
    answer = await company.send("PUT", "/payment-policy", {"pending_days": 30, "second_person_above": [cny("100.00")]},
                                If_Match='"0"')
    assert answer.status_code == 200, answer.text


async def decide(company: Any, proposal: dict[str, Any], subject: str, verb: str = "approve") -> Any:
    headers = company.running.headers(company.tenant, "payments:confirm", subject=subject)
    return await company.running.client.post(f"/billing/v1/proposals/{proposal['id']}:{verb}", headers=headers)


async def failing(company: Any) -> list[str]:
    return [one["id"] for one in (await company.get("/integrity"))["checks"] if one["violations"]]


async def test_a_large_refund_waits_for_another_person(company: Any) -> None:
    who = await company.register()
    paid = await company.pay(who, "250.00", "2026-01-05", allocation="none")
    await strict(company)
    refund = {"credit_id": paid["id"], "amount": cny("100.01"), "method": "bank_transfer", "reason": "overpaid"}
    small = await company.post("/refunds", refund | {"amount": cny("100.00")})
    alone = await company.send("POST", "/refunds", refund)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    waits = await company.post("/proposals", {"refund": refund})
    assert (waits["kind"], waits["state"], waits["maker"], waits["amount"]) == (
        "refund", "proposed", "clerk", cny("100.01"))
    assert await company.account(who) == ("0.00", "150.00")
    inbox = (await company.get("/approvals"))["data"]
    assert [(one["proposal_id"], one["payment_id"], one["reason"], one["amount"], one["may_sign"])
            for one in inbox] == [(waits["id"], None, "refund", cny("100.01"), False)]
    own = await decide(company, waits, "clerk")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    done = await decide(company, waits, "controller")
    assert (done.status_code, done.json()["state"], done.json()["checker"]) == (200, "approved", "controller")
    assert await company.account(who) == ("0.00", "49.99")
    made = await company.get(f"/refunds/{waits['id']}")
    assert (made["amount"], made["paid_by"], small["paid_by"]) == (cny("100.01"), "controller", "clerk")
    assert (await company.get("/approvals"))["data"] == []
    twice = await decide(company, waits, "controller")
    assert (twice.status_code, twice.json()["code"]) == (409, "illegal_transition")
    assert await failing(company) == []


async def test_a_large_credit_note_waits_too_and_must_be_possible_still_when_it_is_approved(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "200", "2026-01-05", rate="0")
    await strict(company)
    note = {"invoice_id": invoice["id"], "reason": "quality", "lines": [{"position": 1, "net": cny("150.00")}]}
    assert (await company.send("POST", "/credit-notes", note)).json()["code"] == "second_person_needed"
    first, second = [await company.post("/proposals", {"credit_note": note | {"external_id": one}})
                     for one in ("A", "B")]
    assert (await decide(company, first, "controller")).status_code == 200
    late = await decide(company, second, "controller")
    assert (late.status_code, late.json()["code"]) == (422, "more_than_line")
    gone = await decide(company, second, "controller", "refuse")
    assert (gone.json()["state"], gone.json()["checker"]) == ("refused", "controller")
    made = await company.get(f"/credit-notes/{first['id']}")
    assert (made["number"], made["external_id"], made["issued_by"]) == ("CN-000001", "A", "controller")
    assert await company.account(who) == ("50.00", "0.00")
    assert await failing(company) == []


async def test_a_proposal_raced_for_is_done_once(company: Any) -> None:
    who = await company.register()
    paid = await company.pay(who, "250.00", "2026-01-05", allocation="none")
    waits = await company.post("/proposals", {"refund": {
        "credit_id": paid["id"], "amount": cny("120.00"), "method": "cash", "reason": "overpaid"}})
    answers = await asyncio.gather(*(decide(company, waits, f"controller-{n}") for n in range(4)))
    assert Counter("ok" if one.status_code == 200 else one.json()["code"] for one in answers) == {
        "ok": 1, "illegal_transition": 3}
    assert await company.account(who) == ("0.00", "130.00")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "proposal_unclear"),
        ({"refund": {"credit_id": str(new_id()), "method": "cash", "reason": "overpaid"}}, 404, "credit_not_found"),
        ({"credit_note": {"invoice_id": str(new_id()), "reason": "quality"}}, 404, "invoice_not_found"),
    ],
)
async def test_what_is_refused(company: Any, body: dict[str, Any], status: int, code: str) -> None:
    answer = await company.send("POST", "/proposals", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    missing = await decide(company, {"id": new_id()}, "controller")
    assert (missing.status_code, missing.json()["code"]) == (404, "proposal_not_found")
