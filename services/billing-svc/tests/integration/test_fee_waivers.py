"""Fees that are let go: the books, what was paid comes back, the second person, refusals, and the race."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def failing(company: Any) -> list[str]:
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def fee(company: Any, who: Any, amount: str = "50.00") -> dict[str, Any]:
    charged: dict[str, Any] = await company.post("/fees", {
        "customer_id": str(who), "amount": cny(amount), "reason": "reminder"})
    return charged


def waiver(item: dict[str, Any], amount: str | None = None, **more: Any) -> dict[str, Any]:
    return {"item_id": item["id"], "reason": "goodwill", "amount": cny(amount) if amount else None} | more


async def test_what_is_open_is_let_go_and_what_was_paid_is_credit_again(company: Any) -> None:
    who = await company.register()
    charged = await fee(company, who)
    paid = await company.pay(who, "20.00", "2026-01-05")
    made = await company.post("/fee-waivers", waiver(charged, "10.00"))
    assert (made["amount"], made["fee_number"], made["customer_number"], made["checker"], made["waived_on"]) == (
        cny("10.00"), charged["number"], "C-000001", None, "2026-01-05")
    assert await company.get(f"/fee-waivers/{made['id']}") == made
    assert await company.account(who) == ("20.00", "0.00")
    await company.post("/fee-waivers", waiver(charged, "35.00"))
    assert await company.account(who) == ("0.00", "15.00")
    assert await company.balances() == {
        "bank": "20.00", "customer_credit": "-15.00", "receivable_control": "0.00", "fees": "-5.00"}
    told = [(fact, said["amount"]["amount"]) for _, fact, said in await company.running.told(company.tenant)]
    assert told[-4:] == [("FeeWaived", "10.00"), ("AllocationReversed", "20.00"), ("FeeWaived", "35.00"),
                         ("CreditAllocated", "5.00")]
    assert (await company.get(f"/payments/{paid['id']}"))["unapplied"] == cny("15.00")
    rolled = (await company.get("/roll-forward?from=2026-01-01&to=2026-01-05"))["currencies"][0]["lines"]
    assert {one["line"]: one["amount"]["amount"] for one in rolled}["fees"] == "5.00"
    assert await failing(company) == []


async def test_above_the_threshold_another_person_approves_it(company: Any) -> None:
    who = await company.register()
    charged = await fee(company, who, "500.00")
    policy = {"pending_days": 30, "second_person_above": [cny("100.00")], "second_person_for_new_payer": False}
    assert (await company.send("PUT", "/payment-policy", policy, If_Match='"0"')).status_code == 200
    alone = await company.send("POST", "/fee-waivers", waiver(charged))
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    asked = await company.post("/proposals", {"fee_waiver": waiver(charged)})
    assert (asked["kind"], asked["amount"], asked["state"]) == ("fee_waiver", cny("500.00"), "proposed")
    (waits,) = (await company.get("/approvals"))["data"]
    assert (waits["proposal_id"], waits["reason"], waits["may_sign"]) == (asked["id"], "fee_waiver", False)
    own = await company.send("POST", f"/proposals/{asked['id']}:approve", {})
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert await company.account(who) == ("500.00", "0.00")
    chief = company.running.headers(company.tenant, "payments:confirm", subject="chief")
    signed = await company.running.client.post(
        f"/billing/v1/proposals/{asked['id']}:approve", json={}, headers=chief)
    assert signed.status_code == 200, signed.text
    assert (signed.json()["state"], signed.json()["checker"]) == ("approved", "chief")
    made = await company.get(f"/fee-waivers/{asked['id']}")
    assert (made["checker"], made["amount"]) == ("chief", cny("500.00"))
    assert await company.account(who) == ("0.00", "0.00")
    assert (await company.get("/approvals"))["data"] == []
    assert await failing(company) == []


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"item_id": str(new_id())}, 404, "item_not_found"),
        ({"amount": cny("50.01")}, 422, "more_than_undisputed"),
        ({"amount": cny("0.00")}, 422, "amount_not_positive"),
        ({"amount": {"amount": "1.00", "currency": "EUR"}}, 422, "currency_mismatch"),
        ({"reason": "bored"}, 422, "invalid_request"),
    ],
)
async def test_what_is_refused_changes_nothing(company: Any, changed: dict[str, Any], status: int, code: str) -> None:
    who = await company.register()
    charged = await fee(company, who)
    answer = await company.send("POST", "/fee-waivers", waiver(charged) | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await company.account(who) == ("50.00", "0.00")


async def test_only_fees_are_let_go_so_and_none_twice_under_one_id(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05")
    wrong = await company.send("POST", "/fee-waivers", waiver(invoice["items"][0]))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "not_fee")
    charged = await fee(company, who)
    once = str(new_id())
    await company.post("/fee-waivers", waiver(charged, "1.00", id=once))
    twice = await company.send("POST", "/fee-waivers", waiver(charged, "1.00", id=once))
    assert (twice.status_code, twice.json()["code"]) == (409, "waiver_exists")
    missing = await company.send("GET", f"/fee-waivers/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "waiver_not_found")


async def test_waivers_and_payments_that_race_let_go_no_cent_twice(company: Any) -> None:
    who = await company.register()
    charged = await fee(company, who)
    named = {"allocation": "items", "items": [{"item_id": charged["id"], "amount": cny("20.00")}]}
    answers = await asyncio.gather(*(call for _ in range(4) for call in (
        company.send("POST", "/fee-waivers", waiver(charged, "20.00")),
        company.send("POST", "/payments", {
            "customer_id": str(who), "amount": cny("20.00"), "received_on": "2026-01-05", "method": "cash"} | named))))
    codes = Counter("ok" if one.status_code == 201 else one.json()["code"] for one in answers)
    assert set(codes) <= {"ok", "more_than_undisputed", "more_than_open", "nothing_open"}
    assert Decimal((await company.account(who))[0]) <= 10, "all that fits went through"
    assert await failing(company) == []
