"""Risk alerts as they were raised."""

from dataclasses import dataclass
from uuid import UUID

from credit_svc.domain.position import Alert
from credit_svc.store.tables import RiskAlertRow
from dunlin_events.consuming import Tx


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert with its id and whom it concerns."""

    id: UUID
    customer_id: UUID
    alert: Alert


def add(tx: Tx, raised: RaisedAlert) -> None:
    alert = raised.alert
    tx.insert(RiskAlertRow, {
        "alert_id": raised.id, "customer_id": raised.customer_id, "rule": alert.rule.value,
        "authorization_id": alert.authorization_id, "invoice_id": alert.invoice_id, "currency": alert.amount.currency,
        "amount": alert.amount.minor, "tolerated": alert.tolerated.minor, "raised_at": alert.at})
