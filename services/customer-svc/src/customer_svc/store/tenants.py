"""Tenants as rows of the service that owns them: made once, and a sandbox's clock moved."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from customer_svc.domain.tenant import Tenant
from customer_svc.store.library_tables import TenantRow
from dunlin_kernel.errors import Conflict, NotFound
from dunlin_kernel.ids import TenantId
from dunlin_kit.transaction import Transaction

_OWN: Any = select(
    col(TenantRow.tenant_id), col(TenantRow.name), col(TenantRow.currency), col(TenantRow.zone), col(TenantRow.sandbox),
    col(TenantRow.clock_at))
_LOCK: Any = _OWN.with_for_update(key_share=True)


async def own(tx: Transaction) -> Tenant:
    """Refuses: tenant_not_found."""
    return _found(await tx.row(_OWN))


async def lock(tx: Transaction) -> Tenant:
    """The tenant, locked until the end of the transaction. Refuses: tenant_not_found."""
    return _found(await tx.row(_LOCK))


async def must_be_new(tx: Transaction) -> None:
    """Refuses: tenant_exists."""
    if await tx.row(_OWN) is not None:
        raise Conflict("tenant_exists", "There is a tenant with this id already.")


def add(tx: Transaction, tenant: Tenant) -> None:
    tx.insert(TenantRow, {"name": tenant.name, "currency": tenant.currency, "zone": tenant.zone,
                          "sandbox": tenant.sandbox, "clock_at": tenant.clock_at})


def move_clock(tx: Transaction, to: datetime) -> None:
    tx.change(TenantRow, {"clock_at": to}, key=())


def _found(row: Any) -> Tenant:
    if row is None:
        raise NotFound("tenant_not_found", "There is no such tenant.")
    return Tenant(
        TenantId(row["tenant_id"]), row["name"], row["currency"], row["zone"], row["sandbox"], row["clock_at"])
