"""Adopt a credit policy: a new version that counts from now on."""

from dataclasses import dataclass

from credit_svc.domain.policy import CreditPolicy
from credit_svc.store import policies
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AdoptCreditPolicy:
    """Weights and tolerance in basis points, and days."""

    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int


async def adopt_credit_policy(tx: Transaction, command: AdoptCreditPolicy) -> CreditPolicy:
    """The next version; of two at once one comes after the other. Refuses: tenant_not_known_yet, bad_policy."""
    tenant = await present(tx)
    before = await policies.current(tx)
    policy = CreditPolicy(
        before.version + 1, command.disputed_weight_bps, command.delivered_weight_bps,
        command.over_capture_tolerance_bps, command.authorization_days)
    policies.add(tx, policy, adopted_by=tx.actor, adopted_at=tenant.now)
    return policy
