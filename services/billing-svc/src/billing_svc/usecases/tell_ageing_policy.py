"""The buckets of ageing in force are told of, for those who did not hear of them when they were set."""

from billing_svc.store import ageing_policies
from dunlin_events.contracts.billing_ageing import AgeingPolicySet
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

TELL_AGEING_POLICY = "tell_ageing_policy"


async def tell_ageing_policy(tx: Transaction) -> None:
    """Whoever hears of a version twice keeps it once. Refuses: tenant_not_known_yet."""
    await present(tx)
    version, policy = await ageing_policies.policy_in_force(tx)
    if version:
        tx.emit(AgeingPolicySet(version=version, edges=list(policy.edges)))
