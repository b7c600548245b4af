"""What one person alone gave a customer of late, by limits and covers: it adds up toward the policy's step."""

from datetime import timedelta
from uuid import UUID

from credit_svc.domain.limit import LimitSource
from credit_svc.domain.limit_override import ADDING_UP_DAYS, AloneLately, EarlierLimit, OverrideRules, alone_lately
from credit_svc.store import covers, limits
from credit_svc.store.limits import SetLimit
from dunlin_kernel.clock import date_in
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


async def adding_up(
    tx: Transaction, customer_id: UUID, currency: str, tenant: Tenant, rules: OverrideRules,
) -> AloneLately | None:
    """Only after the lock on the head; None where the policy has no step."""
    if not rules.second_person_above:
        return None
    history = await limits.history(tx, customer_id, currency)
    alone = await covers.given_alone(tx, customer_id, currency, since=tenant.now - timedelta(days=ADDING_UP_DAYS))
    return alone_lately([_earlier(one, tenant.zone) for one in history], alone, today=tenant.today)


def _earlier(one: SetLimit, zone: str) -> EarlierLimit:
    alone = one.approved_by is None and one.fact.source is not LimitSource.POLICY
    return EarlierLimit(one.fact.amount, date_in(zone, one.set_at), alone, one.fact.kind)
