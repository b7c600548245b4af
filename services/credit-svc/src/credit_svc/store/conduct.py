"""A customer's conduct: the sums that facts move, and each payment they are made of."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.conduct import Conduct
from credit_svc.domain.willingness import LearntPayment, PaymentRecord
from credit_svc.store.conduct_tables import BilledInvoiceRow, ConductMarkRow, LearntPaymentRow, PaymentRecordRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

SUMS = tuple(one.name for one in fields(PaymentRecord))
_RECORDS = text("SELECT * FROM payment_record WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))")
_KNOWN = text("SELECT * FROM learnt_payment WHERE live AND allocation_id = ANY(CAST(:allocation_ids AS uuid[]))")


async def find(
    tx: Tx, customer_ids: Collection[UUID], allocation_ids: Collection[UUID],
) -> Mapping[UUID, Conduct]:
    """Only after the lock on the exposures: what is known of these customers and of these allocations."""
    if not allocation_ids:
        return {}
    records = await payment_records(tx, customer_ids)
    known: dict[UUID, dict[UUID, LearntPayment]] = {}
    for row in await tx.rows(_KNOWN, allocation_ids=list(allocation_ids)):
        known.setdefault(row["customer_id"], {})[row["allocation_id"]] = LearntPayment(
            row["allocation_id"], row["invoice_id"], Money(row["amount"], row["currency"]), row["days_late"],
            row["paid_on"])
    return {one: Conduct(records.get(one, {}), known.get(one, {})) for one in customer_ids}


async def payment_records(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, PaymentRecord]]:
    """By customer and currency."""
    found: dict[UUID, dict[str, PaymentRecord]] = {}
    for row in await tx.rows(_RECORDS, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[row["currency"]] = PaymentRecord(*(int(row[name]) for name in SUMS))
    return found


def keep(tx: Tx, customer_id: UUID, conduct: Conduct) -> None:
    """Gather what the facts changed."""
    if not conduct.has_changed:
        return
    _keep_payments(tx, customer_id, conduct)
    tx.put(BilledInvoiceRow, *(
        {"invoice_id": one.id, "customer_id": customer_id, "currency": one.amount.currency,
         "amount": one.amount.minor, "issued_on": one.issued_on, "due_days": one.due_days} for one in conduct.billed
    ), key=("invoice_id",))
    tx.change(BilledInvoiceRow, *({"invoice_id": one, "amount": 0} for one in conduct.voided), key=("invoice_id",))
    tx.put(ConductMarkRow, *(
        {"kind": one.kind.value, "subject_id": one.subject_id, "customer_id": customer_id, "marked_on": one.on}
        for one in conduct.marks
    ), key=("kind", "subject_id"))


def _keep_payments(tx: Tx, customer_id: UUID, conduct: Conduct) -> None:
    moved = {*conduct.learnt.values(), *conduct.unlearnt.values()}
    tx.put(PaymentRecordRow, *(
        {"customer_id": customer_id, "currency": currency, **_sums_of(conduct.records[currency])}
        for currency in sorted({one.amount.currency for one in moved})
    ), key=("customer_id", "currency"))
    tx.put(LearntPaymentRow, *(
        _row_of(customer_id, one, live=live) for ones, live in ((conduct.unlearnt, False), (conduct.learnt, True))
        for one in ones.values()
    ), key=("allocation_id",))


def _sums_of(record: PaymentRecord) -> dict[str, Any]:
    sums: dict[str, Any] = {name: Decimal(getattr(record, name)) for name in SUMS}
    return sums | {"payments": record.payments}


def _row_of(customer_id: UUID, one: LearntPayment, *, live: bool) -> dict[str, Any]:
    return {
        "allocation_id": one.allocation_id, "customer_id": customer_id, "invoice_id": one.invoice_id,
        "currency": one.amount.currency, "amount": one.amount.minor, "days_late": one.days_late,
        "paid_on": one.paid_on, "weight": Decimal(one.weight), "live": live}
