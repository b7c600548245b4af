"""Adopt a credit policy: a new version that counts from a day on."""

from dataclasses import dataclass, replace
from datetime import date

from credit_svc.domain.alert_line import AlertLines
from credit_svc.domain.hold import HoldRules
from credit_svc.domain.limit_override import OverrideRules
from credit_svc.domain.policy import CreditPolicy
from credit_svc.domain.policy_version import PolicyVersion, check_activation
from credit_svc.store import policies
from credit_svc.usecases.plan_credit_day import plan_credit_day, plan_look_at_everyone
from dunlin_events.contracts.credit_policies import CreditPolicyAdopted
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AdoptCreditPolicy:
    """Weights and tolerance in basis points, and days. A section that is None stays as in the version before."""

    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int
    effective_from: date | None
    reason: str
    overrides: OverrideRules | None = None
    holds: HoldRules | None = None
    alerts: AlertLines | None = None
    cover_kinds: tuple[str, ...] | None = None
    deposit_first: bool | None = None
    accrued_interest: bool | None = None

    def after(self, before: PolicyVersion, *, today: date) -> PolicyVersion:
        """The version that follows on the last one adopted. Refuses: bad_policy, effective_in_past."""
        numbers = CreditPolicy(
            before.version + 1, self.disputed_weight_bps, self.delivered_weight_bps, self.over_capture_tolerance_bps,
            self.authorization_days,
            before.numbers.cover_kinds if self.cover_kinds is None else self.cover_kinds,
            before.numbers.deposit_first if self.deposit_first is None else self.deposit_first,
            before.numbers.accrued_interest if self.accrued_interest is None else self.accrued_interest)
        version = replace(
            before, numbers=numbers, effective_from=self.effective_from or today, reason=self.reason,
            overrides=self.overrides or before.overrides, holds=self.holds or before.holds,
            alerts=self.alerts or before.alerts)
        check_activation(version, today=today)
        return version


async def adopt_credit_policy(tx: Transaction, command: AdoptCreditPolicy) -> PolicyVersion:
    """The next version; of two at once one comes after the other.

    Refuses: tenant_not_known_yet, bad_policy, effective_in_past.
    """
    tenant = await present(tx)
    last = await policies.last(tx)
    version = command.after(last, today=tenant.today)
    plan_credit_day(tx, tenant.zone, tenant.today)
    plan_look_at_everyone(
        tx, tenant.zone, policy_version=version.version, effective_from=version.effective_from)
    policies.add(tx, version, adopted_by=tx.actor, adopted_at=tenant.now)
    tx.emit(CreditPolicyAdopted(
        version=version.version, effective_from=version.effective_from,
        disputed_weight_bps=version.numbers.disputed_weight_bps,
        delivered_weight_bps=version.numbers.delivered_weight_bps,
        accrued_interest=version.numbers.accrued_interest))
    return version
