"""Set one of a tenant's ladders by its name: a new version, by which every open item is planned anew."""

from dataclasses import replace

from dunlin_kit import jobs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.store import ladder_policies
from notify_svc.store.ladder_policies import SetPolicy

PLAN_ITEMS = "plan_items"


async def set_ladder(tx: Transaction, ladder: str, wanted: LadderPolicy, *, expected_version: int) -> SetPolicy:
    """Add the version after the expected one (0 for a ladder that is new), numbered on over all ladders.

    What was sent stays sent. Refuses: etag_mismatch.
    """
    tenant = await present(tx)
    known = {one.ladder: one.policy.version for one in await ladder_policies.newest(tx)}
    if known.get(ladder, 0) != expected_version:
        raise stale()
    policy = replace(wanted, version=await ladder_policies.last_version(tx) + 1)
    jobs.schedule(tx, PLAN_ITEMS, str(policy.version), tenant.now, {})
    return ladder_policies.add(tx, policy, ladder, set_at=tenant.now)
