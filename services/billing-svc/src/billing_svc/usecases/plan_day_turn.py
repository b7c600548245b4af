"""Plan the next turn of a tenant's day."""

from datetime import date, timedelta

from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs
from dunlin_kit.transaction import Transaction

TURN_DAY = "turn_day"


def plan_day_turn(tx: Transaction, zone: str, after: date) -> None:
    """The turn from `after` to the day that follows, at that day's first instant in the tenant's zone."""
    day = after + timedelta(days=1)
    jobs.schedule(tx, TURN_DAY, day.isoformat(), start_of_day(zone, day), {})
