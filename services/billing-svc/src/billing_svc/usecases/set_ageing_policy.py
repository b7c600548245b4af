"""Set a tenant's buckets of ageing: a new version, for reports of what is known from now on."""

from billing_svc.domain.ageing import AgeingPolicy
from billing_svc.store import ageing_policies, audit
from dunlin_events.contracts.billing_ageing import AgeingPolicySet
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_ageing_policy(tx: Transaction, wanted: AgeingPolicy, *, expected: int) -> tuple[int, AgeingPolicy]:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    version, before = await ageing_policies.policy_in_force(tx)
    if version != expected:
        raise stale()
    ageing_policies.add(tx, version + 1, wanted, recorded_at=tenant.now)
    audit.add(tx, "ageing_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"edges": str(before.edges)}, after={"edges": str(wanted.edges)})
    tx.emit(AgeingPolicySet(version=version + 1, edges=list(wanted.edges)))
    return version + 1, wanted
