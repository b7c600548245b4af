"""Set how recipients are spared, as a new version."""

from dataclasses import replace

from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.contact_policy import ContactPolicy
from notify_svc.store import contact_policies
from notify_svc.store.contact_policies import SetContactPolicy


async def set_contact_policy(tx: Transaction, wanted: ContactPolicy, *, expected_version: int) -> SetContactPolicy:
    """Add the version after the expected one; it holds from the next judgement on. Refuses: etag_mismatch."""
    tenant = await present(tx)
    in_force = (await contact_policies.in_force(tx)).policy
    if in_force.version != expected_version:
        raise stale()
    return contact_policies.add(tx, replace(wanted, version=in_force.version + 1), set_at=tenant.now)
