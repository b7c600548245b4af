"""Plan to carry over what a customer promised, once items of it went on at another one."""

from typing import Any

from dunlin_events.contracts.billing_transfers import DebtTransferred
from dunlin_kit import jobs

CARRY_OVER_PROMISES = "carry_over_promises"


def plan_carry_over(tx: Any, event: DebtTransferred) -> None:
    """At once; one job for each transfer."""
    jobs.schedule(tx, CARRY_OVER_PROMISES, str(event.transfer_id), event.heard.recorded_at, {
        "source_id": str(event.source_id), "into_id": str(event.into_id), "currency": event.amount.currency})
