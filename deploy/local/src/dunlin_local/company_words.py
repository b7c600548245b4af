"""What people of the demonstration company do, over HTTP: each wish under a key of its own, so that it happens once."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx

from dunlin_local.databases import SERVICES

TRIES, TRY_SECONDS = 400, 0.05
LOOKS, LOOK_SECONDS = 600, 0.1
TokenOf = Callable[[str], Awaitable[str]]


class CompanyError(Exception):
    """A wish of the demonstration company was refused; the message is a sentence."""


class Company:
    """The company's books on one day. The same wishes in the same order have the same keys and ids in every run."""

    def __init__(self, client: httpx.AsyncClient, tenant: UUID, token_of: TokenOf) -> None:
        self._client, self._tenant, self._token_of = client, tenant, token_of
        self._tokens: dict[str, str] = {}
        self._wishes = 0
        self.today = date.min

    def begin(self, today: date) -> None:
        """From now on it is this day; keys count from its beginning."""
        self.today, self._wishes = today, 0

    def id_of(self, name: str) -> str:
        """The id of what the company calls by this name."""
        return str(UUID(bytes=hashlib.blake2b(f"{self._tenant}:{name}".encode(), digest_size=16).digest(), version=5))

    async def post(self, path: str, body: Any = None, *, by: str = "demonstration") -> Any:
        return await self._wish("POST", path, body, by)

    async def put(self, path: str, body: Any, *, of: str = "") -> Any:
        """Set something; `of` is the path of the document whose present version is meant."""
        return await self._wish("PUT", path, body, "demonstration", of)

    async def patch(self, path: str, body: Any) -> Any:
        """Change the present version of a document."""
        return await self._wish("PATCH", path, body, "demonstration", path)

    async def get(self, path: str) -> Any:
        answer = await self._client.get(path, headers=await self._headers("demonstration"))
        if not answer.is_success:
            raise CompanyError(f"GET {path}: {answer.text}")
        return answer.json()

    async def register(self, number: str, name: str, **more: Any) -> None:
        """A customer who may be sold to; `days` to pay, basis points `prepaid`, `limit` with `currency`, `owner` by
        code, all optional."""
        customer, currency = self.id_of(number), more.get("currency", "CNY")
        await self.post("/customer/v1/customers", {
            "id": customer, "number": number, "kind": "organization", "name": name, "region": more.get("region"),
            "industry": more.get("industry"), "terms": {
                "due_days": more.get("days", 30), "end_of_month": False, "prepayment_bps": more.get("prepaid", 0)}})
        await self.post(f"/customer/v1/customers/{customer}:activate")
        await self.post(f"/customer/v1/customers/{customer}/contacts", {
            "name": f"{name[:2]} AP", "language": "zh" if currency == "CNY" else "en",
            "email": f"ap.{number.lower()}@example.com", "phone": "+86 10 5555 0100",
            "purposes": ["billing", "dunning"]})
        if more.get("owner"):
            of = f"/customer/v1/customers/{customer}"
            await self.put(f"{of}/owner", {"owner_id": self.id_of(more["owner"])}, of=of)
        if more.get("limit"):
            await self.put(f"/credit/v1/customers/{customer}/limit", {
                "currency": currency, "amount": more["limit"], "reason": "first limit"})

    async def bill(self, number: str, invoice: str, net: str, *, currency: str = "CNY", **more: Any) -> None:
        """Issue an invoice of one line with 13 % tax, today; `more` says which order it bills."""
        await self.post("/billing/v1/invoices", self.invoice(number, invoice, net, currency=currency) | more)

    def invoice(self, number: str, invoice: str, net: str, *, currency: str = "CNY") -> dict[str, Any]:
        line = {"description": "Goods 货物", "product": "SKU-1", "quantity": "1", "unit_price": net, "tax_rate": "13"}
        return {"id": self.id_of(invoice), "customer_id": self.id_of(number), "currency": currency, "lines": [line],
                "issue": True, "external_id": invoice}

    async def pay(self, number: str, payment: str, amount: str, *, currency: str = "CNY", **choice: Any) -> None:
        """Money arrives today; the oldest debt first unless said otherwise."""
        await self.post("/billing/v1/payments", {
            "id": self.id_of(payment), "customer_id": self.id_of(number), "received_on": self.today.isoformat(),
            "amount": {"amount": amount, "currency": currency}, "method": "bank_transfer",
            "allocation": "oldest_first", "external_id": payment} | choice)

    async def item_of(self, invoice: str) -> str:
        """The only item of an invoice."""
        (item,) = (await self.get(f"/billing/v1/invoices/{self.id_of(invoice)}"))["items"]
        return str(item["id"])

    async def advance(self, to: datetime) -> None:
        """Move the clock, then wait until all services stand there and have done what was due."""
        await self.post("/customer/v1/test-clock:advance", {"to": to.isoformat()})
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until all services stand at one time, have no job due, and two looks in a row show the same."""
        before: Any = None
        for _ in range(LOOKS):
            clocks = [await self.get(f"/{service}/v1/test-clock") for service in SERVICES]
            idle = not any(clock["due_jobs"] for clock in clocks) and len({clock["now"] for clock in clocks}) == 1
            if idle and clocks == before:
                return
            before = clocks
            await asyncio.sleep(LOOK_SECONDS)
        raise CompanyError("The services do not come to rest; the log says why.")

    async def _wish(self, method: str, path: str, body: Any, by: str, of: str = "") -> Any:
        """Say it once; again where a service has not yet heard of what it is about. `of` as in `put`."""
        self._wishes += 1
        headers = await self._headers(by) | {"Idempotency-Key": f"demonstration-{self.today}-{self._wishes}"}
        if of:
            seen = await self._client.get(of, headers=headers)
            headers["If-Match"] = seen.headers.get("ETag", "")
        for _ in range(TRIES):
            answer = await self._client.request(method, path, json=body, headers=headers)
            if answer.is_success:
                return answer.json() if answer.content else None
            if answer.status_code not in (409, 429, 503) or _is_final(answer):
                break
            await asyncio.sleep(TRY_SECONDS)
        raise CompanyError(f"{method} {path} on {self.today}: {answer.text}")

    async def _headers(self, by: str) -> dict[str, str]:
        if by not in self._tokens:
            self._tokens[by] = await self._token_of(by)
        return {"Authorization": f"Bearer {self._tokens[by]}"}


def _is_final(answer: httpx.Response) -> bool:
    code = str(answer.json().get("code", ""))
    return answer.status_code == 409 and not code.endswith("_not_known_yet") and code != "in_progress"
