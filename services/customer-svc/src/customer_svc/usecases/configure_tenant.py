"""A tenant is made by an operator, once; every service hears of it."""

from customer_svc.domain.tenant import Tenant
from customer_svc.store import facts, tenants
from customer_svc.usecases.plan_class_refresh import plan_class_refresh
from dunlin_kernel.clock import date_in
from dunlin_kit.transaction import Transaction


async def configure_tenant(tx: Transaction, tenant: Tenant) -> Tenant:
    """Make the tenant's books; the operator's own transaction has no tenant. Refuses: tenant_exists."""
    operator = tx.tenant
    await tx.act_for(tenant.id)
    await tenants.must_be_new(tx)
    tx.recorded_at = tenant.clock_at or tx.clock.now()
    tenants.add(tx, tenant)
    tx.emit(facts.configured(tenant))
    plan_class_refresh(tx, tenant.zone, date_in(tenant.zone, tx.recorded_at))
    await tx.act_for(operator)
    return tenant
