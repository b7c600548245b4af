"""When the ladder runs: once a day, at the policy's time of day in the tenant's zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dunlin_kernel.clock import date_in


def next_run(*, zone: str, run_at: time, after: datetime) -> datetime:
    """The first instant after `after` at which it is `run_at` in `zone`."""
    today = date_in(zone, after)
    runs = (datetime.combine(today + timedelta(days=days), run_at, ZoneInfo(zone)).astimezone(after.tzinfo)
            for days in (0, 1, 2))
    return next(run for run in runs if run > after)


def runs_now(*, zone: str, run_at: time, now: datetime) -> bool:
    """Whether the time of day of the run has come: one that was missed is not made up for at night."""
    return now.astimezone(ZoneInfo(zone)).time() >= run_at
