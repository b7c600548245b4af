"""A version of the credit policy: all adjustable numbers together, from a day on, for a reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from credit_svc.domain.alert_line import AlertLines
from credit_svc.domain.hold import HoldRules
from credit_svc.domain.limit_override import OverrideRules
from credit_svc.domain.policy import FIRST_POLICY, CreditPolicy
from dunlin_kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """`numbers` is what a decision on an order rests on; the rest says who gets which limit, and who is watched."""

    numbers: CreditPolicy
    effective_from: date
    reason: str
    overrides: OverrideRules
    holds: HoldRules = field(default_factory=HoldRules)
    alerts: AlertLines = field(default_factory=AlertLines)

    @property
    def version(self) -> int:
        return self.numbers.version


FIRST_VERSION = PolicyVersion(FIRST_POLICY, date(1900, 1, 1), "Every tenant begins by this.", OverrideRules())


def version_in_force(versions: Iterable[PolicyVersion], *, today: date) -> PolicyVersion:
    """The last version adopted of those that are effective."""
    effective = [one for one in versions if one.effective_from <= today]
    return max(effective, key=lambda one: one.version, default=FIRST_VERSION)


def check_activation(version: PolicyVersion, *, today: date) -> None:
    """Refuses: effective_in_past."""
    if version.effective_from < today:
        raise RuleBroken("effective_in_past", "A policy counts from today or a later day.", today=today.isoformat())
