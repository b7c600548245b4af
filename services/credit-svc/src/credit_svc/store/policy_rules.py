"""The rules of a policy version as the JSON that is stored, and back; a section left out is the built-in one."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from credit_svc.domain.alert_line import AlertLines
from credit_svc.domain.hold import HoldRules
from credit_svc.domain.limit_override import OverrideRules
from credit_svc.domain.policy import ALL_COVERS, CreditPolicy
from credit_svc.domain.policy_version import PolicyVersion
from dunlin_kernel.money import Money


def version_of(row: Any) -> PolicyVersion:
    """A version from a row of `credit_policy`."""
    rules = row["rules"]
    return PolicyVersion(
        CreditPolicy(
            row["version"], row["disputed_weight_bps"], row["delivered_weight_bps"],
            row["over_capture_tolerance_bps"], row["authorization_days"], cover_kinds_of(rules.get("cover_kinds")),
            bool(rules.get("deposit_first")), bool(rules.get("accrued_interest"))),
        row["effective_from"], row["reason"], overrides_of(rules.get("overrides")), holds_of(rules.get("holds")),
        alerts_of(rules.get("alerts")))


def rules_as_text(version: PolicyVersion) -> str:
    overrides, holds, alerts = version.overrides, version.holds, version.alerts
    return json.dumps({
        "cover_kinds": list(version.numbers.cover_kinds), "deposit_first": version.numbers.deposit_first,
        "accrued_interest": version.numbers.accrued_interest,
        "overrides": {
            "second_person_above": _minor(overrides.second_person_above), "override_days": overrides.override_days},
        "holds": {
            "overdue_grace_days": holds.overdue_grace_days, "overdue_above": _minor(holds.overdue_above),
            "limit_exceeded_bps": holds.limit_exceeded_bps, "grades": sorted(holds.grades),
            "broken_promise_days": holds.broken_promise_days},
        "alerts": {
            "ageing_days": list(alerts.ageing_days), "limit_cut_bps": alerts.limit_cut_bps,
            "amount_above": _minor(alerts.amount_above), "concentration_bps": alerts.concentration_bps,
            "silence_days": alerts.silence_days, "cover_end_days": alerts.cover_end_days},
    })


def cover_kinds_of(found: Sequence[str] | None) -> tuple[str, ...]:
    """All of them where a version of before says nothing."""
    return ALL_COVERS if found is None else tuple(found)


def overrides_of(found: Mapping[str, Any] | None) -> OverrideRules:
    if found is None:
        return OverrideRules()
    return OverrideRules(_money(found["second_person_above"]), found["override_days"])


def holds_of(found: Mapping[str, Any] | None) -> HoldRules:
    if found is None:
        return HoldRules()
    return HoldRules(
        found["overdue_grace_days"], _money(found["overdue_above"]), found["limit_exceeded_bps"],
        frozenset(found["grades"]), found["broken_promise_days"])


def alerts_of(found: Mapping[str, Any] | None) -> AlertLines:
    if found is None:
        return AlertLines()
    return AlertLines(
        tuple(found["ageing_days"]), found["limit_cut_bps"], _money(found["amount_above"]), found["concentration_bps"],
        found.get("silence_days"), found.get("cover_end_days"))


def _minor(amounts: Mapping[str, Money]) -> dict[str, int]:
    return {currency: amount.minor for currency, amount in amounts.items()}


def _money(found: Mapping[str, int]) -> dict[str, Money]:
    return {currency: Money(minor, currency) for currency, minor in found.items()}
