"""The rules of a policy version as the JSON that is stored, and back; a section left out is the built-in one."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from credit_svc.domain.limit_override import OverrideRules
from credit_svc.domain.policy import CreditPolicy
from credit_svc.domain.policy_version import PolicyVersion
from dunlin_kernel.money import Money


def version_of(row: Any) -> PolicyVersion:
    """A version from a row of `credit_policy`."""
    rules = row["rules"]
    return PolicyVersion(
        CreditPolicy(
            row["version"], row["disputed_weight_bps"], row["delivered_weight_bps"],
            row["over_capture_tolerance_bps"], row["authorization_days"]),
        row["effective_from"], row["reason"], overrides_of(rules.get("overrides")))


def rules_as_text(version: PolicyVersion) -> str:
    overrides = version.overrides
    return json.dumps({
        "overrides": {
            "second_person_above": _minor(overrides.second_person_above), "override_days": overrides.override_days},
    }, default=_as_text)


def overrides_of(found: Mapping[str, Any] | None) -> OverrideRules:
    if found is None:
        return OverrideRules()
    return OverrideRules(_money(found["second_person_above"]), found["override_days"])


def _minor(amounts: Mapping[str, Money]) -> dict[str, int]:
    return {currency: amount.minor for currency, amount in amounts.items()}


def _money(found: Mapping[str, int]) -> dict[str, Money]:
    return {currency: Money(minor, currency) for currency, minor in found.items()}


def _as_text(value: Any) -> str:
    assert isinstance(value, date), "the rest is text and numbers"
    return value.isoformat()
