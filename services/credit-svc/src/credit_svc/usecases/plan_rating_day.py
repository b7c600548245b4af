"""Plan the turns of the tenant's day on which those are rated whom the policy or time gives reason to."""

from datetime import date, timedelta
from typing import Any

from credit_svc.domain.rating_policy import RatingPolicy
from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs

KIND = "turn_rating_day"


def plan_first_rating_day(tx: Any, zone: str, policy: RatingPolicy) -> None:
    """The day a policy begins to count."""
    jobs.schedule(tx, KIND, f"policy {policy.version}", start_of_day(zone, policy.effective_from), {})


def plan_rating_day(tx: Any, zone: str, after: date) -> None:
    """The day that follows, at its first instant in the tenant's zone."""
    day = after + timedelta(days=1)
    jobs.schedule(tx, KIND, day.isoformat(), start_of_day(zone, day), {})
