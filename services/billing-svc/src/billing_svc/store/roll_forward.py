"""What a roll-forward is made of: entries before and in a period by kind of fact, controls, and where money went."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, DateTime, Uuid, bindparam, text

from billing_svc.domain.ledger import FactKind
from billing_svc.domain.roll_forward import Moved, Receipts
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_TIMES = (bindparam("start", type_=Date), bindparam("end", type_=Date),
          bindparam("known_at", type_=DateTime(timezone=True)), bindparam("customer_id", type_=Uuid))
OPENING = text("""
SELECT currency, sum(amount) AS amount, sum(coalesce(base_amount, amount)) AS base FROM ledger_entry
WHERE side = 'receivable' AND effective_on < :start AND recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id) GROUP BY 1""").bindparams(
    _TIMES[0], _TIMES[2], _TIMES[3])
MOVED = text("""
WITH entries AS (
  SELECT fact_kind, fact_id, currency, sum(amount) FILTER (WHERE side = 'receivable') AS amount,
         sum(coalesce(base_amount, amount)) FILTER (WHERE side = 'receivable') AS base,
         sum(amount) FILTER (WHERE side = 'credit') AS used,
         sum(coalesce(base_amount, amount)) FILTER (WHERE side = 'credit') AS used_base,
         bool_or(base_amount IS NOT NULL) AS is_foreign FROM ledger_entry
  WHERE effective_on BETWEEN :start AND :end AND recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
  GROUP BY 1, 2, 3 HAVING bool_or(side = 'receivable'))
SELECT e.fact_kind, c.kind AS credit_kind, e.currency, sum(e.amount) AS amount, sum(e.base) AS base,
       -coalesce(sum(d.difference), 0) AS exchange, coalesce(sum(e.amount - e.used), 0) AS discount,
       coalesce(sum(e.base + coalesce(d.difference, 0) - e.used_base), 0) AS discount_base
FROM entries e
LEFT JOIN LATERAL (
  SELECT sum(l.base_amount) AS difference FROM journal_entry j
  JOIN journal_line l ON l.tenant_id = j.tenant_id AND l.journal_entry_id = j.id AND l.account = 'exchange_difference'
  WHERE j.fact_id = e.fact_id) d ON e.is_foreign
LEFT JOIN allocation_reversal r ON r.id = e.fact_id
LEFT JOIN allocation a ON a.id = coalesce(r.allocation_id, e.fact_id)
LEFT JOIN credit c ON c.id = a.credit_id
GROUP BY 1, 2, 3""").bindparams(*_TIMES)
CONTROL = text("""
SELECT l.currency, sum(l.amount) AS amount, sum(coalesce(l.base_amount, l.amount)) AS base
FROM journal_entry e JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.journal_entry_id = e.id
WHERE l.account IN ('receivable_control', 'notes_receivable') AND e.effective_on <= :end AND e.recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id) GROUP BY 1""").bindparams(*_TIMES[1:])
RECEIPTS = text("""
WITH entries AS (
  SELECT e.currency, e.fact_kind, c.kind = 'payment' AS of_payment, sum(e.amount) AS amount
  FROM ledger_entry e JOIN credit c ON c.id = e.credit_id
  WHERE e.side = 'credit' AND e.effective_on <= :end AND e.recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id) GROUP BY 1, 2, 3),
banked AS (
  SELECT l.currency, sum(l.amount) AS amount FROM journal_entry e
  JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.journal_entry_id = e.id AND l.account = 'bank'
  WHERE e.effective_on <= :end AND e.recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id) GROUP BY 1)
SELECT currency, e.fact_kind, e.of_payment, e.amount, b.amount AS bank
FROM banked b FULL JOIN entries e USING (currency)
""").bindparams(*_TIMES[1:])
_PUT_TO = {"payment_confirmed": "received", "payment_reversed": "received", "credit_allocated": "allocated",
           "allocation_reversed": "allocated", "refund_paid": "refunded", "refund_reversed": "refunded",
           "refund_reclaimed": "refunded"}
"""What became of money by kind of fact; all else put it to another credit."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of one day to the end of another, as known when, of whom (None: all)."""

    start: date
    end: date
    known_at: datetime
    customer_id: UUID | None

    def binds(self) -> dict[str, object]:
        return {"start": self.start, "end": self.end, "known_at": self.known_at, "customer_id": self.customer_id}


Both = dict[str, tuple[Money, Money]]
"""By currency: an amount in it, and in base currency."""


async def opening(tx: Transaction, period: Period, base_currency: str) -> Both:
    return _both(await tx.rows(OPENING, **period.binds()), base_currency)


async def control(tx: Transaction, period: Period, base_currency: str) -> Both:
    """Receivables at the end, from the journal: another path than the ledger entries."""
    return _both(await tx.rows(CONTROL, **period.binds()), base_currency)


async def moved(tx: Transaction, period: Period, base_currency: str) -> dict[str, list[Moved]]:
    """What moved receivables, by currency."""
    found: dict[str, list[Moved]] = defaultdict(list)
    for row in await tx.rows(MOVED, **period.binds()):
        found[row["currency"]].append(Moved(
            FactKind(row["fact_kind"]), row["credit_kind"], Money(int(row["amount"]), row["currency"]),
            Money(int(row["base"]), base_currency), Money(int(row["exchange"]), base_currency),
            (Money(int(row["discount"]), row["currency"]), Money(int(row["discount_base"]), base_currency))))
    return dict(found)


async def receipts(tx: Transaction, period: Period) -> list[Receipts]:
    """Where all money of payments is at the end, by currency."""
    rows = await tx.rows(RECEIPTS, **period.binds())
    by: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        put = by[row["currency"]]
        put["bank"] = int(row["bank"] or 0)
        to = _PUT_TO.get(row["fact_kind"], "exchanged")
        if to == "refunded" and row["fact_kind"] != "refund_reclaimed":
            put["paid_out"] -= int(row["amount"])
        if row["of_payment"]:
            put[to] += int(row["amount"]) * (1 if to == "received" else -1)
            put["unapplied"] += int(row["amount"])
    return [_receipts(currency, by[currency]) for currency in sorted(by)]


def _receipts(currency: str, put: dict[str, int]) -> Receipts:
    return Receipts(*(Money(put[name], currency) for name in (
        "received", "bank", "allocated", "unapplied", "refunded", "exchanged", "paid_out")))


def _both(rows: Iterable[Any], base_currency: str) -> Both:
    return {row["currency"]: (Money(int(row["amount"]), row["currency"]), Money(int(row["base"]), base_currency))
            for row in rows}
