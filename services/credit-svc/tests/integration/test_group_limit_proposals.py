"""A limit of a group that one person may not give alone, on real PostgreSQL: proposed, signed by another, told."""

import asyncio
from typing import Any
from uuid import UUID

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.customer_groups import GroupConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

STEP = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
        "authorization_days": 30, "reason": "four eyes", "overrides": {
            "second_person_above": [{"amount": "1000.00", "currency": "CNY"}], "override_days": 90}}
WISH = {"amount": "6000.01", "reason": "a season"}


async def call(books: Any, path: str, body: Any = None, *, subject: str = "clerk", method: str = "POST") -> Any:
    headers = books.service.headers(
        books.tenant, "credit:read", "credit:write", "credit:approve", "approvals:read", subject=subject)
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=headers)


async def with_limit(books: Any, amount: str) -> UUID:
    """A group whose limit one person set: it binds, so it takes no second one."""
    group_id = new_id()
    await configured(books, group_id, "CNY", first=1)
    assert (await call(books, "/policies", STEP)).status_code == 201
    answer = await call(books, f"/groups/{group_id}/limit", {"amount": amount, "reason": "family"}, method="PUT")
    assert answer.status_code == 200, answer.text
    return group_id


async def configured(books: Any, group_id: UUID, currency: str, *, first: int) -> None:
    told = dict(GroupConfigured.examples[0]) | {"group_id": group_id, "currency": currency}
    await tell(books.service.database, customer, books.tenant, GroupConfigured.model_validate(told), first=first)


async def limit_of(books: Any, group_id: UUID) -> Any:
    return (await call(books, f"/groups/{group_id}", method="GET")).json()["limit"]


async def told(books: Any, *facts: str) -> list[tuple[str, str, Any]]:
    return [(fact, said["approval_id"], said.get("maker") or said.get("outcome"))
            for _, fact, said in await books.service.told(books.tenant) if fact in facts]


async def test_a_raise_above_the_step_is_proposed_and_signed_by_another(books: Any) -> None:
    group_id = await with_limit(books, "5000.00")
    path = f"/groups/{group_id}/limit"
    for body in (WISH, WISH | {"amount": None}):
        refused = await call(books, path, body, method="PUT")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    made = (await call(books, "/group-limit-proposals", WISH | {"group_id": str(group_id)})).json()
    assert (made["status"], made["number"], made["name"], made["limit"]["amount"], made["may_sign"]) == (
        "waiting", "G-000001", "华为集团", "6000.01", False)
    for subject in ("clerk", "chief"):
        [row] = (await call(books, "/approvals", method="GET", subject=subject)).json()["data"]
        assert (row["group_limit_proposal_id"], row["group_id"], row["customer_id"], row["reason"], row["number"],
                row["amount"]["amount"], row["may_sign"]) == (
            made["id"], str(group_id), None, "group_limit", "G-000001", "6000.01", subject == "chief")
    own = await call(books, f"/group-limit-proposals/{made['id']}:approve")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert (await limit_of(books, group_id))["amount"] == "5000.00"
    signed = (await call(books, f"/group-limit-proposals/{made['id']}:approve", subject="chief")).json()
    assert (signed["status"], signed["decided_by"]) == ("approved", "chief")
    assert (await limit_of(books, group_id))["amount"] == "6000.01"
    further = await call(books, path, WISH | {"amount": "7000.01"}, method="PUT")
    assert further.status_code == 200, "it adds up from what two agreed"
    again = await call(books, f"/group-limit-proposals/{made['id']}:approve", subject="chief")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_decided")
    assert await told(books, "GroupApprovalAsked", "GroupApprovalEnded") == [
        ("GroupApprovalAsked", made["id"], "clerk"), ("GroupApprovalEnded", made["id"], "approved")]
    assert (await books.told()).count("GroupLimitChanged") == 3
    assert await books.violations() == []


async def test_it_is_rejected_or_falls_with_the_groups_currency(books: Any) -> None:
    group_id = await with_limit(books, "5000.00")
    proposed = [(await call(books, "/group-limit-proposals", WISH | {"group_id": str(group_id)})).json()["id"]
                for _ in range(2)]
    listed = (await call(books, "/group-limit-proposals", method="GET")).json()["data"]
    assert [one["id"] for one in listed] == proposed
    rejected = (await call(books, f"/group-limit-proposals/{proposed[0]}:reject", {"reason": "too much"})).json()
    assert (rejected["status"], rejected["decision_reason"], rejected["limit_id"]) == ("rejected", "too much", None)
    await configured(books, group_id, "EUR", first=2)
    stale = await call(books, f"/group-limit-proposals/{proposed[1]}:approve", subject="chief")
    assert (stale.status_code, stale.json()["code"]) == (422, "currency_mismatch")
    everything = (await call(books, "/group-limit-proposals?status=all", method="GET")).json()["data"]
    assert [one["status"] for one in everything] == ["rejected", "waiting"]
    missing = await call(books, f"/group-limit-proposals/{group_id}", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "proposal_not_found")
    assert (await limit_of(books, group_id))["amount"] == "5000.00"
    assert await books.violations() == []


async def test_two_who_decide_at_once_make_one_limit(books: Any) -> None:
    group_id = await with_limit(books, "5000.00")
    made = (await call(books, "/group-limit-proposals", WISH | {"group_id": str(group_id)})).json()
    path = f"/group-limit-proposals/{made['id']}"
    answers = await asyncio.gather(
        *(call(books, f"{path}:approve", subject=f"chief {n}") for n in range(4)),
        *(call(books, f"{path}:reject", {"reason": "no"}, subject=f"chief {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    decided = (await call(books, path, method="GET")).json()
    assert (await books.told()).count("GroupLimitChanged") == (2 if decided["status"] == "approved" else 1)
    assert len(await told(books, "GroupApprovalEnded")) == 1
    assert await books.violations() == []
