"""Tenants as every service knows them: currency, zone, and the business time in which their day turns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Text, Uuid, column, select, table
from sqlmodel import Field, SQLModel

from dunlin_events.consuming import Subscription
from dunlin_events.contracts.customer import ClockAdvanced, TenantConfigured
from dunlin_kernel.clock import date_in
from dunlin_kernel.errors import NotReady
from dunlin_kit.transaction import Transaction


class TenantUnknown(NotReady):
    """No tenant of this id has been heard of here; whether there is one, only its owner knows."""

    def __init__(self) -> None:
        super().__init__("tenant_not_known_yet", "This service has not heard of the tenant yet; try again.")


class TenantColumns(SQLModel):
    """`tenant`: a legal entity's books. `clock_at` stands for now in a sandbox, and is null elsewhere."""

    name: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    zone: str = Field(sa_type=Text)
    sandbox: bool = Field(sa_type=Boolean)
    clock_at: datetime | None = Field(sa_type=DateTime(timezone=True))


TENANT = table(
    "tenant",
    column("tenant_id", Uuid),
    column("name", Text),
    column("currency", Text),
    column("zone", Text),
    column("sandbox", Boolean),
    column("clock_at", DateTime(timezone=True)),
)
_OWN = select(
    TENANT.c.tenant_id, TENANT.c.name.label("own_name"), TENANT.c.currency.label("own_currency"), TENANT.c.zone,
    TENANT.c.sandbox, TENANT.c.clock_at)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Rows of another table that can be read in one trip with the tenant: these columns of those `on` a condition.

    The first column is null in none of them; where there is no such row, it comes as null beside the tenant.
    """

    columns: tuple[Any, ...]
    on: Any


class Also(NamedTuple):
    """What a transaction wants to be read with the tenant, and the values of its condition."""

    joined: Joined
    values: Mapping[str, Any]


@cache
def _own_with(beside: tuple[Any, ...], joined: Joined | None) -> Any:
    own = _OWN.add_columns(*beside)
    if joined is None:
        return own
    return own.add_columns(*joined.columns).select_from(TENANT.outerjoin(joined.columns[0].table, joined.on))


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant at one moment of its business time: `now` is a UTC instant, `today` the date in its zone."""

    id: UUID
    name: str
    currency: str
    zone: str
    sandbox: bool
    now: datetime
    today: date

    @classmethod
    def at(cls, row: Any, now: datetime) -> "Tenant":
        return cls(
            row["tenant_id"], row["own_name"], row["own_currency"], row["zone"], row["sandbox"], now,
            date_in(row["zone"], now)
        )  # fmt: skip


async def present(tx: Transaction) -> Tenant:
    """The tenant now; what this transaction records is recorded at this time. Refuses: tenant_not_known_yet."""
    return (await present_with(tx))[0]


async def present_with(tx: Transaction, *beside: Any, also: Also | None = None) -> tuple[Tenant, Sequence[Any]]:
    """The tenant now, and the rows, one or more, in which these constant columns and what is wanted `also` were read
    by the same statement, in one trip. Refuses: tenant_not_known_yet.
    """
    rows = await _own_rows(tx, beside, also)
    tenant = Tenant.at(rows[0], rows[0]["clock_at"] or tx.clock.now())
    tx.recorded_at = tenant.now
    return tenant, rows


async def own_row(tx: Transaction) -> Any:
    """The tenant's row. Refuses: tenant_not_known_yet."""
    return (await _own_rows(tx, (), None))[0]


async def _own_rows(tx: Transaction, beside: tuple[Any, ...], also: Also | None) -> Sequence[Any]:
    rows = await (tx.rows(_own_with(beside, also.joined), **also.values) if also else tx.rows(_own_with(beside, None)))
    if not rows:
        raise TenantUnknown
    return rows


Configured = Callable[[Any, TenantConfigured], Awaitable[None]]


def follow_tenants(subscription: Subscription[Any], configured: Configured | None = None) -> None:
    """Keep the `tenant` row by what customer-svc tells; `configured` is called after a tenant's row was written."""

    @subscription.on_tenant(TenantConfigured)
    async def tenant_configured(tx: Any, event: TenantConfigured) -> None:
        tx.put(
            TENANT,
            {
                "name": event.name,
                "currency": event.currency,
                "zone": event.zone,
                "sandbox": event.sandbox,
                "clock_at": event.clock_at,
            },
            key=(),
        )
        if configured is not None:
            await configured(tx, event)

    @subscription.on_tenant(ClockAdvanced)
    async def clock_advanced(tx: Any, event: ClockAdvanced) -> None:
        tx.change(TENANT, {"clock_at": event.now}, key=())
