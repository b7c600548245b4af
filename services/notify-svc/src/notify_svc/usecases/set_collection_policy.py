"""Set when cases are opened by rule, as a new version."""

from dataclasses import replace

from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.collection_case import CollectionPolicy
from notify_svc.store import collection_policies
from notify_svc.store.collection_policies import SetCollectionPolicy


async def set_collection_policy(
    tx: Transaction, wanted: CollectionPolicy, *, expected_version: int,
) -> SetCollectionPolicy:
    """Add the version after the expected one; it holds from the next run on.

    Refuses: etag_mismatch, bad_collection_policy for a large sum that is not in the tenant's currency.
    """
    tenant = await present(tx)
    in_force = (await collection_policies.in_force(tx, tenant.currency)).policy
    if in_force.version != expected_version:
        raise stale()
    if wanted.large is not None and wanted.large.currency != tenant.currency:
        raise RuleBroken("bad_collection_policy", "A large sum is in the tenant's currency.", currency=tenant.currency)
    return collection_policies.add(tx, replace(wanted, version=in_force.version + 1), set_at=tenant.now)
