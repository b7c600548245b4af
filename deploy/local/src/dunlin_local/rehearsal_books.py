"""What a rehearsal does as a client: customers of a tenant are billed and pay, and it looks what is known where."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from dunlin_kernel.clock import Clock
from dunlin_kernel.ids import new_id
from dunlin_local.clients import secret_of
from dunlin_local.databases import SERVICES
from dunlin_local.issuer import Issuer
from dunlin_local.node_settings import Surroundings

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1


class RehearsalFailed(Exception):
    """Something is not as it should be; the message is a sentence for the person at the terminal."""


class Books:
    """One tenant of the running system, over HTTP."""

    def __init__(self, client: httpx.AsyncClient, tenant: UUID, token: str) -> None:
        self._client, self.tenant, self._token = client, tenant, token

    @classmethod
    async def opened(cls, client: httpx.AsyncClient, around: Surroundings, clock: Clock) -> "Books":
        """A new tenant that all services know."""
        tenant = new_id()
        operator = cls(client, tenant, _token(around, "operator"))
        await operator.post("/customer/v1/tenants", {
            "id": str(tenant), "name": "Rehearsal", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True,
            "clock_at": clock.now().isoformat()})
        books = cls(client, tenant, _token(around, "demonstration", tenant=str(tenant)))
        for service in SERVICES:
            await until(f"{service}-svc knows the tenant", partial(books.has, f"/{service}/v1/test-clock"))
        return books

    def renewed(self, client: httpx.AsyncClient) -> "Books":
        """The same books, over another client."""
        return Books(client, self.tenant, self._token)

    async def customer(self) -> UUID:
        """A new customer, to whom credit may be given."""
        customer = new_id()
        await self.post("/customer/v1/customers", {
            "id": str(customer), "kind": "organization", "name": "Heron Trading",
            "terms": {"due_days": 30, "end_of_month": False}})
        await self.post(f"/customer/v1/customers/{customer}:activate", None)
        return customer

    async def bill(self, customer: UUID, amount: str) -> None:
        """An invoice without tax, issued now, as soon as billing-svc knows the customer."""
        line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": amount, "tax_rate": "0"}
        body = {"customer_id": str(customer), "currency": "CNY", "lines": [line], "issue": True}
        await until("billing-svc knows the customer", lambda: self._is_taken("/billing/v1/invoices", body))

    async def pay(self, customer: UUID, amount: str) -> None:
        """Money that pays the oldest debt first."""
        clock = await self.get("/billing/v1/test-clock")
        await self.post("/billing/v1/payments", {
            "customer_id": str(customer), "amount": {"amount": amount, "currency": "CNY"},
            "received_on": clock["now"][:10], "method": "bank_transfer", "allocation": "oldest_first"})

    async def exposure(self, customer: UUID) -> str | None:
        """What credit-svc says that the customer uses of its credit; None where it has heard of no money."""
        answer = await self._client.get(f"/credit/v1/customers/{customer}/position", headers=self._headers())
        positions = answer.json().get("positions", [])
        return str(positions[0]["exposure"]["amount"]) if positions else None

    async def is_sound(self) -> bool:
        """All invariants of all services hold."""
        return all([(await self.get(f"/{service}/v1/integrity"))["holds"] for service in SERVICES])

    async def parked(self, service: str) -> int:
        return int((await self.get(f"/{service}/v1/test-clock"))["parked"])

    async def has(self, path: str) -> bool:
        return (await self._client.get(path, headers=self._headers())).is_success

    async def get(self, path: str) -> Any:
        return self._of(await self._client.get(path, headers=self._headers()))

    async def post(self, path: str, body: Any) -> Any:
        return self._of(await self._client.post(path, json=body, headers=self._headers(key=str(new_id()))))

    async def _is_taken(self, path: str, body: Any) -> bool:
        answer = await self._client.post(path, json=body, headers=self._headers(key=str(new_id())))
        return answer.is_success

    def _headers(self, key: str = "") -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} | ({"Idempotency-Key": key} if key else {})

    @staticmethod
    def _of(answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise RehearsalFailed(f"{answer.request.method} {answer.request.url.path}: {answer.text}")
        return answer.json()


async def until(what: str, look: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again. Raises RehearsalFailed when it does not come about."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + PATIENCE_SECONDS
    while not await look():
        if loop.time() > ends:
            raise RehearsalFailed(f"It did not come about that {what}.")
        await asyncio.sleep(LOOK_SECONDS)


def _token(around: Surroundings, client_id: str, **form: str) -> str:
    issuer: Issuer = around.issuer
    secret = secret_of(around.issuer_folder, client_id)
    answer = issuer.grant({"grant_type": "client_credentials", **form}, client_id=client_id, secret=secret)
    return str(answer["access_token"])
