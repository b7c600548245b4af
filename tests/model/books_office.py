"""A running billing-svc in a loop of its own, for a machine of steps that cannot wait; and a company in it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import (
    CustomerKind,
    CustomerRegistered,
    CustomerStatus,
    DiscountTerms,
    TermsOfTrade,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.jobs import Handler
from dunlin_kit.testing import Running, tell, work_off

T = TypeVar("T")
SCOPES = ("invoices:write", "invoices:read", "payments:write", "payments:read", "payments:confirm", "items:read",
          "items:write", "reports:read", "periods:write", "policies:write", "write_offs:approve", "integrity:read",
          "operations:read")
TOLERANCE = 8_000
OWN, FOREIGN = "CNY", "USD"
CURRENCIES = (OWN, OWN, FOREIGN, FOREIGN, OWN)
"""In which each customer is billed."""
OFFERED_BPS, OFFERED_DAYS = 300, 14
"""What the customers at even places may keep of invoices that they pay early."""
PERCENT, YEAR, COMPENSATION = 12, 360, 4_000
"""Interest a year, and the sum for recovering a claim in the company's own currency."""
BEGAN = datetime(2026, 1, 31, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Office:
    """Runs what waits, and counts what came of what was asked."""

    loop: asyncio.AbstractEventLoop
    billing: Running
    done: Counter[str] = field(default_factory=Counter)
    tokens: dict[tuple[UUID, str], str] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def company(self) -> "Company":
        """A sandbox tenant in Shanghai with customers that have 30 days, a tolerance for small differences, interest,
        and rates of exchange."""
        tenant = self.run(self.billing.tenant(at=BEGAN))
        ids = [new_id() for _ in CURRENCIES]
        company = Company(self, tenant, {str(one): currency for one, currency in zip(ids, CURRENCIES, strict=True)})
        company.hear(*(CustomerRegistered(
            customer_id=one, number=f"C-{n}", kind=CustomerKind.ORGANIZATION, status=CustomerStatus.ACTIVE,
            name="Heron", tax_id=None, region=None, industry=None, external_id=None,
            terms=TermsOfTrade(due_days=30, end_of_month=False, discount=_offer(n))) for n, one in enumerate(ids)))
        company.put("/tolerance-policy", {"most": [amount(TOLERANCE, one) for one in (OWN, FOREIGN)]}, version=0)
        rule = {"name": "all", "margin": str(PERCENT), "day_base": YEAR, "compensation": amount(COMPENSATION)}
        company.put("/interest-policy", {"rules": [rule]}, version=0)
        for days in (60, 30, 0):
            company.rate(BEGAN.date() - timedelta(days=days))
        return company


@dataclass
class Company:
    """Its clock stands where it was moved to. `customers` are those that go on, each with its currency."""

    office: Office
    tenant: UUID
    customers: dict[str, str]
    now: datetime = BEGAN
    heard: int = 0

    def customer(self, which: int) -> str:
        return list(self.customers)[which % len(self.customers)]

    def go(self, on: timedelta) -> None:
        self.now += on
        self.office.run(self.office.billing.move_clock(self.tenant, self.now))
        self.rate(self.now.date())

    def hear(self, *facts: Event) -> None:
        """Facts of customer-svc."""
        billing, first = self.office.billing, self.heard + 1
        self.heard += len(facts)
        self.office.run(tell(billing.database, customer, self.tenant, *facts, first=first, at=self.now))

    def work(self, **handlers: Handler) -> None:
        """Do the jobs of these kinds that wait."""
        self.office.run(work_off(self.office.billing, self.tenant, handlers))

    def rate(self, on: date) -> None:
        """What foreign money is worth from a day on: something else each time."""
        said = self._send("POST", "/exchange-rates", {
            "currency": FOREIGN, "rate": f"{7 + on.toordinal() % 17 / 100:.2f}", "valid_on": on.isoformat(),
            "source": "model"})
        assert said.status_code == 201, said.text

    def post(self, path: str, body: Any, *, by: str = "clerk") -> httpx.Response:
        """Ask. Nothing is ever answered by 500."""
        said = self._send("POST", path, body, by=by)
        assert said.status_code < 500, said.text
        return said

    def put(self, path: str, body: Any, *, version: int) -> None:
        """Set it, where it stands at this version."""
        said = self._send("PUT", path, body, seen={"If-Match": f'"{version}"'})
        assert said.status_code == 200, said.text

    def get(self, path: str) -> dict[str, Any]:
        answer = self._send("GET", path, None)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def _send(
        self, method: str, path: str, body: Any, *, by: str = "clerk", seen: Mapping[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": self._token(by), "Idempotency-Key": str(new_id())} | dict(seen or {})
        return self.office.run(
            self.office.billing.client.request(method, f"/billing/v1{path}", json=body, headers=headers))

    def _token(self, by: str) -> str:
        """Made once for each person."""
        if (self.tenant, by) not in self.office.tokens:
            made = self.office.billing.headers(self.tenant, *SCOPES, subject=by)
            self.office.tokens[self.tenant, by] = made["Authorization"]
        return self.office.tokens[self.tenant, by]


def amount(minor: int, currency: str = OWN) -> dict[str, str]:
    return {"amount": f"{minor // 100}.{minor % 100:02}", "currency": currency}


def minor_of(said: dict[str, str] | None) -> int:
    """Nothing is 0."""
    return int(said["amount"].replace(".", "")) if said else 0


def invoice(customer_id: str, money: dict[str, str], issued_on: date) -> dict[str, Any]:
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": money["amount"],
            "tax_rate": "0"}
    return {"customer_id": customer_id, "currency": money["currency"], "lines": [line], "issue": True,
            "issued_on": issued_on.isoformat()}


def payment(customer_id: str, money: dict[str, str], received_on: date, **choice: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "amount": money, "received_on": received_on.isoformat(),
            "method": "bank_transfer"} | choice


def _offer(place: int) -> DiscountTerms | None:
    return None if place % 2 else DiscountTerms(discount_bps=OFFERED_BPS, within_days=OFFERED_DAYS)
