"""Exceptions of soft locks on the real ledger: a person or a role, from a day on, for a time; the list of locks."""

import asyncio
from typing import Any

from dunlin_kernel.ids import new_id


async def lock(company: Any, day: str, *, hard: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/period-locks", {"closed_until": day, "hard": hard, "reason": "close"})
    return made


async def asked_by(company: Any, who: str, path: str, body: dict[str, Any]) -> Any:
    headers = company.running.headers(company.tenant, "payments:write", "periods:write", subject=who)
    return await company.running.client.post(f"/billing/v1{path}", json=body, headers=headers)


async def pays(company: Any, who: str, customer: Any, day: str) -> str:
    said = await asked_by(company, who, "/payments", {
        "customer_id": str(customer), "amount": {"amount": "1.00", "currency": "CNY"}, "received_on": day,
        "method": "cash", "allocation": "none"})
    return "ok" if said.status_code == 201 else str(said.json()["code"])


def wish(subject: str = "anna", from_on: str = "2026-02-15", ends_at: str = "2026-03-12T00:00:00Z") -> dict[str, str]:
    return {"subject": subject, "from_on": from_on, "ends_at": ends_at, "reason": "a late bank advice"}


async def test_one_person_posts_from_a_day_on_until_it_ends(company: Any) -> None:
    customer = await company.register()
    await company.clock("2026-03-10")
    await lock(company, "2026-01-31", hard=True)
    await lock(company, "2026-02-28")
    assert [await pays(company, who, customer, "2026-02-20") for who in ("anna", "bert")] == ["period_locked"] * 2
    made = await asked_by(company, "chief", "/lock-exceptions", wish())
    assert made.status_code == 201, made.text
    assert (made.json()["subject"], made.json()["granted_by"]) == ("anna", "chief")
    assert [await pays(company, "anna", customer, day) for day in ("2026-02-15", "2026-02-14", "2026-01-31")] == [
        "ok", "period_locked", "period_locked"]
    assert await pays(company, "bert", customer, "2026-02-20") == "period_locked"
    await company.clock("2026-03-13")
    assert await pays(company, "anna", customer, "2026-02-20") == "period_locked"
    again = (await asked_by(company, "chief", "/lock-exceptions", wish(ends_at="2026-03-20T00:00:00Z"))).json()
    assert await pays(company, "anna", customer, "2026-02-20") == "ok"
    ended = await asked_by(company, "chief", f"/lock-exceptions/{again['id']}:end", {})
    assert ended.json()["ends_at"] < again["ends_at"]
    assert await pays(company, "anna", customer, "2026-02-20") == "period_locked"
    twice = await asked_by(company, "chief", f"/lock-exceptions/{again['id']}:end", {})
    assert twice.json() == ended.json()
    listed = await company.rows("/lock-exceptions?limit=1")
    assert [one["id"] for one in listed] == [made.json()["id"], again["id"]]
    locks = await company.rows("/period-locks?limit=1")
    assert [(one["closed_until"], one["hard"]) for one in locks] == [("2026-02-28", False), ("2026-01-31", True)]
    assert [one for one in (await company.get("/integrity"))["checks"] if one["violations"]] == []


async def test_a_role_posts_and_the_one_who_let_it_does_not(company: Any) -> None:
    customer = await company.register()
    await company.clock("2026-03-10")
    await lock(company, "2026-02-28")
    role = {name: value for name, value in wish().items() if name != "subject"} | {"scope": "payments:write"}
    made = await asked_by(company, "chief", "/lock-exceptions", role)
    assert (made.status_code, made.json()["subject"], made.json()["scope"]) == (201, None, "payments:write")
    assert [await pays(company, who, customer, "2026-02-20") for who in ("anna", "bert", "chief")] == [
        "ok", "ok", "period_locked"]
    await asked_by(company, "chief", f"/lock-exceptions/{made.json()['id']}:end", {})
    await asked_by(company, "chief", "/lock-exceptions", role | {"scope": "ledger:close"})
    assert await pays(company, "anna", customer, "2026-02-20") == "period_locked"
    both = await asked_by(company, "chief", "/lock-exceptions", role | {"subject": "anna"})
    assert (both.status_code, both.json()["code"]) == (422, "bad_lock_exception")


async def test_what_is_refused(company: Any) -> None:
    await company.clock("2026-03-10")
    assert (await asked_by(company, "chief", "/lock-exceptions", wish())).json()["code"] == "nothing_locked"
    await lock(company, "2026-02-10", hard=True)
    await lock(company, "2026-02-28")
    for changed, status, code in (
            ({"subject": "chief"}, 403, "second_person_needed"), ({"from_on": "2026-02-10"}, 409, "hard_lock_stands"),
            ({"ends_at": "2026-03-10T00:00:00Z"}, 422, "bad_lock_exception")):
        said = await asked_by(company, "chief", "/lock-exceptions", wish() | changed)
        assert (said.status_code, said.json()["code"]) == (status, code)
    missing = await asked_by(company, "chief", f"/lock-exceptions/{new_id()}:end", {})
    assert (missing.status_code, missing.json()["code"]) == (404, "lock_exception_not_found")


async def test_a_hard_lock_that_races_with_the_one_who_may_post_is_never_passed(company: Any) -> None:
    customer = await company.register()
    await company.clock("2026-03-10")
    await lock(company, "2026-02-28")
    await asked_by(company, "chief", "/lock-exceptions", wish())
    closing = company.send("POST", "/period-locks", {"closed_until": "2026-02-28", "hard": True, "reason": "close"})
    answers = await asyncio.gather(*(pays(company, "anna", customer, "2026-02-20") for _ in range(6)), closing)
    assert set(answers[:-1]) <= {"ok", "period_locked"}
    assert answers[-1].status_code == 201
    assert await pays(company, "anna", customer, "2026-02-20") == "period_locked"
    assert [one for one in (await company.get("/integrity"))["checks"] if one["violations"]] == []
