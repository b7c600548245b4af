"""The second person: what waits for one, the inbox, and that the one who recorded it cannot confirm it."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg

from billing_svc.consumers.credit import credit
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.credit_approvals import (
    ApprovalAsked,
    ApprovalEnded,
    GroupApprovalAsked,
    GroupApprovalEnded,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

CNY_100 = {"amount": "100.00", "currency": "CNY"}


async def company_with_policy(company: Any, **policy: Any) -> UUID:
    """A customer who owes 500, in a company with this policy."""
    who: UUID = await company.register()
    await company.issue(who, "500", "2026-01-05", rate="0")
    answer = await company.send("PUT", "/payment-policy", {"pending_days": 30} | policy, If_Match='"0"')
    assert answer.status_code == 200, answer.text
    return who


def by(company: Any, subject: str) -> dict[str, str]:
    """The headers of another person, or of a key of theirs: it has the same subject."""
    headers: dict[str, str] = company.running.headers(
        company.tenant, "payments:confirm", "approvals:read", subject=subject)
    return headers


async def confirm(company: Any, payment: dict[str, Any], subject: str) -> Any:
    return await company.running.client.post(
        f"/billing/v1/payments/{payment['id']}:confirm", json={}, headers=by(company, subject))


async def sound(company: Any) -> list[str]:
    return [one["id"] for one in (await company.get("/integrity"))["checks"] if one["violations"]]


async def test_above_the_threshold_it_waits_for_another_person(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    small = await company.pay(who, "100.00", "2026-01-05")
    large = await company.pay(who, "100.01", "2026-01-05")
    assert (small["state"], small["second_person"]) == ("confirmed", None)
    assert (large["state"], large["second_person"], large["recorded_by"]) == ("pending", "above_threshold", "clerk")
    assert await company.account(who) == ("400.00", "0.00")
    own = await confirm(company, large, "clerk")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    done = await confirm(company, large, "controller")
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "confirmed", "controller")
    assert await company.account(who) == ("299.99", "0.00")
    assert await sound(company) == []


async def test_what_its_maker_called_pending_needs_another_person_only_by_the_policy(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    small, large = [await company.pay(who, one, "2026-01-05", state="pending") for one in ("100.00", "100.01")]
    assert [one["second_person"] for one in (small, large)] == [None, "above_threshold"]
    assert (await confirm(company, small, "clerk")).status_code == 200
    assert (await confirm(company, large, "clerk")).status_code == 403
    gone = await company.send("POST", f"/payments/{large['id']}:reject", {"reason": "duplicate"})
    assert gone.json()["state"] == "rejected"


async def test_the_first_from_a_new_payer_waits_and_the_next_do_not(company: Any) -> None:
    who = await company_with_policy(company, second_person_for_new_payer=True)
    first, second, nameless = [
        await company.pay(who, "10.00", "2026-01-05", **more) for more in ({"payer": "A"}, {"payer": "A"}, {})]
    assert [one["second_person"] for one in (first, second, nameless)] == ["new_payer"] * 3
    assert (await confirm(company, first, "controller")).status_code == 200
    assert (await company.pay(who, "10.00", "2026-01-05", payer="A"))["state"] == "confirmed"
    assert (await company.pay(who, "10.00", "2026-01-05", payer="B"))["second_person"] == "new_payer"
    other = await company.register(number="C-2")
    assert (await company.pay(other, "10.00", "2026-01-05", payer="A"))["second_person"] == "new_payer"


async def test_the_inbox_shows_what_waits_with_number_name_amount_maker_and_since(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    await company.pay(who, "100.00", "2026-01-05", state="pending")
    paid = [await company.pay(who, amount, "2026-01-05", payer="Heron") for amount in ("200.00", "300.00", "400.00")]
    page = await company.get("/approvals?limit=2")
    assert [one["amount"]["amount"] for one in page["data"]] == ["200.00", "300.00"]
    row = page["data"][0]
    assert row == {
        "write_off_id": None, "interest_waiver_id": None, "proposal_id": None, "limit_proposal_id": None,
        "cover_id": None, "claim_id": None, "group_limit_proposal_id": None, "payment_id": paid[0]["id"],
        "group_id": None, "customer_id": str(who), "number": "C-000001", "name": "北京华为贸易", "owner_code": None,
        "amount": {"amount": "200.00", "currency": "CNY"}, "payer": "Heron", "reason": "above_threshold",
        "maker": "clerk", "since": row["since"], "expires_on": "2026-02-04", "may_sign": False}
    assert row["since"].startswith("2026-01-05T02:00:00")
    rest = await company.get(f"/approvals?limit=2&cursor={page['next_cursor']}")
    assert [one["amount"]["amount"] for one in rest["data"]] == ["400.00"]
    others = await company.running.client.get("/billing/v1/approvals", headers=by(company, "controller"))
    assert [one["may_sign"] for one in others.json()["data"]] == [True, True, True]
    await confirm(company, paid[0], "controller")
    assert [one["amount"]["amount"] for one in (await company.get("/approvals"))["data"]] == ["300.00", "400.00"]


async def test_it_is_confirmed_once_and_never_by_its_maker_in_a_race(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    large = await company.pay(who, "200.00", "2026-01-05")
    answers = await asyncio.gather(*(
        confirm(company, large, subject) for _ in range(3) for subject in ("clerk", "controller")))
    outcomes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
    assert outcomes["ok"] == 1 and set(outcomes) <= {"ok", "second_person_needed", "illegal_transition"}
    assert await company.account(who) == ("300.00", "0.00")


async def test_the_integrity_check_sees_one_person_alone(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    large = await company.pay(who, "200.00", "2026-01-05")
    await confirm(company, large, "controller")
    assert await sound(company) == []
    connection = await asyncpg.connect(company.running.urls.owner)
    try:
        await connection.execute("UPDATE credit SET actor = 'controller' WHERE id = $1", UUID(large["id"]))
    finally:
        await connection.close()
    assert await sound(company) == ["I19"]


async def told_by_credit(company: Any, who: UUID, *facts: Event, first: int) -> None:
    told = [fact.model_copy(update={"customer_id": who}) for fact in facts]
    await tell(company.running.database, credit, company.tenant, *told, first=first)


async def test_what_credit_asks_for_stands_in_the_same_inbox(company: Any) -> None:
    who = await company_with_policy(company, second_person_above=[CNY_100])
    paid = await company.pay(who, "200.00", "2026-01-05")
    limit, cover, unrated = (ApprovalAsked.model_validate(dict(example) | {"approval_id": new_id()})
                             for example in ApprovalAsked.examples)
    await told_by_credit(company, who, limit, cover, unrated, first=1)
    inbox = (await company.get("/approvals"))["data"]
    assert [(one["reason"], one["amount"] and one["amount"]["amount"], one["maker"], one["number"], one["may_sign"])
            for one in inbox] == [
        ("above_threshold", "200.00", "clerk", "C-000001", False),
        ("credit_limit", "50000.00", "clerk-7", "C-000001", True), ("cover", "20000.00", "clerk-7", "C-000001", True),
        ("credit_limit", None, "clerk-7", "C-000001", True)]
    assert [(one["payment_id"], one["limit_proposal_id"], one["cover_id"]) for one in inbox] == [
        (paid["id"], None, None), (None, str(limit.approval_id), None), (None, None, str(cover.approval_id)),
        (None, str(unrated.approval_id), None)]
    ended = [ApprovalEnded.model_validate(dict(ApprovalEnded.examples[0]) | {"approval_id": one.approval_id})
             for one in (limit, cover)]
    await told_by_credit(company, who, *ended, first=4)
    never_asked = ApprovalEnded.model_validate(dict(ApprovalEnded.examples[1]) | {"approval_id": new_id()})
    await told_by_credit(company, who, never_asked, first=6)
    page = await company.get("/approvals?limit=1")
    assert [one["reason"] for one in page["data"]] == ["above_threshold"]
    rest = await company.get(f"/approvals?limit=1&cursor={page['next_cursor']}")
    assert [one["limit_proposal_id"] for one in rest["data"]] == [str(unrated.approval_id)]


async def test_a_limit_of_a_group_stands_there_by_number_and_name_until_it_is_decided(company: Any) -> None:
    asked = [GroupApprovalAsked.model_validate(dict(example) | {"approval_id": new_id()})
             for example in GroupApprovalAsked.examples]
    await tell(company.running.database, credit, company.tenant, *asked, first=1)
    inbox = (await company.get("/approvals"))["data"]
    assert [(one["reason"], one["group_limit_proposal_id"], one["group_id"], one["customer_id"], one["number"],
             one["name"], one["amount"] and one["amount"]["amount"], one["may_sign"]) for one in inbox] == [
        ("group_limit", str(one.approval_id), str(one.group_id), None, "G-000001", "华为集团", amount, True)
        for one, amount in zip(asked, ("90000.00", None), strict=True)]
    ended = [GroupApprovalEnded.model_validate(dict(example) | {"approval_id": one.approval_id})
             for example, one in zip(GroupApprovalEnded.examples, asked, strict=True)]
    await tell(company.running.database, credit, company.tenant, *ended, first=3)
    assert (await company.get("/approvals"))["data"] == []
