"""Risk alerts as they were raised, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.position import Alert, AlertRule
from credit_svc.store.alert_tables import AlertHandlingRow
from credit_svc.store.tables import RiskAlertRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_SHOWN = """
SELECT a.*, c.number, c.name, coalesce(h.owner, o.owner_code) AS owner, h.acknowledged_by, h.acknowledged_at, h.note
FROM risk_alert a LEFT JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id) LEFT JOIN alert_handling h USING (tenant_id, alert_id)"""
_FIND = text(f"{_SHOWN} WHERE a.alert_id = CAST(:alert_id AS uuid)")
_SOME = text(f"""{_SHOWN}
WHERE a.alert_id > CAST(:after AS uuid) AND (NOT CAST(:waiting AS boolean) OR h.acknowledged_at IS NULL)
  AND (CAST(:customer_id AS uuid) IS NULL OR a.customer_id = CAST(:customer_id AS uuid))
  AND (CAST(:owners AS text[]) IS NULL OR coalesce(h.owner, o.owner_code) = ANY(CAST(:owners AS text[])))
  AND (CAST(:rule AS text) IS NULL OR a.rule = CAST(:rule AS text))
ORDER BY a.alert_id LIMIT CAST(:most AS bigint)""")
_ADVISORY = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:alert_id AS text), 7))")


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert with its id and whom it concerns; who has it: the one it was given to, else the customer's owner."""

    id: UUID
    customer_id: UUID
    alert: Alert
    owner: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    note: str | None = None
    number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AskedAlerts:
    """Which alerts, after the last one seen."""

    waiting: bool
    customer_id: UUID | None
    owners: Sequence[str] | None
    rule: AlertRule | None
    after: UUID | None
    most: int


async def get(tx: Tx, alert_id: UUID, *, to_change: bool = False) -> RaisedAlert:
    """Refuses: alert_not_found."""
    if to_change:
        await tx.row(_ADVISORY, alert_id=str(alert_id))
    row = await tx.row(_FIND, alert_id=alert_id)
    if row is None:
        raise NotFound("alert_not_found", "There is no such alert.")
    return _alert(row)


async def some(tx: Tx, asked: AskedAlerts) -> Sequence[RaisedAlert]:
    """In the order in which they were raised."""
    rows = await tx.rows(
        _SOME, waiting=asked.waiting, customer_id=asked.customer_id, owners=asked.owners,
        rule=asked.rule and asked.rule.value, after=asked.after or NIL, most=asked.most)
    return [_alert(row) for row in rows]


def add(tx: Tx, raised: RaisedAlert) -> None:
    alert = raised.alert
    tx.insert(RiskAlertRow, {
        "alert_id": raised.id, "customer_id": raised.customer_id, "rule": alert.rule.value,
        "authorization_id": alert.authorization_id, "invoice_id": alert.invoice_id, "currency": alert.amount.currency,
        "amount": alert.amount.minor, "tolerated": alert.tolerated.minor, "raised_at": alert.at,
        "level": alert.level, "cover_id": alert.cover_id})


def keep(tx: Tx, one: RaisedAlert) -> None:
    """Gather who has it, and its end."""
    tx.put(AlertHandlingRow, {
        "alert_id": one.id, "customer_id": one.customer_id, "owner": one.owner,
        "acknowledged_by": one.acknowledged_by, "acknowledged_at": one.acknowledged_at, "note": one.note},
        key=("alert_id",))


def _alert(row: Any) -> RaisedAlert:
    currency = row["currency"]
    alert = Alert(
        AlertRule(row["rule"]), row["authorization_id"], row["invoice_id"], row["raised_at"],
        Money(row["amount"], currency), Money(row["tolerated"], currency), row["level"], row["cover_id"])
    return replace(
        RaisedAlert(row["alert_id"], row["customer_id"], alert), owner=row["owner"],
        acknowledged_by=row["acknowledged_by"], acknowledged_at=row["acknowledged_at"], note=row["note"],
        number=row["number"], name=row["name"])
