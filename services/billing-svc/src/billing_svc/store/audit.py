"""The audit log: who did what, when, with what before and after. Only ever added to."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from billing_svc.store.audit_tables import AuditLogRow
from dunlin_events.json_text import json_text
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction

State = Mapping[str, str | int | bool | None]


def add(tx: Transaction, action: str, subject_id: UUID, *, customer_id: UUID | None, recorded_at: datetime,
        before: State | None = None, after: State | None = None) -> None:
    tx.insert(AuditLogRow, {
        "id": new_id(), "recorded_at": recorded_at, "actor": tx.actor, "action": action, "subject_id": subject_id,
        "customer_id": customer_id, "before": _text(before), "after": _text(after),
        "correlation_id": tx.trace.correlation_id})


def _text(state: State | None) -> str | None:
    return None if state is None else json_text(state)
