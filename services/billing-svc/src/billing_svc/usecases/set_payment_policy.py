"""Set a tenant's payment policy: a new version, by which payments are judged that are recorded from now on."""

from dataclasses import replace

from billing_svc.domain.payment_policy import PaymentPolicy
from billing_svc.store import audit, pending_payments
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def set_payment_policy(tx: Transaction, wanted: PaymentPolicy, *, expected: int) -> PaymentPolicy:
    """Add the version after the expected one. Refuses: etag_mismatch, tenant_not_known_yet."""
    tenant = await present(tx)
    before = await pending_payments.policy_in_force(tx)
    if before.version != expected:
        raise stale()
    policy = replace(wanted, version=before.version + 1)
    pending_payments.add_policy(tx, policy, recorded_at=tenant.now)
    audit.add(tx, "payment_policy_set", new_id(), customer_id=None, recorded_at=tenant.now,
              before={"version": before.version}, after={"version": policy.version})
    return policy
