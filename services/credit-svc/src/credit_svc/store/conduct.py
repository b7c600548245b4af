"""A customer's conduct: the sums that facts move, and each payment they are made of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.conduct import Conduct
from credit_svc.domain.willingness import LearntPayment, PaymentRecord
from credit_svc.store.conduct_tables import BilledInvoiceRow, ConductMarkRow, LearntPaymentRow, PaymentRecordRow
from credit_svc.store.mergers import ENTRIES_OF_ALL
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

SUMS = tuple(one.name for one in fields(PaymentRecord))
_RECORDS = text("SELECT * FROM payment_record WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))")
_KNOWN = text("SELECT * FROM learnt_payment WHERE allocation_id = ANY(CAST(:allocation_ids AS uuid[]))")
_UNDER = text("SELECT customer_id FROM learnt_payment WHERE allocation_id = ANY(CAST(:allocation_ids AS uuid[]))")
_OF_ENTRIES = text(f"""
WITH RECURSIVE {ENTRIES_OF_ALL}
SELECT e.of_id, r.currency, {", ".join(f"sum(r.{name}) AS {name}" for name in SUMS)}
FROM entry e JOIN payment_record r USING (customer_id) GROUP BY 1, 2""")  # noqa: S608


async def learnt_under(tx: Tx, allocation_ids: Collection[UUID]) -> set[UUID]:
    """From whose streams these allocations were learnt: their exposures are locked with the others, in one order."""
    if not allocation_ids:
        return set()
    return {row["customer_id"] for row in await tx.rows(_UNDER, allocation_ids=list(allocation_ids))}


async def find(tx: Tx, customer_ids: Collection[UUID], named: Mapping[UUID, UUID]) -> Mapping[UUID, Conduct]:
    """Only after the lock on the exposures: what is known of these customers, and of allocations by the customer whose
    facts name them."""
    if not named:
        return {}
    rows = await tx.rows(_KNOWN, allocation_ids=list(named))
    records = await _records_of(tx, {*customer_ids, *(row["customer_id"] for row in rows)})
    known: dict[UUID, list[Any]] = {}
    for row in rows:
        known.setdefault(named[row["allocation_id"]], []).append(row)
    return {one: _conduct(one, known.get(one, []), records) for one in customer_ids}


def _conduct(customer_id: UUID, known: Sequence[Any], records: Mapping[UUID, Mapping[str, PaymentRecord]]) -> Conduct:
    others = {row["customer_id"] for row in known} - {customer_id}
    return Conduct(
        {(None if one == customer_id else one, currency): record for one in (customer_id, *sorted(others))
         for currency, record in records.get(one, {}).items()},
        {row["allocation_id"]: _learnt(row, customer_id) for row in known if row["live"]},
        frozenset(row["allocation_id"] for row in known if not row["live"]))


def _learnt(row: Any, customer_id: UUID) -> LearntPayment:
    return LearntPayment(
        row["allocation_id"], row["invoice_id"], Money(row["amount"], row["currency"]), row["days_late"],
        row["paid_on"], None if row["customer_id"] == customer_id else row["customer_id"])


async def payment_records(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, PaymentRecord]]:
    """By customer and currency: its own, with those of all that were merged into it."""
    found: dict[UUID, dict[str, PaymentRecord]] = {}
    for row in await tx.rows(_OF_ENTRIES, customer_ids=list(customer_ids)):
        found.setdefault(row["of_id"], {})[row["currency"]] = _record(row)
    return found


async def _records_of(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, PaymentRecord]]:
    found: dict[UUID, dict[str, PaymentRecord]] = {}
    for row in await tx.rows(_RECORDS, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[row["currency"]] = _record(row)
    return found


def _record(row: Any) -> PaymentRecord:
    return PaymentRecord(*(int(row[name]) for name in SUMS))


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
    moved = {(one.under, one.amount.currency) for one in (*conduct.learnt.values(), *conduct.unlearnt.values())}
    tx.put(PaymentRecordRow, *(
        {"customer_id": under or customer_id, "currency": currency, **_sums_of(record)}
        for (under, currency), record in conduct.records.items() if (under, currency) in moved
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
        "allocation_id": one.allocation_id, "customer_id": one.under or customer_id, "invoice_id": one.invoice_id,
        "currency": one.amount.currency, "amount": one.amount.minor, "days_late": one.days_late,
        "paid_on": one.paid_on, "weight": Decimal(one.weight), "live": live}
