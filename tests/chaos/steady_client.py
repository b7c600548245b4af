"""A client that never loses count: each request carries a key and is repeated until its outcome is known."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from dunlin_kernel.ids import new_id

NOT_YET = {"in_progress", "customer_not_known_yet", "tenant_not_known_yet", "position_not_reached"}
"""Conflicts that pass by themselves."""
WAIT_SECONDS = 0.1
LONGEST_SECONDS = 300


class NoOutcome(AssertionError):
    """A request had no outcome for so long that the system does not heal."""


@dataclass
class SteadyClient:
    """Sends for one tenant. `findings` are answers that no fault excuses."""

    client: httpx.AsyncClient
    urls: Mapping[str, str]
    headers: dict[str, str]
    repeats: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    answered: int = 0

    async def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, Any]:
        """Status and content of the first answer that settles it. Raises NoOutcome."""
        url = self.urls[path.split("/")[1]] + path
        headers = self.headers | {"Idempotency-Key": key or str(new_id())}
        loop = asyncio.get_running_loop()
        ends = loop.time() + LONGEST_SECONDS
        why = "nothing"
        while loop.time() < ends:
            try:
                answer = await self.client.request(method, url, json=body, headers=headers)
            except httpx.TransportError as lost:
                why = type(lost).__name__
            else:
                why = self._why_again(answer, f"{method} {path}")
                if not why:
                    self.answered += 1
                    return answer.status_code, answer.json()
            self.repeats[why] += 1
            await asyncio.sleep(WAIT_SECONDS)
        raise NoOutcome(f"{method} {path}: {why} for {LONGEST_SECONDS} s")

    async def write(self, method: str, path: str, body: Any = None, *, refused: tuple[str, ...] = ()) -> Any:
        """The content of a success; None for one of the refusals that the caller reckons with."""
        status, content = await self.send(method, path, body)
        if status >= 300:
            if content.get("code") not in refused:
                self.findings.append(f"{method} {path}: {status} {content}")
            return None
        return content

    async def read(self, path: str, **params: Any) -> Any:
        """The content of a 200, asked until it is there."""
        url = httpx.URL(path, params=params)
        status, content = await self.send("GET", str(url))
        assert status == 200, f"GET {url}: {status} {content}"
        return content

    def _why_again(self, answer: httpx.Response, what: str) -> str:
        """Why to send it again; empty when it is settled."""
        if answer.status_code >= 500 and answer.status_code != 503:
            self.findings.append(f"{what}: {answer.status_code} {answer.text[:300]}")
        if answer.status_code >= 500 or answer.status_code == 429:
            return str(answer.status_code)
        if answer.status_code == 409 and (code := answer.json().get("code")) in NOT_YET:
            return str(code)
        return ""


@dataclass
class Promised:
    """What was acknowledged, by the ids that the client gave; amounts in minor units."""

    customers: dict[UUID, str] = field(default_factory=dict)
    limits: Counter[UUID] = field(default_factory=Counter)
    invoices: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    payments: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    reversed: set[UUID] = field(default_factory=set)
    authorizations: dict[UUID, UUID] = field(default_factory=dict)
    released: set[UUID] = field(default_factory=set)

    @classmethod
    def of_all(cls, some: Iterable["Promised"]) -> "Promised":
        """What several were promised."""
        every = cls()
        for one in some:
            for name, held in vars(one).items():
                getattr(every, name).update(held)
        return every

    def owed(self, customer: UUID) -> int:
        """What the customer owes net of all that was paid and not taken back."""
        billed = sum(amount for owner, amount in self.invoices.values() if owner == customer)
        paid = sum(amount for payment, (owner, amount) in self.payments.items()
                   if owner == customer and payment not in self.reversed)
        return billed - paid

    def count(self) -> int:
        """Acknowledged writes."""
        return (len(self.customers) * 3 + self.limits.total() + len(self.invoices) + len(self.payments)
                + len(self.reversed) + len(self.authorizations) + len(self.released))
