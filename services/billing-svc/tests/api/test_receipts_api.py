"""What came in and what is unapplied, with number, name and owner; the sums tie to the control of customer credit."""

from typing import Any

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


async def owned(company: Any, owner: str, number: str) -> Any:
    who = await company.register(number=number)
    changed = CustomerOwnerChanged(customer_id=who, owner_id=new_id(), owner_code=owner)
    await tell(company.running.database, customer, company.tenant, changed, first=2)
    return who


async def rows(company: Any, query: str = "") -> list[tuple[str, str, str]]:
    found = (await company.get(f"/receipts{query}"))["data"]
    return [(one["number"], one["state"], one["unapplied"]["amount"]) for one in found]


async def test_what_came_in_and_what_is_not_applied(company: Any) -> None:
    li, wang = await owned(company, "S-17", "C-1"), await owned(company, "S-18", "C-2")
    old = await company.pay(li, "50.00", "2026-01-05", allocation="none")
    await company.issue(li, "100", "2026-01-05", rate="0")
    await company.clock("2026-01-20")
    paid = await company.pay(wang, "30.00", "2026-01-19", reference="INV-9", allocation="remittance")
    gone = await company.pay(li, "20.00", "2026-01-20")
    await company.post(f"/payments/{gone['id']}:reverse", {"reason": "returned"})
    await company.pay(wang, "10.00", "2026-01-20", state="pending")
    assert await rows(company) == [
        ("C-2", "pending", "0.00"), ("C-1", "reversed", "0.00"), ("C-2", "confirmed", "30.00"),
        ("C-1", "confirmed", "50.00")]
    assert await rows(company, "?unapplied=true&since=2026-01-20") == [
        ("C-2", "confirmed", "30.00"), ("C-1", "confirmed", "50.00")]
    said = await company.get("/receipts?owner=S-17&limit=1")
    assert [(one["id"], one["owner_code"], one["reversed_on"]) for one in said["data"]] == [
        (gone["id"], "S-17", "2026-01-20")]
    following = await company.get(f"/receipts?owner=S-17&limit=1&cursor={said['next_cursor']}")
    assert [one["id"] for one in following["data"]] == [old["id"]]
    assert said["since"] == "2026-01-13"
    assert said["totals"] == [{"came_in": {"amount": "0.00", "currency": "CNY"},
                               "unapplied": {"amount": "50.00", "currency": "CNY"}}]
    (whole,) = (await company.get("/receipts"))["totals"]
    assert (whole["came_in"]["amount"], whole["unapplied"]["amount"]) == ("30.00", "80.00")
    assert (await company.balances())["customer_credit"] == "-80.00"
    (unmatched,) = [one for one in (await company.get("/receipts"))["data"] if one["id"] == paid["id"]]
    assert unmatched["unmatched"] == ["INV-9"]
    (aged,) = [one for one in (await company.get("/ageing?group_by=customer"))["data"] if one["number"] == "C-1"]
    assert aged["owner_code"] == "S-17"


async def test_while_an_owner_is_away_the_deputy_is_shown_what_came_in_for_both(company: Any) -> None:
    mine, others = await owned(company, "clerk", "C-1"), await owned(company, "S-18", "C-2")
    for who in (mine, others):
        await company.pay(who, "30.00", "2026-01-05", allocation="none")
    deputy, owner = new_id(), new_id()
    away = [{"from_on": "2026-01-05", "until_on": "2026-01-06"}]
    await tell(company.running.database, customer, company.tenant, *(StaffConfigured.model_validate(
        {"staff_id": one, "code": code, "deputy_id": by, "active": True, "absences": days})
        for one, code, by, days in ((deputy, "clerk", None, []), (owner, "S-18", deputy, away))), first=2)
    for day, shown in (("2026-01-06", [("C-2", "S-18"), ("C-1", None)]), ("2026-01-07", [("C-1", None)])):
        await company.clock(day)
        said = await company.get("/receipts?owner=me")
        assert [(one["number"], one["standing_in_for"]) for one in said["data"]] == shown
        assert said["totals"][0]["unapplied"]["amount"] == f"{30 * len(shown)}.00"
