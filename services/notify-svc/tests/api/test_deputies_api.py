"""`owner=me` shows a deputy the rows of whoever is away too, marked; the owner's own stay as they are."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dunlin_events.contracts.billing import InvoiceIssued, PaymentReversed
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing
from notify_svc.consumers.customer import customer as customers

AT, LATER = datetime(2026, 6, 1, 2, tzinfo=UTC), datetime(2026, 6, 3, 2, tzinfo=UTC)
S_17, S_18, S_19 = new_id(), new_id(), new_id()
AWAY = [{"from_on": "2026-05-30", "until_on": "2026-06-02"}]
CNY = {"amount": "40.00", "currency": "CNY"}


def staff(one: UUID, code: str, deputy: UUID | None, *, active: bool = True, away: Any = ()) -> StaffConfigured:
    return StaffConfigured.model_validate({
        "staff_id": one, "code": code, "deputy_id": deputy, "active": active, "absences": list(away)})


LISTS = ("worklist", "troubles", "calls", "cases", "promises")


async def owing(service: Running, tenant: UUID, number: str, owner: str, *, worked_on_by: str | None = None) -> None:
    """A customer of this owner with something overdue, a payment that went back, a call, a case and a promise."""
    customer = new_id()
    await tell(service.database, customers, tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": customer, "number": number, "name": number}),
        CustomerOwnerChanged(customer_id=customer, owner_id=new_id(), owner_code=owner), at=AT)
    await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": customer, "invoice_id": new_id(), "items": [
            {"item_id": new_id(), "due_on": "2026-05-30", "amount": CNY}]}),
        PaymentReversed.model_validate(PaymentReversed.examples[0] | {
            "customer_id": customer, "payment_id": new_id(), "amount": CNY, "reason": "not_received"}), at=AT)
    of = {"customer_id": str(customer)}
    for path, body in (("calls", {"due_on": "2026-06-01"}), ("cases", {"owner_code": worked_on_by}),
                       ("promises", {"amount": CNY, "promised_on": "2026-06-09"})):
        made = await service.client.post(
            f"/notify/v1/{path}", json=of | body, headers=service.headers(tenant, "collections:write"))
        assert (made.status_code, made.json()["standing_in_for"]) == (201, None), made.text


async def shown(service: Running, tenant: UUID, subject: str, owner: str = "me") -> list[tuple[str, str | None]]:
    """Whose rows all these lists show, and for whom they are."""
    headers = service.headers(tenant, "collections:read", key=None, subject=subject)
    lists = []
    for path in LISTS:
        said = (await service.client.get(f"/notify/v1/{path}", params={"owner": owner}, headers=headers)).json()
        lists.append(sorted((row["number"], row["standing_in_for"]) for row in said["data"]))
    assert all(one == lists[0] for one in lists), dict(zip(LISTS, lists, strict=True))
    found: list[tuple[str, str | None]] = lists[0]
    return found


async def test_a_deputy_is_shown_the_rows_of_whoever_is_away(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    for number, owner in (("C-1", "S-17"), ("C-2", "S-18"), ("C-3", "S-19")):
        await owing(service, tenant, number, owner)
    assert await shown(service, tenant, "S-18") == [("C-2", None)]
    told = [staff(S_17, "S-17", S_18, away=AWAY), staff(S_18, "S-18", None), staff(S_19, "S-19", S_17, active=False)]
    await tell(service.database, customers, tenant, *told, at=AT)
    assert await shown(service, tenant, "S-18") == [("C-1", "S-17"), ("C-2", None), ("C-3", "S-19")]
    assert await shown(service, tenant, "S-17") == [("C-1", None)]
    assert await shown(service, tenant, "S-18", owner="S-18") == [("C-2", None)]
    await service.move_clock(tenant, LATER)
    assert await shown(service, tenant, "S-17") == [("C-1", None), ("C-3", "S-19")]
    assert await shown(service, tenant, "S-18") == [("C-2", None)]


async def test_a_case_is_of_whoever_works_on_it_and_not_of_the_customers_owner(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    told = [staff(S_17, "S-17", None), staff(S_18, "S-18", None)]
    await tell(service.database, customers, tenant, *told, at=AT)
    await owing(service, tenant, "C-1", "S-17", worked_on_by="S-18")

    async def of(path: str, owner: str) -> list[str]:
        headers = service.headers(tenant, "collections:read", key=None, subject=owner)
        said = (await service.client.get(f"/notify/v1/{path}", params={"owner": "me"}, headers=headers)).json()
        return [row["number"] for row in said["data"]]

    assert (await of("cases", "S-18"), await of("cases", "S-17")) == (["C-1"], [])
    assert (await of("calls", "S-18"), await of("calls", "S-17")) == ([], ["C-1"])
