"""Set a tenant's fees for reminders: a new version, for reminders that are sent from now on."""

from dataclasses import replace

from billing_svc.domain.reminder_fee import FeePolicy
from billing_svc.store import audit, fee_policies
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_fee_policy(tx: Transaction, wanted: FeePolicy, *, expected: int) -> FeePolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await fee_policies.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(wanted, version=before.version + 1)
    fee_policies.add_policy(tx, policy, recorded_at=tenant.now)
    audit.add(tx, "fee_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version})
    return policy
