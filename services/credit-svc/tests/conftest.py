"""credit-svc on a real PostgreSQL, with customers it has heard of and the facts that billing tells."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from credit_svc.consumers.billing import billing
from credit_svc.consumers.customer import customer
from credit_svc.store.library_tables import WatermarkRow
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, running, tell
from dunlin_kit.transaction import Transaction

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
ALL = ("credit:read", "credit:write", "authorizations:read", "authorizations:write", "integrity:read")


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@dataclass(frozen=True, slots=True)
class Books:
    """One tenant with one customer, active, at 10:00 of 2026-03-01 in Shanghai."""

    service: Running
    tenant: UUID
    customer: UUID

    def headers(self, *scopes: str, key: str | None = "") -> dict[str, str]:
        return self.service.headers(self.tenant, *(scopes or ALL), key=key)

    async def hear(self, *facts: Event, first: int = 1) -> None:
        """Fold facts of billing, numbered from `first`, and move the watermark as the runtime does."""
        await tell(self.service.database, billing, self.tenant, *facts, first=first)
        mark = {"consumer": "credit", "owner": "billing", "stream": f"{self.tenant}:{self.customer}", "era": 1,
                "sequence": first + len(facts) - 1, "event_id": new_id(), "held": None}

        async def move(tx: Transaction) -> None:
            tx.put(WatermarkRow, mark, key=("consumer", "owner", "stream"))

        await self.service.database.transact(self.tenant, move)

    async def limit(self, amount: str | None, **more: Any) -> dict[str, Any]:
        body = {"currency": "CNY", "amount": amount, "reason": "as agreed", **more}
        answer = await self.service.client.put(
            f"/credit/v1/customers/{self.customer}/limit", json=body, headers=self.headers())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self, amount: str, **more: Any) -> dict[str, Any]:
        body = {"customer_id": str(self.customer), "amount": cny(amount), "reference": "SO-1", **more}
        answer = await self.service.client.post("/credit/v1/authorizations", json=body, headers=self.headers())
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def position(self) -> dict[str, Any]:
        answer = await self.service.client.get(
            f"/credit/v1/customers/{self.customer}/position", headers=self.headers())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def told(self) -> list[str]:
        return [fact for _, fact, _ in await self.service.told(self.tenant)]

    async def violations(self) -> list[dict[str, Any]]:
        answer = await self.service.client.get("/credit/v1/integrity", headers=self.headers())
        assert answer.status_code == 200, answer.text
        return [check for check in answer.json()["checks"] if not check["holds"]]

    def invoice(self, total: str, opened: str, unapplied: str = "0.00", **more: Any) -> InvoiceIssued:
        example = dict(InvoiceIssued.examples[0]) | {
            "customer_id": self.customer, "invoice_id": new_id(), "total": cny(total),
            "account": {"open": cny(opened), "disputed": cny("0.00"), "unapplied": cny(unapplied)}} | more
        return InvoiceIssued.model_validate(example)


@pytest.fixture(scope="session")
async def credit(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(postgres, "credit", tmp_path_factory.mktemp("credit")) as service:
        yield service


@pytest.fixture
async def books(credit: Running) -> Books:
    tenant, one = await credit.tenant(at=NOW), new_id()
    told = dict(CustomerRegistered.examples[0]) | {"customer_id": one, "status": "active"}
    await tell(credit.database, customer, tenant, CustomerRegistered.model_validate(told))
    return Books(credit, tenant, one)
