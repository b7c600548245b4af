"""Give an alert to somebody else than the customer's owner."""

from dataclasses import replace
from uuid import UUID

from credit_svc.store import alerts
from credit_svc.store.alerts import RaisedAlert
from dunlin_kernel.errors import Conflict
from dunlin_kit.transaction import Transaction


async def assign_alert(tx: Transaction, alert_id: UUID, owner: str) -> RaisedAlert:
    """Refuses: alert_not_found, alert_acknowledged."""
    found = await alerts.get(tx, alert_id, to_change=True)
    if found.acknowledged_at is not None:
        raise Conflict("alert_acknowledged", "This alert has been acknowledged.")
    after = replace(found, owner=owner)
    alerts.keep(tx, after)
    return after
