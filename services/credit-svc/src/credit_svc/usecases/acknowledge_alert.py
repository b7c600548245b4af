"""Acknowledge an alert: a person has seen it and says what is to be done."""

from dataclasses import replace
from uuid import UUID

from credit_svc.store import alerts
from credit_svc.store.alerts import RaisedAlert
from dunlin_events.contracts.credit import AlertAcknowledged, AlertRule
from dunlin_kernel.errors import Conflict
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def acknowledge_alert(tx: Transaction, alert_id: UUID, note: str | None) -> RaisedAlert:
    """Once. Refuses: tenant_not_known_yet, alert_not_found, alert_acknowledged."""
    tenant = await present(tx)
    found = await alerts.get(tx, alert_id, to_change=True)
    if found.acknowledged_at is not None:
        raise Conflict("alert_acknowledged", "This alert has been acknowledged.")
    after = replace(found, acknowledged_by=tx.actor, acknowledged_at=tenant.now, note=note)
    alerts.keep(tx, after)
    tx.emit(AlertAcknowledged(
        customer_id=after.customer_id, alert_id=after.id, rule=AlertRule(after.alert.rule.value)))
    return after
