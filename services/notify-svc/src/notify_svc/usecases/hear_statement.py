"""Keep a statement that billing-svc told of, and have it sent."""

import json
from typing import Any

from dunlin_events.contracts.billing_statements import StatementIssued
from dunlin_kit import jobs
from notify_svc.store import notices
from notify_svc.usecases.plan_statement import SEND_STATEMENT


def hear_statement(tx: Any, told: StatementIssued) -> None:
    """Gather the statement, and the work of sending it."""
    notices.keep_statement(tx, {
        "id": told.statement_id, "customer_id": told.customer_id, "period_from": told.period_from,
        "period_to": told.period_to, "answered": False, "answered_at": None, "confirmed": "[]",
        "closing": json.dumps([one.model_dump(mode="json") for one in told.closing])})
    jobs.schedule(tx, SEND_STATEMENT, str(told.statement_id), told.heard.recorded_at, {
        "statement_id": str(told.statement_id), "customer_id": str(told.customer_id)})
