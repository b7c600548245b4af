"""A running billing-svc in a loop of its own, for a machine of steps that cannot wait; and a company in it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerKind, CustomerRegistered, CustomerStatus, TermsOfTrade
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell

T = TypeVar("T")
SCOPES = ("invoices:write", "payments:write", "items:read", "items:write", "reports:read",
          "periods:write", "integrity:read")
BEGAN = datetime(2026, 1, 31, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Office:
    """Runs what waits, and counts what came of what was asked."""

    loop: asyncio.AbstractEventLoop
    billing: Running
    done: Counter[str] = field(default_factory=Counter)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def company(self, customers: int) -> "Company":
        """A sandbox tenant in Shanghai with customers that have 30 days."""
        tenant = self.run(self.billing.tenant(at=BEGAN))
        ids = [new_id() for _ in range(customers)]
        for n, one in enumerate(ids):
            self.run(tell(self.billing.database, customer, tenant, CustomerRegistered(
                customer_id=one, number=f"C-{n}", kind=CustomerKind.ORGANIZATION, status=CustomerStatus.ACTIVE,
                name="Heron", tax_id=None, region=None, industry=None, external_id=None,
                terms=TermsOfTrade(due_days=30, end_of_month=False))))
        return Company(self, tenant, [str(one) for one in ids])


@dataclass
class Company:
    """Its clock stands where it was moved to."""

    office: Office
    tenant: UUID
    customers: list[str]
    now: datetime = BEGAN

    def go(self, on: timedelta) -> None:
        self.now += on
        self.office.run(self.office.billing.move_clock(self.tenant, self.now))

    def post(self, path: str, body: Any) -> httpx.Response:
        """Ask, a minute after the step before. Nothing is ever answered by 500."""
        self.go(timedelta(minutes=1))
        said = self._send("POST", path, body)
        assert said.status_code < 500, said.text
        return said

    def get(self, path: str) -> dict[str, Any]:
        answer = self._send("GET", path, None)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        headers = self.office.billing.headers(self.tenant, *SCOPES)
        return self.office.run(
            self.office.billing.client.request(method, f"/billing/v1{path}", json=body, headers=headers))


def cny(minor: int) -> dict[str, str]:
    return {"amount": f"{minor // 100}.{minor % 100:02}", "currency": "CNY"}


def minor_of(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))


def invoice(customer_id: str, minor: int, issued_on: date) -> dict[str, Any]:
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": cny(minor)["amount"],
            "tax_rate": "0"}
    return {"customer_id": customer_id, "currency": "CNY", "lines": [line], "issue": True,
            "issued_on": issued_on.isoformat()}


def payment(customer_id: str, minor: int, received_on: date, **choice: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "amount": cny(minor), "received_on": received_on.isoformat(),
            "method": "bank_transfer"} | choice
