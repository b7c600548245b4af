"""Set a tenant's discount policy: a new version, frozen with each invoice that is issued from now on."""

from dataclasses import replace

from billing_svc.domain.discount import DiscountPolicy
from billing_svc.store import audit, discounts
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_discount_policy(tx: Transaction, wanted: DiscountPolicy, *, expected: int) -> DiscountPolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await discounts.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(wanted, version=before.version + 1)
    discounts.add_policy(tx, policy, recorded_at=tenant.now)
    audit.add(tx, "discount_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version})
    return policy
