"""No past amount falls below zero: an allocation waits for the day from which on there is enough, on both sides."""

from typing import Any


async def test_an_item_that_was_paid_for_a_while_is_paid_again_only_from_its_reopening_on(company: Any) -> None:
    await company.clock("2026-01-25")
    who = await company.register()
    item = (await company.issue(who, "100", "2026-01-05", rate="0"))["items"][0]["id"]
    bounced = await company.pay(who, "100.00", "2026-01-06")
    await company.post(f"/payments/{bounced['id']}:reverse", {"reason": "not_received", "effective_on": "2026-01-20"})
    second = await company.pay(who, "60.00", "2026-01-10")
    assert [(one["effective_on"], one["business_on"]) for one in second["allocations"]] == [
        ("2026-01-20", "2026-01-10")
    ]
    third = await company.pay(who, "40.00", "2026-01-12", allocation="none")
    body = {"allocation": "items", "items": [{"item_id": item}]}
    early = await company.send("POST", f"/payments/{third['id']}:apply", body | {"effective_on": "2026-01-12"})
    assert (early.status_code, early.json()["code"]) == (422, "effective_too_early")
    assert early.json()["facts"]["earliest"] == "2026-01-20"
    await company.post(f"/payments/{third['id']}:apply", body | {"effective_on": "2026-01-21"})
    entries = (await company.get(f"/customers/{who}/account"))["data"]
    assert min(float(one["receivables"]["amount"]) for one in entries) >= 0
    assert await company.account(who) == ("0.00", "0.00")


async def test_what_was_free_all_the_time_is_paid_on_the_day_of_the_credit(company: Any) -> None:
    await company.clock("2026-01-25")
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    bounced = await company.pay(who, "30.00", "2026-01-06")
    await company.post(f"/payments/{bounced['id']}:reverse", {"reason": "not_received", "effective_on": "2026-01-20"})
    second = await company.pay(who, "70.00", "2026-01-10")
    assert [one["effective_on"] for one in second["allocations"]] == ["2026-01-10"]


async def test_money_older_than_the_invoice_pays_it_on_the_day_of_issue(company: Any) -> None:
    await company.clock("2026-01-25")
    who = await company.register()
    await company.issue(who, "100", "2026-01-15", rate="0")
    paid = await company.pay(who, "100.00", "2026-01-10")
    assert [one["effective_on"] for one in paid["allocations"]] == ["2026-01-15"]
