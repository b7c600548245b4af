"""Plan the next turn of a tenant's day as credit looks at it."""

from datetime import date, timedelta
from typing import Any

from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs

KIND = "turn_credit_day"


def plan_credit_day(tx: Any, zone: str, after: date) -> None:
    """The turn from `after` to the day that follows, at that day's first instant in the tenant's zone."""
    day = after + timedelta(days=1)
    jobs.schedule(tx, KIND, day.isoformat(), start_of_day(zone, day), {"everyone": False})


def plan_look_at_everyone(tx: Any, zone: str, *, policy_version: int, effective_from: date) -> None:
    """When a policy begins to count, everybody is looked at by it."""
    jobs.schedule(
        tx, KIND, f"policy {policy_version}", start_of_day(zone, effective_from), {"everyone": True})
