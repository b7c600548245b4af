"""The archive's API on a database of its own, its tenants, and the ways tests speak to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, running

ALL_SCOPES = (
    "customers:read", "customers:write", "contacts:read", "contacts:write", "tenants:read", "clock:read", "clock:write",
    "integrity:read", "operations:read",
)
CUSTOMERS = "/customer/v1/customers"


@dataclass(frozen=True)
class Archive:
    """The API as one tenant's clerk sees it."""

    running: Running
    tenant: UUID
    scopes: tuple[str, ...] = ALL_SCOPES

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", seen: str | None = None
    ) -> httpx.Response:
        headers = self.running.headers(self.tenant, *self.scopes, key=key)
        if seen is not None:
            headers["If-Match"] = seen
        return await self.running.client.request(method, path, json=body, headers=headers)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        headers = self.running.headers(self.tenant, *self.scopes, key=None)
        return await self.running.client.get(path, params=query, headers=headers)

    async def post(self, path: str, body: Any = None, *, key: str | None = "") -> httpx.Response:
        return await self.send("POST", path, body, key=key)

    async def register(self, name: str = "北京华为贸易", **more: Any) -> dict[str, Any]:
        """The customer as it is read; who may be the same is left out."""
        answer = await self.post(CUSTOMERS, a_customer(name, **more))
        assert answer.status_code == 201, answer.text
        registered: dict[str, Any] = answer.json()
        return {name: value for name, value in registered.items() if name != "alike"}

    async def facts(self) -> list[tuple[str, dict[str, Any]]]:
        return [(fact, payload) for _, fact, payload in await self.running.told(self.tenant)]


def a_customer(name: str = "北京华为贸易", **more: Any) -> dict[str, Any]:
    return {"kind": "organization", "name": name, "terms": {"due_days": 30, "end_of_month": False}, **more}


@pytest.fixture(scope="session")
async def service(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder: Path = tmp_path_factory.mktemp("customer")
    async with running(postgres, "customer", folder) as started:
        yield started


@pytest.fixture
async def archive(service: Running) -> AsyncIterator[Archive]:
    """A new tenant's archive; its invariants are asked after the test."""
    archive = Archive(service, await service.tenant())
    yield archive
    answer = await archive.get("/customer/v1/integrity")
    assert answer.status_code == 200, answer.text
    broken = [check for check in answer.json()["checks"] if not check["holds"]]
    assert not broken


@pytest.fixture
async def other(service: Running) -> Archive:
    """Another tenant on the same database."""
    return Archive(service, await service.tenant())


@pytest.fixture
def nobody() -> UUID:
    """An id that nothing has."""
    return new_id()
