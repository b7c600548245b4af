"""Have a customer's promises judged after billing-svc told of money."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import date_in, start_of_day
from dunlin_kit import jobs
from dunlin_kit.tenants import own_row
from notify_svc.store import promises
from notify_svc.usecases.judge_promises import JUDGE_PROMISES


class Watched(NamedTuple):
    """A customer with promises that facts may judge: whether one of them runs, and the tenant's zone."""

    running: bool
    zone: str


async def watched_of(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, Watched]:
    """Those of these customers that have such promises; only after their lock."""
    found = await promises.watched(tx, customer_ids) if customer_ids else {}
    if not found:
        return {}
    zone = (await own_row(tx))["zone"]
    return {customer_id: Watched(running, zone) for customer_id, running in found.items()}


def watch_promises(tx: Any, customer_id: UUID, watched: Watched, *, event_id: UUID, at: datetime) -> None:
    """Gather the work after the fact of this id, recorded at `at`.

    What was judged is looked at again at once, what runs at the next turn of the tenant's day.
    """
    _schedule(tx, customer_id, str(event_id), at, running=False)
    if watched.running:
        turn = days_after(date_in(watched.zone, at), 1)
        _schedule(tx, customer_id, str(turn), start_of_day(watched.zone, turn), running=True)


def _schedule(tx: Any, customer_id: UUID, key: str, at: datetime, *, running: bool) -> None:
    jobs.schedule(tx, JUDGE_PROMISES, f"{customer_id}:{key}", at,
                  {"customer_id": str(customer_id), "running": running})
