"""Raise an alert: kept, given to the customer's owner, and told."""

from uuid import UUID

from credit_svc.domain.position import Alert
from credit_svc.store import alerts
from credit_svc.store.alerts import RaisedAlert
from dunlin_events.consuming import Tx
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AlertRule, RiskAlertRaised
from dunlin_kernel.ids import new_id


def raise_alert(tx: Tx, customer_id: UUID, alert: Alert) -> None:
    """Gather the alert and its event; nothing is refused because of it."""
    raised = RaisedAlert(new_id(), customer_id, alert)
    alerts.add(tx, raised)
    tx.emit(RiskAlertRaised(
        customer_id=customer_id, alert_id=raised.id, rule=AlertRule(alert.rule.value),
        authorization_id=alert.authorization_id, invoice_id=alert.invoice_id, amount=Amount.of(alert.amount),
        tolerated=Amount.of(alert.tolerated), level=alert.level,
        cover_id=alert.cover_id))
