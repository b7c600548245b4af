"""Routes of tenants: made by an operator, read by themselves, and a sandbox's clock moved on."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from customer_svc import usecases
from customer_svc.api.customer_shapes import Name
from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.tenant import Tenant
from customer_svc.store import tenants
from dunlin_kernel.ids import TenantId, new_id
from dunlin_kit.auth import operator_only, requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["tenants"])
router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["tenants"])


class TenantCreate(Sent):
    """A legal entity whose books are to be kept. Only a sandbox has a clock: `clock_at` is where it begins."""

    id: UUID | None = None
    name: Name
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CNY"])]
    zone: Annotated[str, Field(min_length=1, max_length=64, examples=["Asia/Shanghai"])]
    sandbox: bool = Field(default=False, strict=True)
    clock_at: AwareDatetime | None = None

    def to_tenant(self) -> Tenant:
        """Refuses: bad_name, unknown_currency, unknown_zone, clock_of_real_tenant, clock_missing,
        clock_out_of_range.
        """
        return Tenant(
            TenantId(self.id or new_id()), self.name, self.currency, self.zone, self.sandbox, self.clock_at)


class TenantRead(BaseModel):
    """A tenant. `clock_at` is null where the machine's time is business time."""

    id: UUID
    name: str
    currency: str
    zone: str
    sandbox: bool
    clock_at: datetime | None

    @classmethod
    def of(cls, tenant: Tenant) -> Self:
        return cls(
            id=tenant.id, name=tenant.name, currency=tenant.currency, zone=tenant.zone, sandbox=tenant.sandbox,
            clock_at=tenant.clock_at)


class TestClockUpdate(Sent):
    """The instant to which the clock goes: later than now, at most the next turn of the tenant's day."""

    to: AwareDatetime


class TestClockAdvanceRead(BaseModel):
    """Where the clock stands."""

    now: datetime


@writes.post("/tenants", status_code=201, dependencies=[operator_only, requires("tenants:write")],
             responses=refuses("tenant_exists", status=409)
             | refuses("invalid_request", "bad_name", "unknown_currency", "unknown_zone", "clock_of_real_tenant",
                       "clock_missing", "clock_out_of_range"))
async def configure_tenant(body: TenantCreate, tx: Tx, response: Located) -> TenantRead:
    """Make a tenant. For an operator's token, which has no tenant in it."""
    tenant = await usecases.configure_tenant(tx, body.to_tenant())
    response.headers["Location"] = "/customer/v1/tenant"
    return TenantRead.of(tenant)


@router.get("/tenant", dependencies=[requires("tenants:read")])
async def get_tenant(tx: Tx) -> TenantRead:
    """The tenant of the token."""
    return TenantRead.of(await tenants.own(tx))


@writes.post("/test-clock:advance", dependencies=[requires("clock:write")],
             responses=refuses("not_a_sandbox", status=409)
             | refuses("invalid_request", "clock_runs_backwards", "clock_too_far"))
async def advance_test_clock(body: TestClockUpdate, tx: Tx) -> TestClockAdvanceRead:
    """Move a sandbox's clock on; the other services follow. It stands between advances."""
    return TestClockAdvanceRead(now=await usecases.advance_test_clock(tx, body.to))
