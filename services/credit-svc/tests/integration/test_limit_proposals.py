"""Temporary limits, overrides with an approver, and policies from a day on, on real PostgreSQL."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from credit_svc.jobs import expire_limit
from dunlin_kit.testing import one_by_one, work_off

POLICY = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
          "authorization_days": 30}
STEP = POLICY | {"reason": "four eyes", "overrides": {
    "second_person_above": [{"amount": "1000.00", "currency": "CNY"}], "override_days": 90}}


async def call(books: Any, path: str, body: Any = None, *, subject: str = "clerk", method: str = "POST") -> Any:
    scopes = ("credit:read", "credit:write", "credit:approve")
    headers = books.service.headers(books.tenant, *scopes, subject=subject)
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=headers)


async def available(books: Any) -> str:
    return str((await books.position())["positions"][0]["available"]["amount"])


async def test_a_temporary_limit_holds_for_its_dates(books: Any) -> None:
    await books.limit("100.00")
    await books.limit("50.00", kind="temporary", valid_until="2026-03-02")
    assert await available(books) == "150.00"
    asked = await books.ask("150.00")
    assert asked["decision"] == "approved"
    explained = asked["explanation"]["limit"]
    assert (explained["amount"]["amount"], explained["temporary"]["amount"]["amount"]) == ("150.00", "50.00")
    await books.service.move_clock(books.tenant, datetime(2026, 3, 2, 16, tzinfo=UTC))
    assert await available(books) == "-50.00"
    read = await call(books, f"/authorizations/{asked['id']}", method="GET")
    assert read.status_code == 403
    assert await work_off(books.service, books.tenant, {expire_limit.KIND: expire_limit.run}) == 1
    _, fact, payload = (await books.service.told(books.tenant))[-1]
    assert (fact, payload["kind"], payload["version"]) == ("LimitExpired", "temporary", 2)
    assert await books.violations() == []


async def test_a_raise_above_the_step_takes_two_persons(books: Any) -> None:
    assert (await call(books, "/policies", STEP)).status_code == 201
    await books.limit("1000.00")
    big = {"currency": "CNY", "amount": "2000.01", "reason": "a large order"}
    refused = await call(books, f"/customers/{books.customer}/limit", big, method="PUT")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    made = (await call(books, "/limit-proposals", big | {"customer_id": str(books.customer)})).json()
    assert (made["status"], made["may_sign"], made["number"]) == ("waiting", False, None)
    inbox = (await call(books, "/limit-proposals", method="GET", subject="chief")).json()["data"]
    assert [(one["id"], one["may_sign"], one["number"]) for one in inbox] == [(made["id"], True, "C-000001")]
    alone = await call(books, f"/limit-proposals/{made['id']}:approve")
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    assert await available(books) == "1000.00"
    approved = (await call(books, f"/limit-proposals/{made['id']}:approve", subject="chief")).json()
    assert (approved["status"], approved["decided_by"]) == ("approved", "chief")
    assert await available(books) == "2000.01"
    history = (await call(books, f"/customers/{books.customer}/limits?currency=CNY", method="GET")).json()["data"]
    assert [(one["set_by"], one["approved_by"]) for one in history] == [("clerk", "chief"), ("clerk", None)]
    again = await call(books, f"/limit-proposals/{made['id']}:approve", subject="chief")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_decided")
    assert await books.violations() == []


async def test_small_raises_by_one_person_add_up(books: Any) -> None:
    await books.limit("1000.00")
    assert (await call(books, "/policies", STEP)).status_code == 201
    await books.limit("1600.00")
    raised = {"currency": "CNY", "amount": "2000.01", "reason": "a little more"}
    refused = await call(books, f"/customers/{books.customer}/limit", raised, method="PUT")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    made = (await call(books, "/limit-proposals", raised | {"customer_id": str(books.customer)})).json()
    await call(books, f"/limit-proposals/{made['id']}:approve", subject="chief")
    await books.limit("3000.01")
    assert await books.violations() == []


async def test_what_one_person_gives_by_limits_and_covers_adds_up_toward_the_step(books: Any) -> None:
    await books.limit("1000.00")
    assert (await call(books, "/policies", STEP)).status_code == 201
    limit, cover = f"/customers/{books.customer}/limit", f"/customers/{books.customer}/covers"

    async def on_top(amount: str) -> int:
        body = {"currency": "CNY", "amount": amount, "reason": "season", "kind": "temporary",
                "valid_until": "2026-03-31"}
        return int((await call(books, limit, body, method="PUT")).status_code)

    async def covered(amount: str) -> str:
        body = {"kind": "guarantee", "amount": {"amount": amount, "currency": "CNY"}, "share_bps": 10000,
                "valid_from": "2026-03-01", "provider": "Parent", "reference": "P-1", "reason": "family"}
        return str((await call(books, cover, body)).json()["state"])

    assert [await on_top("400.00"), await covered("300.00"), await on_top("700.00"), await on_top("700.01")] == [
        200, "standing", 200, 403]
    assert await covered("0.01") == "waiting"
    raised = {"currency": "CNY", "amount": "1000.01", "reason": "a little more"}
    assert (await call(books, limit, raised, method="PUT")).json()["code"] == "second_person_needed"
    assert await books.violations() == []


async def test_two_who_decide_at_once_make_one_limit(books: Any) -> None:
    await books.limit("1.00")
    made = (await call(books, "/limit-proposals", {
        "currency": "CNY", "amount": "5.00", "reason": "r", "customer_id": str(books.customer)})).json()
    path = f"/limit-proposals/{made['id']}"
    answers = await asyncio.gather(
        *(call(books, f"{path}:approve", subject=f"chief {n}") for n in range(4)),
        *(call(books, f"{path}:reject", {"reason": "no"}, subject=f"chief {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    decided = (await call(books, path, method="GET")).json()
    told = (await books.told()).count("CreditLimitChanged")
    assert told == (2 if decided["status"] == "approved" else 1)
    missing = await call(books, f"/limit-proposals/{books.customer}", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "proposal_not_found")
    assert await books.violations() == []


async def test_a_policy_counts_from_its_day(books: Any) -> None:
    adopted = (await call(books, "/policies", STEP | {"effective_from": "2026-03-02"})).json()
    assert (adopted["version"], adopted["overrides"]["override_days"]) == (2, 90)
    assert (await call(books, "/policies/current", method="GET")).json()["version"] == 1
    assert (await books.limit("5000.00"))["version"] == 1
    assert (await books.ask("1.00"))["explanation"]["policy"]["version"] == 1
    await books.service.move_clock(books.tenant, datetime(2026, 3, 1, 16, tzinfo=UTC))
    assert (await call(books, "/policies/current", method="GET")).json()["version"] == 2
    assert (await books.ask("1.00"))["explanation"]["policy"]["version"] == 2
    kept = (await call(books, "/policies", POLICY)).json()
    assert (kept["version"], kept["overrides"]) == (3, adopted["overrides"])
    told = [(one["version"], one["effective_from"]) for _, fact, one in await books.service.told(books.tenant)
            if fact == "CreditPolicyAdopted"]
    assert told == [(2, "2026-03-02"), (3, "2026-03-02")]
    past = await call(books, "/policies", POLICY | {"effective_from": "2026-03-01"})
    assert (past.status_code, past.json()["code"]) == (422, "effective_in_past")
    listed = await one_by_one(books.service.client, "/credit/v1/policies", books.headers())
    assert [one["version"] for one in listed] == [3, 2, 1]


async def signing(books: Any, subject: str) -> list[tuple[str, str | None, str, bool]]:
    headers = books.service.headers(books.tenant, "approvals:read", subject=subject)
    answer = await books.service.client.get("/credit/v1/approvals", headers=headers)
    assert answer.status_code == 200, answer.text
    return [(one["limit_proposal_id"] or one["cover_id"], one["amount"] and one["amount"]["amount"], one["number"],
             one["may_sign"]) for one in answer.json()["data"]]


async def test_what_waits_for_another_person_is_listed_and_told_until_it_is_decided(books: Any) -> None:
    await call(books, "/policies", STEP)
    cover = {"kind": "insurance", "amount": {"amount": "5000.00", "currency": "CNY"}, "share_bps": 9000,
             "valid_from": "2026-03-01", "provider": "Sinosure", "reference": "P-1", "reason": "export"}
    wish = {"customer_id": str(books.customer), "currency": "CNY", "amount": "2000.01", "reason": "a large order"}
    made = []
    for path, body in [("/limit-proposals", wish), ("/limit-proposals", wish | {"amount": None}),
                       *[(f"/customers/{books.customer}/covers", cover)] * 2]:
        answer = await call(books, path, body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    amounts = ("2000.01", None, "4500.00", "4500.00")
    for subject in ("clerk", "chief"):
        assert await signing(books, subject) == [
            (one, amount, "C-000001", subject == "chief") for one, amount in zip(made, amounts, strict=True)]
    ends = (f"/limit-proposals/{made[0]}:approve", f"/limit-proposals/{made[1]}:reject", f"/covers/{made[2]}:approve",
            f"/covers/{made[3]}:end")
    for path in ends:
        answer = await call(books, path, {} if "approve" in path else {"reason": "no"}, subject="chief")
        assert answer.status_code == 200, answer.text
    assert await signing(books, "chief") == []
    told = [(fact, said["approval_id"], said["subject"], said.get("maker") or said.get("outcome"))
            for _, fact, said in await books.service.told(books.tenant) if fact.startswith("Approval")]
    kinds = ("credit_limit", "credit_limit", "cover", "cover")
    assert told == [
        *(("ApprovalAsked", one, kind, "clerk") for one, kind in zip(made, kinds, strict=True)),
        *(("ApprovalEnded", one, kind, outcome) for one, kind, outcome in zip(
            made, kinds, ("approved", "rejected", "approved", "rejected"), strict=True))]
    assert await books.violations() == []
