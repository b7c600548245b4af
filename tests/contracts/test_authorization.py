"""Every operation, walked with every kind of token: none, without the scope, without a tenant, of another tenant."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, running
from dunlin_local.databases import SERVICES
from dunlin_local.documents import unconnected_apps

VERBS = ("get", "post", "put", "patch", "delete")
DOCUMENTS = {service: app.openapi() for service, app in unconnected_apps().items()}


class Operation(NamedTuple):
    service: str
    path: str
    verb: str
    scopes: tuple[str, ...]

    @property
    def is_operators(self) -> bool:
        return "tenants:write" in self.scopes

    @property
    def is_for_both(self) -> bool:
        """A tenant sees its own, an operator sees all."""
        return self.scopes[0].startswith("parked:")

    def url(self, ids: Mapping[str, UUID]) -> str:
        """The path with each id from `ids`, or an unknown one."""
        parts = self.path.split("/")
        for n, part in enumerate(parts):
            if part.startswith("{"):
                name, _, verb = part.partition("}")
                parts[n] = str(ids.get(name[1:]) or new_id()) + verb
        return "/".join(parts)


def _operations() -> Iterator[Operation]:
    for service in SERVICES:
        for path, item in DOCUMENTS[service]["paths"].items():
            for verb in VERBS:
                if verb in item:
                    (scheme,) = item[verb]["security"]
                    (scopes,) = scheme.values()
                    yield Operation(service, path, verb, tuple(scopes))


OPERATIONS = tuple(_operations())
EVERY_SCOPE = tuple(sorted({scope for operation in OPERATIONS for scope in operation.scopes}))


@pytest.fixture(scope="module")
async def services(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Running]]:
    folder: Path = tmp_path_factory.mktemp("authorization")
    async with (
        running(postgres, "customer", folder) as customer, running(postgres, "billing", folder) as billing,
        running(postgres, "credit", folder) as credit, running(postgres, "notify", folder, **NOWHERE) as notify,
    ):
        yield {"customer": customer, "billing": billing, "credit": credit, "notify": notify}


NOWHERE = {"billing_url": "http://127.0.0.1:1", "customer_url": "http://127.0.0.1:1", "client_id": "notify-svc",
           "token_url": "http://127.0.0.1:1/oauth/token", "client_secret": "x", "smtp_url": "smtp://127.0.0.1:1"}


async def _ask(
    service: Running, operation: Operation, ids: Mapping[str, UUID], headers: dict[str, str]
) -> httpx.Response:
    body: dict[str, Any] | None = {} if operation.verb in ("post", "put", "patch") else None
    given = headers | {"If-Match": '"1"', "Idempotency-Key": str(new_id())}
    return await service.client.request(operation.verb, operation.url(ids), json=body, headers=given)


def test_every_operation_names_a_scope() -> None:
    assert len(OPERATIONS) > 40
    assert [operation for operation in OPERATIONS if not operation.scopes] == []


async def test_without_a_token_nothing_is_answered(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        answer = await _ask(services[operation.service], operation, {}, {})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), operation


async def test_every_other_scope_is_not_enough(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        service = services[operation.service]
        tenant = None if operation.is_operators else new_id()
        others = [scope for scope in EVERY_SCOPE if scope not in operation.scopes]
        answer = await _ask(service, operation, {}, service.headers(tenant, *others))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), operation


async def test_a_token_without_a_tenant_serves_operators_only(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        service = services[operation.service]
        answer = await _ask(service, operation, {}, service.headers(None, *EVERY_SCOPE))
        if operation.is_operators:
            assert answer.status_code == 422, operation
            own = await _ask(service, operation, {}, service.headers(new_id(), *EVERY_SCOPE))
            assert (own.status_code, own.json()["code"]) == (403, "operator_required"), operation
        elif operation.is_for_both:
            assert answer.status_code in (200, 422), operation
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "tenant_required"), operation


async def test_a_tenant_not_heard_of_is_asked_to_wait_and_nothing_breaks(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        service = services[operation.service]
        if not operation.is_operators:
            answer = await _ask(service, operation, {}, service.headers(new_id(), *EVERY_SCOPE))
            assert answer.status_code in (200, 202, 204, 404, 409, 412, 422), (operation, answer.text)


async def _own_things(service: Running, tenant: UUID) -> dict[str, UUID]:
    """A customer of `tenant` with a contact in customer-svc."""
    made = await service.client.post("/customer/v1/customers", headers=service.headers(tenant, *EVERY_SCOPE), json={
        "kind": "organization", "name": "Secret Heron Ltd", "terms": {"due_days": 30, "end_of_month": False}})
    customer = made.json()["id"]
    contact = await service.client.post(
        f"/customer/v1/customers/{customer}/contacts", headers=service.headers(tenant, *EVERY_SCOPE),
        json={"name": "Secret Li", "language": "en", "email": "secret@heron.example"})
    return {"customer_id": UUID(customer), "contact_id": UUID(contact.json()["id"])}


async def test_another_tenant_sees_and_changes_nothing(services: dict[str, Running]) -> None:
    service = services["customer"]
    at = datetime(2026, 1, 5, 2, tzinfo=UTC)
    owner, stranger = await service.tenant(at=at), await service.tenant(at=at)
    ids = await _own_things(service, owner)
    for operation in OPERATIONS:
        if operation.service != "customer" or operation.is_operators:
            continue
        answer = await _ask(service, operation, ids, service.headers(stranger, *EVERY_SCOPE))
        assert "ecret" not in answer.text, operation
        if "{customer_id}" in operation.path:
            assert answer.status_code in (404, 422), (operation, answer.text)
    seen = await service.client.get(f"/customer/v1/customers/{ids['customer_id']}/contacts",
                                    headers=service.headers(owner, *EVERY_SCOPE))
    assert [contact["name"] for contact in seen.json()["data"]] == ["Secret Li"]
