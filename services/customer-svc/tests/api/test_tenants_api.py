"""Tenants over HTTP: made by an operator, told to all, and a sandbox's clock moved day by day."""

from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

TENANTS, OWN, CLOCK = "/customer/v1/tenants", "/customer/v1/tenant", "/customer/v1/test-clock"
SANDBOX = {"name": "Dunlin Demo", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True,
           "clock_at": "2026-01-05T02:00:00Z"}


async def make(service: Any, body: dict[str, Any], *, key: str = "") -> Any:
    return await service.client.post(TENANTS, json=body, headers=service.headers(None, "tenants:write", key=key))


async def advance(service: Any, tenant: UUID, to: str) -> Any:
    return await service.client.post(
        f"{CLOCK}:advance", json={"to": to}, headers=service.headers(tenant, "clock:write"))


async def told(service: Any, tenant: UUID) -> list[tuple[str, dict[str, Any]]]:
    return [(fact, payload) for _, fact, payload in await service.told(tenant)]


async def test_an_operator_makes_a_tenant_and_all_are_told(service: Any) -> None:
    tenant = new_id()
    answer = await make(service, {**SANDBOX, "id": str(tenant)})
    assert (answer.status_code, answer.json()) == (201, {**SANDBOX, "id": str(tenant)})
    assert answer.headers["dunlin-position"] == f"customer/{tenant}:/1"
    own = await service.client.get(OWN, headers=service.headers(tenant, "tenants:read", key=None))
    assert own.json() == answer.json()
    assert await told(service, tenant) == [("TenantConfigured", SANDBOX)]


async def test_a_repeated_key_makes_one_tenant(service: Any) -> None:
    body = {**SANDBOX, "sandbox": False, "clock_at": None}
    first, again = [await make(service, body, key="operator-1") for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await told(service, UUID(first.json()["id"]))) == 1


async def test_a_tenant_is_made_once(service: Any) -> None:
    body = {**SANDBOX, "id": str(new_id())}
    await make(service, body)
    again = await make(service, body)
    assert (again.status_code, again.json()["code"]) == (409, "tenant_exists")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"currency": "XXX"}, "unknown_currency"), ({"currency": "cny"}, "invalid_request"),
        ({"zone": "Mars"}, "unknown_zone"),
        ({"sandbox": False}, "clock_of_real_tenant"), ({"clock_at": None}, "clock_missing"),
        ({"name": ""}, "invalid_request"),
        ({"clock_at": "1980-01-01T00:00:00Z"}, "clock_out_of_range"),
        ({"clock_at": "2026-01-05T02:00:00"}, "invalid_request"),
        ({"name": "a\nb"}, "bad_name"),
    ],
)
async def test_tenants_that_are_refused(service: Any, wrong: dict[str, Any], code: str) -> None:
    answer = await make(service, {**SANDBOX, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_only_an_operator_makes_tenants(service: Any) -> None:
    for tenant, scope, code in (
        (new_id(), "tenants:write", "operator_required"), (None, "customers:write", "forbidden")):
        answer = await service.client.post(TENANTS, json=SANDBOX, headers=service.headers(tenant, scope))
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert (await service.client.post(TENANTS, json=SANDBOX)).status_code == 401


async def test_a_tenant_that_nobody_made_is_none(service: Any) -> None:
    headers = service.headers(new_id(), "tenants:read", "customers:write")
    read = await service.client.get(OWN, headers=headers)
    body = {"kind": "person", "name": "Li", "terms": {"due_days": 0, "end_of_month": False}}
    written = await service.client.post("/customer/v1/customers", json=body, headers=headers)
    for answer in (read, written):
        assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found")
        assert "Retry-After" not in answer.headers


async def test_the_clock_goes_on_to_the_turn_of_the_day(service: Any) -> None:
    tenant = UUID((await make(service, SANDBOX)).json()["id"])
    answer = await advance(service, tenant, "2026-01-05T16:00:00Z")
    assert (answer.status_code, answer.json()) == (200, {"now": "2026-01-05T16:00:00Z"})
    assert (await advance(service, tenant, "2026-01-07T00:00:00+08:00")).json() == {"now": "2026-01-06T16:00:00Z"}
    clock = await service.client.get(CLOCK, headers=service.headers(tenant, "clock:read", key=None))
    assert {"now": "2026-01-06T16:00:00Z", "sandbox": True, "emitted": 3, "due_jobs": 1}.items() <= clock.json().items()
    assert [payload for fact, payload in await told(service, tenant) if fact == "ClockAdvanced"] == [
        {"now": "2026-01-05T16:00:00Z"}, {"now": "2026-01-06T16:00:00Z"}]


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ("2026-01-05T02:00:00Z", 422, "clock_runs_backwards"), ("2026-01-04T02:00:00Z", 422, "clock_runs_backwards"),
        ("2026-01-05T16:00:01Z", 422, "clock_too_far"), ("2026-01-05T16:00:00", 422, "invalid_request"),
    ],
)
async def test_advances_that_are_refused(service: Any, to: str, status: int, code: str) -> None:
    tenant = UUID((await make(service, SANDBOX)).json()["id"])
    answer = await advance(service, tenant, to)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(await told(service, tenant)) == 1


async def test_a_real_tenants_clock_cannot_be_moved(archive: Any) -> None:
    answer = await advance(archive.running, archive.tenant, "2030-01-01T00:00:00Z")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_sandbox")


async def test_what_is_recorded_in_a_sandbox_is_recorded_at_its_time(service: Any) -> None:
    tenant = UUID((await make(service, SANDBOX)).json()["id"])
    body = {"kind": "person", "name": "Li", "terms": {"due_days": 0, "end_of_month": False}}
    answer = await service.client.post(
        "/customer/v1/customers", json=body, headers=service.headers(tenant, "customers:write"))
    assert answer.json()["registered_at"] == SANDBOX["clock_at"]
