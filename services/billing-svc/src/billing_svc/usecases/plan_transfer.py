"""Plan the transfer of what stands under a customer that was merged: at once, by a job of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dunlin_kit import jobs

TRANSFER_BALANCES = "transfer_balances"


def plan_transfer(tx: Any, source_id: UUID, at: datetime) -> None:
    jobs.schedule(tx, TRANSFER_BALANCES, str(source_id), at, {})
