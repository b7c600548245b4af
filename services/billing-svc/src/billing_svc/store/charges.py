"""Charges: facts, only ever added; what is owed for them stands on their items."""

from datetime import datetime

from billing_svc.domain.charge import SERIES, Charge
from billing_svc.store.charge_tables import ChargeRow
from dunlin_kit.transaction import Transaction


def add(tx: Transaction, charge: Charge, *, recorded_at: datetime) -> None:
    wish = charge.wish
    tx.insert(ChargeRow, {
        "id": charge.id, "item_id": charge.item_id, "customer_id": wish.customer_id, "kind": wish.kind.value,
        "series": SERIES[wish.kind], "number": charge.number, "currency": wish.amount.currency,
        "amount": wish.amount.minor, "effective_on": wish.effective_on, "recorded_at": recorded_at,
        "actor": tx.actor, "reason": wish.reason.value})
