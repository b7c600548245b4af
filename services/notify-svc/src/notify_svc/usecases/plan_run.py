"""Plan the next daily run of a tenant's ladder."""

from datetime import datetime
from typing import Any

from dunlin_kit import jobs
from notify_svc.domain.run_time import next_run
from notify_svc.store import ladder_policies

RUN_LADDER = "run_ladder"


async def plan_run(tx: Any, *, zone: str, after: datetime) -> None:
    """Gather the job of the first run after an instant, at the policy's time of day; one that is planned stays."""
    policy = (await ladder_policies.in_force(tx)).policy
    due_at = next_run(zone=zone, run_at=policy.run_at, after=after)
    jobs.schedule(tx, RUN_LADDER, due_at.isoformat(), due_at, {})
