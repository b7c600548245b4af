"""Plan when classes follow their rules again: at each turn of the tenant's day."""

from datetime import date, timedelta

from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs
from dunlin_kit.transaction import Transaction

REFRESH_CLASSES = "refresh_classes"


def plan_class_refresh(tx: Transaction, zone: str, after: date) -> None:
    """At the first instant of the day that follows `after` in the tenant's zone."""
    day = after + timedelta(days=1)
    jobs.schedule(tx, REFRESH_CLASSES, day.isoformat(), start_of_day(zone, day), {})
