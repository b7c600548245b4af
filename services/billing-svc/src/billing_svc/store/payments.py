"""Payments as rows of `credit`. Read only after the lock of the account they belong to, but to learn which that is."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.credit import CreditKind
from billing_svc.domain.payment import Payment, PaymentState, RecordPayment
from billing_svc.store.ledger_tables import CreditRow
from dunlin_events.json_text import json_text
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

KIND = CreditKind.PAYMENT.value
_t = CreditRow.__table__.c
BY_ID = select(
    _t.id, _t.customer_id, _t.state, _t.currency, _t.amount, _t.unapplied, _t.received_on, _t.business_on,
    _t.effective_on, _t.raised_on, _t.version, _t.expires_on,
    _t.second_person, _t.unmatched, _t.kept_for,
).where(_t.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), _t.kind == literal_column(f"'{KIND}'"))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Payment]:
    """Refuses: payment_not_found."""
    found = {row["id"]: _payment(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for payment_id in ids:
        if payment_id not in found:
            raise NotFound("payment_not_found", "There is no such payment.", payment_id=payment_id)
    return found


def add(tx: Transaction, command: RecordPayment, payment: Payment, recorded_at: datetime) -> None:
    tx.insert(CreditRow, {
        "id": payment.id, "customer_id": payment.customer_id, "kind": KIND, "state": payment.state.value,
        "method": command.method, "payer": command.payer, "reference": command.reference,
        "external_id": command.external_id, "currency": payment.amount.currency, "amount": payment.amount.minor,
        "unapplied": payment.unapplied.minor, "received_on": payment.received_on, "business_on": payment.business_on,
        "effective_on": payment.effective_on, "raised_on": payment.raised_on, "expires_on": payment.expires_on,
        "choice": choice_text(command.choice) if command.pending else None,
        "second_person": payment.second_person, "unmatched": unmatched_text(payment), "origin": command.origin.value,
        "actor": tx.actor, "labels": json_text(dict(command.labels)), "version": payment.version,
        "kept_for": payment.kept_for, "recorded_at": recorded_at})


def move(tx: Transaction, *payments: Payment) -> None:
    tx.change(CreditRow, *({"id": payment.id, "state": payment.state.value, "unapplied": payment.unapplied.minor,
                            "effective_on": payment.effective_on, "raised_on": payment.raised_on,
                            "unmatched": unmatched_text(payment), "version": payment.version}
                           for payment in payments))


def unmatched_text(payment: Payment) -> str:
    return json_text(list(payment.unmatched))


def choice_text(choice: Choice) -> str:
    parts = [{"item_id": str(part.item_id), "minor": part.amount.minor if part.amount else None}
             for part in choice.parts]
    return json_text({"rule": choice.rule.value, "parts": parts, "references": list(choice.references)})


def choice_of(kept: Mapping[str, Any] | None, currency: str) -> Choice:
    """What the payer of a pending payment chose; nothing is kept of any other."""
    if kept is None:
        return Choice(AllocationRule.NONE)
    return Choice(AllocationRule(kept["rule"]), tuple(
        Part(UUID(part["item_id"]), None if part["minor"] is None else Money(part["minor"], currency))
        for part in kept["parts"]), tuple(kept.get("references", ())))


def _payment(row: Mapping[str, Any]) -> Payment:
    currency = row["currency"]
    return Payment(
        row["id"], row["customer_id"], Money(row["amount"], currency), Money(row["unapplied"], currency),
        row["business_on"], row["effective_on"], row["raised_on"], row["version"], state=PaymentState(row["state"]),
        received_on=row["received_on"], expires_on=row["expires_on"], second_person=row["second_person"],
        unmatched=tuple(row["unmatched"]), kept_for=row["kept_for"])
