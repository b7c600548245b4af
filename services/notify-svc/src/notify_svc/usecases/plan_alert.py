"""Have whoever answers for a customer told of an alert."""

from typing import Any

from dunlin_kit import jobs
from notify_svc.store.customers import AlertTold, CustomerKept

TELL_ALERT = "tell_alert"


def plan_alert(tx: Any, customer: CustomerKept, alert: AlertTold) -> None:
    """Gather the work, due when the alert was raised; each alert once."""
    jobs.schedule(tx, TELL_ALERT, str(alert.event_id), alert.recorded_at, {
        "customer_id": str(customer.id), "owner_code": customer.owner_code, "number": customer.number,
        "name": customer.name, "rule": alert.rule, "amount": str(alert.amount.amount),
        "tolerated": str(alert.tolerated.amount), "currency": alert.amount.currency})
