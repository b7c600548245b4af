"""The limitation clocks over HTTP: what begins them anew, what is lost and still claimed, whose they are, in pages."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoiceIssued
from dunlin_events.contracts.billing_statements import StatementAnswered, StatementIssued
from dunlin_events.contracts.billing_write_offs import DebtWrittenOff
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing
from notify_svc.consumers.customer import customer as customers

PATH, CASES, POLICY = (f"/notify/v1/{name}" for name in ("limitations", "cases", "collection-policy"))
READ, WRITE = "collections:read", "collections:write"
AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
DUE = "2026-02-04"


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class Debtor:
    """A customer who owes one item of 4,520.00."""

    def __init__(self, service: Running, tenant: UUID) -> None:
        self.service, self.tenant, self.id, self.item, self.heard = service, tenant, new_id(), new_id(), 0

    async def hear(self, kind: Any, **more: Any) -> None:
        event = kind.model_validate(kind.examples[0] | {"customer_id": self.id} | more)
        await tell(self.service.database, billing, self.tenant, event, first=self.heard + 1, at=AT)
        self.heard += 1

    async def owe(self, number: str, due: str, owner: str) -> "Debtor":
        await tell(self.service.database, customers, self.tenant, CustomerRegistered.model_validate(
            CustomerRegistered.examples[0] | {"customer_id": self.id, "number": number, "name": number}),
            CustomerOwnerChanged(customer_id=self.id, owner_id=new_id(), owner_code=owner), at=AT)
        await self.hear(InvoiceIssued, invoice_id=new_id(), number=f"INV-{number}", issued_on="2025-12-01", items=[
            {"item_id": self.item, "due_on": due, "amount": cny("4520.00")}])
        return self

    async def pay_a_part(self, on: str) -> UUID:
        allocation = new_id()
        await self.hear(CreditAllocated, item_id=self.item, allocation_id=allocation, business_on=on, due_on=DUE,
                        amount=cny("1.00"), open_after=cny("4519.00"))
        return allocation

    async def post(self, path: str, body: Any, *, method: str = "POST", version: int | None = None) -> Any:
        headers = self.service.headers(self.tenant, READ, WRITE)
        seen = {"If-Match": f'"{version}"'} if version else {}
        answer = await self.service.client.request(method, f"/notify/v1/{path}", json=body, headers=headers | seen)
        assert answer.is_success, answer.text
        return answer.json()


async def listed(service: Running, tenant: UUID, subject: str = "clerk", **query: Any) -> Any:
    headers = service.headers(tenant, READ, key=None, subject=subject)
    return (await service.client.get(PATH, params=query, headers=headers)).json()


async def clocks(service: Running, tenant: UUID) -> dict[str, tuple[str | None, str | None, str, int]]:
    rows = (await listed(service, tenant))["data"]
    return {row["number"]: (row["restarted_by"], row["restarted_on"], row["expires_on"], row["within_months"])
            for row in rows}


@pytest.fixture
async def tenant(service: Running) -> UUID:
    """One whose claims can be enforced for a year: what began a clock anew is shown at once."""
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, READ, WRITE) | {"If-Match": '"1"'}
    answer = await service.client.put(POLICY, headers=headers, json={
        "chronic_days": None, "large": None, "call_again_days": 1, "limitation_months": 12})
    assert (answer.status_code, answer.json()["limitation_months"]) == (200, 12)
    return tenant


async def test_a_clock_begins_anew_with_what_interrupts_it(service: Running, tenant: UUID) -> None:
    plain, paid, back, promised, agreed, served = [
        await Debtor(service, tenant).owe(f"C-{n}", DUE, "S-17") for n in range(1, 7)]
    await paid.pay_a_part("2026-03-10")
    allocation = await back.pay_a_part("2026-03-10")
    await back.hear(AllocationReversed, item_id=back.item, allocation_id=allocation, due_on=DUE, amount=cny("1.00"),
                    open_after=cny("4520.00"))
    await promised.post("promises", {"customer_id": str(promised.id), "amount": cny("10.00"),
                                     "promised_on": "2026-06-09"})
    statement = new_id()
    await agreed.hear(StatementIssued, statement_id=statement)
    await agreed.hear(StatementAnswered, statement_id=statement, confirmed_items=[str(agreed.item)])
    case = await served.post("cases", {"customer_id": str(served.id)})
    await served.post(f"cases/{case['id']}/entries", {
        "kind": "demand_served", "on": "2026-04-01", "note": "registered letter EMS-1"})
    assert plain.heard == 1
    assert await clocks(service, tenant) == {
        "C-1": (None, None, "2027-02-04", 12), "C-2": ("part_payment", "2026-03-10", "2027-03-10", 12),
        "C-3": (None, None, "2027-02-04", 12), "C-4": ("promise", "2026-06-01", "2027-06-01", 12),
        "C-5": ("acknowledged", "2026-06-01", "2027-06-01", 12), "C-6": ("demand", "2026-04-01", "2027-04-01", 12)}


async def test_while_a_case_is_in_court_clocks_stand_and_go_on_from_its_end(service: Running, tenant: UUID) -> None:
    debtor = await Debtor(service, tenant).owe("C-1", DUE, "S-17")
    case = await debtor.post("cases", {"customer_id": str(debtor.id)})
    stage = {"owner_code": None, "next_action": None, "next_action_on": None, "note": "file 12"}
    await debtor.post(f"cases/{case['id']}", {"stage": "suit"} | stage, method="PUT", version=1)
    assert await clocks(service, tenant) == {"C-1": ("court", "2026-06-01", "2027-06-01", 12)}
    await service.move_clock(tenant, datetime(2026, 6, 20, 2, tzinfo=UTC))
    assert await clocks(service, tenant) == {"C-1": ("court", "2026-06-20", "2027-06-20", 12)}
    await debtor.post(f"cases/{case['id']}:close", {"reason": "judgment_enforced"})
    await service.move_clock(tenant, datetime(2026, 7, 1, 2, tzinfo=UTC))
    assert await clocks(service, tenant) == {"C-1": ("court", "2026-06-20", "2027-06-20", 12)}


async def test_what_is_written_off_is_claimed_still_and_rows_come_in_pages_by_their_last_day(
    service: Running, tenant: UUID,
) -> None:
    await Debtor(service, tenant).owe("C-1", "2026-05-01", "S-18")
    lost = await Debtor(service, tenant).owe("C-2", DUE, "S-17")
    await Debtor(service, tenant).owe("C-3", "2026-07-01", "S-17")
    await lost.hear(DebtWrittenOff, amount=cny("4520.00"), items=[
        {"item_id": lost.item, "amount": cny("-4520.00"), "open_after": cny("0.00"), "disputed_after": cny("0.00")}])
    first = await listed(service, tenant, limit=1)
    [row] = first["data"]
    expected = {"number": "C-2", "name": "C-2", "owner_code": "S-17", "item_number": "INV-C-2", "due_on": DUE,
                "claimed": cny("4520.00"), "written_off": cny("4520.00"), "standing_in_for": None}
    assert expected.items() <= row.items()
    assert (first["on"], first["has_more"]) == ("2026-06-01", True)
    rest = await listed(service, tenant, limit=1, cursor=first["next_cursor"])
    assert [(one["number"], one["written_off"]) for one in rest["data"]] == [("C-1", cny("0.00"))]
    assert rest["has_more"] is False
    assert [one["number"] for one in (await listed(service, tenant, customer_id=str(lost.id)))["data"]] == ["C-2"]
    away = [{"from_on": "2026-05-30", "until_on": "2026-06-02"}]
    deputy = new_id()
    told = [StaffConfigured.model_validate({
        "staff_id": new_id(), "code": "S-17", "deputy_id": deputy, "active": True, "absences": away}),
        StaffConfigured.model_validate({
            "staff_id": deputy, "code": "S-18", "deputy_id": None, "active": True, "absences": []})]
    await tell(service.database, customers, tenant, *told, at=AT)
    mine = (await listed(service, tenant, "S-18", owner="me"))["data"]
    assert [(one["number"], one["standing_in_for"]) for one in mine] == [("C-2", "S-17"), ("C-1", None)]


async def test_an_entry_is_of_a_day_that_has_come(service: Running, tenant: UUID) -> None:
    debtor = await Debtor(service, tenant).owe("C-1", DUE, "S-17")
    case = await debtor.post("cases", {"customer_id": str(debtor.id)})
    answer = await service.client.post(f"{CASES}/{case['id']}/entries", headers=service.headers(tenant, WRITE), json={
        "kind": "acknowledged", "on": "2026-06-02", "note": "by letter"})
    assert (answer.status_code, answer.json()["code"]) == (422, "effective_in_future")
    other = await service.tenant(at=AT)
    assert (await listed(service, other))["data"] == []
