"""Cut the customers that are to be reminded into slices: each is one job, judged in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from dunlin_kit import jobs

REMIND_CUSTOMERS = "remind_customers"
SLICE = 50


def plan_slices(tx: Any, customer_ids: Sequence[UUID], at: datetime, *, of: str) -> None:
    """Gather a job per slice, due at an instant; the same customers once for what they are reminded `of`."""
    for first in range(0, len(customer_ids), SLICE):
        some = [str(customer_id) for customer_id in customer_ids[first:first + SLICE]]
        which = sha256("".join(some).encode()).hexdigest()[:16]
        jobs.schedule(tx, REMIND_CUSTOMERS, f"{of}:{which}", at, {"customer_ids": some})
