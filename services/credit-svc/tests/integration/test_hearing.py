"""What other services tell: every example of the contracts is taken in, mismatches are kept, tenants followed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from credit_svc.consumers.billing import billing
from credit_svc.consumers.customer import customer
from dunlin_events.contracts.base import FACTS, Event
from dunlin_events.contracts.customer import (
    ClockAdvanced,
    CustomerSuspended,
    CustomerUpdated,
    TenantConfigured,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.testing import Running, tell
from dunlin_kit.transaction import Transaction

HEARD = sorted({*billing.folds, *customer.folds})


@pytest.mark.parametrize("wire_type", HEARD)
async def test_every_example_is_taken_in(books: Any, wire_type: str) -> None:
    contract = FACTS[wire_type]
    subscription = billing if contract.owner == "billing" else customer
    for sequence, example in enumerate(contract.examples, start=1):
        event = contract.model_validate(dict(example) | {"customer_id": books.customer})
        await tell(books.service.database, subscription, books.tenant, event, first=sequence)
    found = await books.position()
    if wire_type == "dunlin.billing.DeliveryRecorded.v1":
        assert found["positions"][0]["parts"]["delivered"]["amount"] == "16950.00"
    elif wire_type == "dunlin.billing.InterestAccrued.v1":
        assert found["positions"][0]["parts"]["accrued"] == contract.examples[-1]["amount"]
    elif contract.owner == "billing" and "account" not in contract.model_fields:
        assert wire_type in (
            "dunlin.billing.DeliveriesTransferred.v1", "dunlin.billing.CreditKept.v1") or found["positions"] == []
    elif contract.owner == "billing":
        assert found["positions"][0]["sequence"] == len(contract.examples)
        account: Any = contract.examples[-1]["account"]
        assert found["positions"][0]["parts"]["open"] == account["open"]
    elif "status" in contract.model_fields:
        assert found["status"] == dict(contract.examples[-1])["status"]


async def test_a_mismatch_is_kept_shown_and_corrected(books: Any) -> None:
    await books.hear(books.invoice("100.00", "100.00"))
    await books.hear(books.invoice("50.00", "151.00"), first=2)
    [position] = (await books.position())["positions"]
    assert position["parts"]["open"]["amount"] == "151.00"
    [breach] = await books.violations()
    assert breach["id"] == "I8"
    assert "reckoned_open=15000" in breach["violations"][0] and "told_open=15100" in breach["violations"][0]
    await books.hear(books.invoice("50.00", "201.00"), first=3)
    assert len((await books.violations())[0]["violations"]) == 1


async def test_money_is_heard_before_its_customer(credit: Running, books: Any) -> None:
    unknown = new_id()
    invoice = books.invoice("100.00", "100.00").model_copy(update={"customer_id": unknown})
    await tell(credit.database, billing, books.tenant, invoice)
    headers = books.headers()
    limit = {"currency": "CNY", "amount": "1.00", "reason": "r"}
    refused = await credit.client.put(f"/credit/v1/customers/{unknown}/limit", json=limit, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_not_known_yet")
    rows = (await credit.client.get("/credit/v1/positions", headers=headers)).json()["data"]
    assert [(row["customer_id"], row["number"], row["exposure"]["amount"]) for row in rows] == [
        (str(unknown), None, "100.00")]

    told = CustomerUpdated.model_validate(dict(CustomerUpdated.examples[0]) | {"customer_id": unknown})
    await tell(credit.database, customer, books.tenant, told)
    rows = (await credit.client.get("/credit/v1/positions", headers=headers)).json()["data"]
    assert [(row["number"], row["name"]) for row in rows] == [("C-000001", "华为贸易")]


async def test_a_suspended_customer_gets_no_new_credit(books: Any) -> None:
    await books.limit("100.00")
    told = CustomerSuspended.model_validate(dict(CustomerSuspended.examples[0]) | {"customer_id": books.customer})
    await tell(books.service.database, customer, books.tenant, told, first=2)
    assert (await books.ask("1.00"))["reasons"] == ["customer_suspended"]


async def test_tenants_and_their_clocks_are_followed(credit: Running) -> None:
    tenant = new_id()
    told: tuple[Event, ...] = (
        TenantConfigured.model_validate(TenantConfigured.examples[0]),
        ClockAdvanced(now=datetime(2026, 2, 28, 16, tzinfo=UTC)))
    await tell(credit.database, customer, tenant, *told)

    async def look(tx: Transaction) -> Tenant:
        return await present(tx)

    found = await credit.database.read(tenant, look)
    assert (found.zone, found.today.isoformat()) == ("Asia/Shanghai", "2026-03-01")
