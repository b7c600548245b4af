"""A running billing-svc on a database of its own, and a company with customers whose books are kept in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerKind, CustomerRegistered, CustomerStatus, TermsOfTrade
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, running, tell

SCOPES = ("invoices:read", "invoices:write", "payments:read", "payments:write",
          "payments:confirm", "policies:write", "approvals:read", "items:read", "items:write",
          "write_offs:approve", "accounts:read", "journal:read", "reports:read", "integrity:read", "clock:read",
          "periods:read", "periods:write", "imports:read", "imports:write", "operations:read", "events:read")
OPENED = datetime(2026, 1, 5, 2, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@dataclass(frozen=True)
class Company:
    """One sandbox tenant, and short words for what a clerk does. Amounts are CNY."""

    running: Running
    tenant: UUID

    async def register(self, *, status: str = "active", number: str = "C-000001",
                       external_id: str | None = None, **profile: Any) -> UUID:
        """A customer with 30 days, as heard from customer-svc."""
        customer_id = new_id()
        fact = CustomerRegistered(
            customer_id=customer_id, number=number, kind=CustomerKind.ORGANIZATION, status=CustomerStatus(status),
            name="北京华为贸易", tax_id=None, region="CN-BJ", industry="trade", external_id=external_id,
            terms=TermsOfTrade(due_days=30, end_of_month=False), **profile)
        await tell(self.running.database, customer, self.tenant, fact, at=OPENED)
        return customer_id

    async def clock(self, day: str) -> None:
        """Move the sandbox to this day, 02:00 UTC."""
        await self.running.move_clock(self.tenant, datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
                                      .replace(hour=2))

    async def send(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        given = self.running.headers(self.tenant, *SCOPES) | {name.replace("_", "-"): v for name, v in headers.items()}
        return await self.running.client.request(method, f"/billing/v1{path}", json=json, headers=given)

    async def post(self, path: str, json: Any) -> dict[str, Any]:
        answer = await self.send("POST", path, json)
        assert answer.status_code in (200, 201), answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def rows(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, page by page; the path has a query already."""
        found, cursor = [], ""
        while True:
            page = await self.get(f"{path}{cursor}")
            found += page["data"]
            assert page["has_more"] == (page["next_cursor"] is not None)
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def issue(self, customer_id: UUID, net: str, issued_on: str, *, rate: str = "13") -> dict[str, Any]:
        """Issue an invoice of one line."""
        return await self.post("/invoices", invoice(customer_id, net, issued_on, rate=rate))

    async def pay(self, customer_id: UUID, amount: str, received_on: str, **more: Any) -> dict[str, Any]:
        """Record a payment; the oldest debt first unless said otherwise."""
        return await self.post("/payments", payment(customer_id, amount, received_on, **more))

    async def balances(self) -> dict[str, str]:
        """Every journal account of the tenant."""
        return {line["account"]: line["amount"]["amount"] for line in (await self.get("/journal-balances"))["data"]}

    async def account(self, customer_id: UUID) -> tuple[str, str]:
        """What is open and what is unapplied."""
        held = (await self.get(f"/customers/{customer_id}/account"))["accounts"][0]
        return held["open"]["amount"], held["unapplied"]["amount"]


def invoice(customer_id: UUID, net: str, issued_on: str | None, *, rate: str = "13", **more: Any) -> dict[str, Any]:
    line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": net, "tax_rate": rate}
    return {"customer_id": str(customer_id), "currency": "CNY", "lines": [line], "issue": True,
            "issued_on": issued_on} | more


def payment(customer_id: UUID, amount: str, received_on: str, **more: Any) -> dict[str, Any]:
    return {"customer_id": str(customer_id), "amount": cny(amount), "received_on": received_on,
            "method": "bank_transfer", "allocation": "oldest_first"} | more


@pytest.fixture(scope="session")
async def billing(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder: Path = tmp_path_factory.mktemp("billing")
    async with running(postgres, "billing", folder, pool_size=12) as service:
        yield service


@pytest.fixture
async def company(billing: Running) -> Company:
    """A tenant of its own in Shanghai, on 5 January 2026."""
    return Company(billing, await billing.tenant(at=OPENED))
