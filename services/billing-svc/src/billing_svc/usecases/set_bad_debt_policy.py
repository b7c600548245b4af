"""Set a tenant's policy for bad debts: a new version, for write-offs that are approved from now on."""

from dataclasses import replace

from billing_svc.domain.bad_debt_policy import BadDebtPolicy
from billing_svc.store import audit, write_offs
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_bad_debt_policy(tx: Transaction, wanted: BadDebtPolicy, *, expected: int) -> BadDebtPolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await write_offs.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(wanted, version=before.version + 1)
    write_offs.add_policy(tx, policy, recorded_at=tenant.now)
    audit.add(tx, "bad_debt_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version})
    return policy
