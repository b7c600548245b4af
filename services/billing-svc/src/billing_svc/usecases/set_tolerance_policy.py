"""Set a tenant's tolerance policy: a new version, by which differences are closed from now on."""

from dataclasses import replace

from billing_svc.domain.difference import TolerancePolicy
from billing_svc.store import audit, differences
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_tolerance_policy(tx: Transaction, wanted: TolerancePolicy, *, expected: int) -> TolerancePolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await differences.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(wanted, version=before.version + 1)
    differences.add_policy(tx, policy, recorded_at=tenant.now)
    audit.add(tx, "tolerance_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version})
    return policy
