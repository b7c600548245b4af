"""The simulator over HTTP, over what billing-svc told: exact figures for two ladders; refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dunlin_events.contracts.billing import CreditAllocated, InvoiceIssued, InvoiceVoided
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing

SIMULATE = "/notify/v1/ladders:simulate"
AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
USUAL: dict[str, Any] = {"gap_days": 7, "run_at": "12:00", "levels": [
    {"offset_days": -3, "tone": "upcoming"}, {"offset_days": 3, "tone": "friendly"},
    {"offset_days": 15, "tone": "firm"}]}
CALLING = USUAL | {"levels": [{"offset_days": 5, "tone": "firm", "channel": "call"}]}
BODY: dict[str, Any] = {"from_on": "2026-01-01", "until_on": "2026-06-30", "ladders": [USUAL, CALLING], "prices": [
    {"channel": "call", "price": {"amount": "12.50", "currency": "CNY"}}]}


async def test_two_ladders_over_the_same_facts(service: Running) -> None:
    tenant = await service.tenant(at=AT + timedelta(days=300))
    for end in ("paid", "owed", "voided"):
        customer, item, invoice = new_id(), new_id(), new_id()
        await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
            "customer_id": customer, "invoice_id": invoice, "items": [
                {"item_id": item, "due_on": "2026-02-04", "amount": {"amount": "4520.00", "currency": "CNY"}}]}), at=AT)
        if end == "voided":
            await tell(service.database, billing, tenant, InvoiceVoided.model_validate(
                InvoiceVoided.examples[0] | {"customer_id": customer, "invoice_id": invoice, "items": [
                    {"item_id": item, "amount": {"amount": "4520.00", "currency": "CNY"}}]}),
                first=2, at=AT + timedelta(days=35))
        if end == "paid":
            await tell(service.database, billing, tenant, CreditAllocated.model_validate(
                CreditAllocated.examples[0] | {"customer_id": customer, "invoice_id": invoice, "item_id": item}),
                first=2, at=AT + timedelta(days=35))
    told = len(await service.told(tenant))
    answer = await service.client.post(SIMULATE, json=BODY, headers=service.headers(tenant, "reminders:read"))
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"messages": [{"channel": "email", "messages": 7}], "people": 3, "items": 3, "settled": 1,
         "per_settled": "2.00",
         "levels": [{"level": 0, "reminders": 3}, {"level": 1, "reminders": 3}, {"level": 2, "reminders": 1}],
         "cost": {"amount": "0.00", "currency": "CNY"}},
        {"messages": [{"channel": "call", "messages": 1}], "people": 1, "items": 1, "settled": 1,
         "per_settled": "0.00", "levels": [{"level": 0, "reminders": 1}],
         "cost": {"amount": "12.50", "currency": "CNY"}}]
    assert len(await service.told(tenant)) == told


@pytest.mark.parametrize(("change", "code"), [
    ({"until_on": "2025-12-31"}, "bad_period"),
    ({"ladders": []}, "invalid_request"),
    ({"prices": [{"channel": "call", "price": {"amount": "1.00", "currency": "EUR"}}]}, "currency_mismatch")])
async def test_what_cannot_be_simulated_is_refused(service: Running, change: dict[str, Any], code: str) -> None:
    tenant = await service.tenant(at=AT)
    answer = await service.client.post(
        SIMULATE, json=BODY | change, headers=service.headers(tenant, "reminders:read"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
