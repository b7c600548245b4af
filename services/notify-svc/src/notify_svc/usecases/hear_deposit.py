"""Keep a deposit that billing-svc asked for, and have the request sent."""

from typing import Any

from dunlin_events.contracts.billing_deposits import DepositRequested
from dunlin_kit import jobs
from notify_svc.store import notices

SEND_DEPOSIT = "send_deposit"


def hear_deposit(tx: Any, told: DepositRequested) -> None:
    """Gather the request, and the work of sending it."""
    notices.keep_deposit(tx, notices.Deposit(
        told.request_id, told.customer_id, told.number, told.order_reference, told.amount.money, told.due_on, True))
    jobs.schedule(tx, SEND_DEPOSIT, str(told.request_id), told.heard.recorded_at, {
        "request_id": str(told.request_id), "customer_id": str(told.customer_id)})
