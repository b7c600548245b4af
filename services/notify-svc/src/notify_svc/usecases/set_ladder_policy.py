"""Set a tenant's ladder: a new version, by which every open item is planned anew."""

from dataclasses import replace

from dunlin_kit import jobs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.store import ladder_policies
from notify_svc.store.ladder_policies import SetPolicy

PLAN_ITEMS = "plan_items"


async def set_ladder_policy(tx: Transaction, wanted: LadderPolicy, *, expected_version: int) -> SetPolicy:
    """Add the version after the expected one. What was sent stays sent. Refuses: etag_mismatch."""
    tenant = await present(tx)
    in_force = (await ladder_policies.in_force(tx)).policy
    if in_force.version != expected_version:
        raise stale()
    policy = replace(wanted, version=in_force.version + 1)
    jobs.schedule(tx, PLAN_ITEMS, str(policy.version), tenant.now, {})
    return ladder_policies.add(tx, policy, set_at=tenant.now)
