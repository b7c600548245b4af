"""Set a tenant's interest policy: a new version, by which every later run reckons, from the due dates on."""

from dataclasses import replace

from billing_svc.domain.interest_policy import InterestPolicy, checked
from billing_svc.store import audit, interest, interest_waiting
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_interest_policy(tx: Transaction, wanted: InterestPolicy, *, expected: int) -> InterestPolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, bad_interest_rule, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await interest.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(checked(wanted), version=before.version + 1)
    interest.add_policy(tx, policy, recorded_at=tenant.now)
    await interest_waiting.note_anew(tx)
    audit.add(tx, "interest_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version, "rules": len(policy.rules)})
    return policy
