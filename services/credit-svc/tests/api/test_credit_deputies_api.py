"""`owner=me` of every list of customers: one's own rows, and marked, those of whom one stands in for today."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from credit_svc.consumers.customer import customer
from credit_svc.domain.position import Alert, AlertRule
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_groups import CustomerGroupChanged, GroupConfigured
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction

CNY = {"amount": "10.00", "currency": "CNY"}
LISTS = {"positions", "holds", "alerts", "ratings", "limit-proposals", "authorizations", "covers", "claims", "reviews",
         "approvals", "mismatches"}
SCOPES = ("credit:read", "authorizations:read", "approvals:read", "integrity:read")
FIGURES = dict.fromkeys(("total_assets", "current_assets", "retained_earnings", "ebit", "sales"), "100.00") | (
    dict.fromkeys(("equity", "total_liabilities", "current_liabilities"), "50.00"))


async def post(books: Any, path: str, body: Any) -> dict[str, Any]:
    answer = await books.service.client.post(f"/credit/v1/{path}", json=body, headers=books.headers())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed_everywhere(books: Any, number: str, owner: str) -> UUID:
    """A customer of this owner, with a row in each list."""
    one = replace(books, customer=new_id())
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": one.customer, "status": "active", "number": number}),
        CustomerOwnerChanged(customer_id=one.customer, owner_id=new_id(), owner_code=owner))
    await one.limit("100.00")
    await one.ask("10.00")
    at = f"customers/{one.customer}"
    cover = await post(books, f"{at}/covers", {
        "kind": "guarantee", "amount": CNY, "share_bps": 10000, "valid_from": "2026-03-01", "provider": "Bank",
        "reference": "G-1", "reason": "given"})
    await post(books, f"covers/{cover['id']}/claims", {"amount": CNY, "reference": "K-1"})
    await post(books, f"{at}/financial-statements", {
        "ended_on": "2025-12-31", "currency": "CNY", "source": "tax_filing", "figures": FIGURES})
    await post(books, f"{at}/ratings", None)
    await post(books, "limit-proposals", {
        "customer_id": str(one.customer), "currency": "CNY", "amount": "20.00", "reason": "less"})
    await post(books, f"{at}/holds", {"reason": "other", "note": "wait"})

    async def alarm(tx: Transaction) -> None:
        raise_alert(tx, one.customer, Alert(
            AlertRule.AGEING, None, None, tx.clock.now(), Money.parse("10.00", "CNY"), Money.parse("0.00", "CNY")))

    await books.service.database.transact(books.tenant, alarm)
    await one.hear(one.invoice("5.00", "6.00"))
    return UUID(str(one.customer))


async def shown(books: Any, name: str, subject: str, owner: str = "me") -> list[tuple[str, str | None]]:
    headers = books.service.headers(books.tenant, *SCOPES, key=None, subject=subject)
    answer = await books.service.client.get(f"/credit/v1/{name}", params={"owner": owner}, headers=headers)
    assert answer.status_code == 200, answer.text
    return sorted({(row["number"], row["standing_in_for"]) for row in answer.json()["data"]}, key=str)


async def in_a_group(books: Any, number: str, *members: UUID) -> None:
    """A group with these members, and a limit that is proposed for it."""
    group_id = new_id()
    await tell(books.service.database, customer, books.tenant, GroupConfigured.model_validate(
        dict(GroupConfigured.examples[0]) | {"group_id": group_id, "number": number, "currency": "CNY"}),
        *(CustomerGroupChanged.model_validate(dict(CustomerGroupChanged.examples[0]) | {
            "customer_id": one, "group_id": group_id}) for one in members))
    await post(books, "group-limit-proposals", {"group_id": str(group_id), "amount": "9.00", "reason": "family"})


async def test_a_deputy_is_shown_whoever_is_away_in_each_list(books: Any) -> None:
    await post(books, "rating-policies", {
        "reviews": True, "sets_limits": False, "decides_terms": False, "reason": "by score"})
    ids: dict[str, UUID] = {}
    for number, owner in (("C-1", "S-17"), ("C-2", "S-18"), ("C-3", "S-19")):
        ids[number] = await listed_everywhere(books, number, owner)
    s_17, s_18 = new_id(), new_id()
    for name in LISTS:
        assert await shown(books, name, "S-18") == [("C-2", None)], name
    await tell(books.service.database, customer, books.tenant, *(StaffConfigured.model_validate(
        {"staff_id": one, "code": code, "deputy_id": by, "active": True, "absences": away}) for one, code, by, away in (
            (s_17, "S-17", s_18, [{"from_on": "2026-02-27", "until_on": "2026-03-02"}]), (s_18, "S-18", None, []))))
    for name in LISTS:
        assert await shown(books, name, "S-18") == [("C-1", "S-17"), ("C-2", None)], name
        assert await shown(books, name, "S-17") == [("C-1", None)], name
        assert await shown(books, name, "S-17", owner="S-18") == [("C-2", None)], name
    await in_a_group(books, "G-1", ids["C-1"], ids["C-3"])
    await in_a_group(books, "G-2", ids["C-2"])
    for name in ("group-limit-proposals", "approvals"):
        for subject, expected in (("S-18", [("G-1", "S-17"), ("G-2", None)]), ("S-17", [("G-1", None)])):
            groups = [row for row in await shown(books, name, subject) if row[0].startswith("G")]
            assert groups == expected, (name, subject)
    read = books.headers("credit:read")
    groups = (await books.service.client.get("/credit/v1/groups", headers=read)).json()["data"]
    members = [one for group in groups for one in group["members"]]
    assert {one["number"] for one in members} == set(ids) and all(one["name"] for one in members)
