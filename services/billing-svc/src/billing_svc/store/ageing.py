"""Ageing out of the ledger entries, and the controls out of the journal, for any two times; both on one snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.ageing import Aged, AgeingBasis, AgeingPolicy, Controls, blank
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_OWED = """
WITH owed AS (
  SELECT customer_id, currency, item_id, sum(amount) AS open FROM ledger_entry
  WHERE side = 'receivable' AND effective_on <= :as_of AND recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
    AND (CAST(:currency AS text) IS NULL OR currency = :currency)
  GROUP BY customer_id, currency, item_id HAVING sum(amount) <> 0)"""
_BY_DUE_DATE = f"""{_OWED}
SELECT o.customer_id, o.currency, width_bucket(:as_of - i.due_on, :starts) AS bucket,
       sum(o.open) AS amount, count(*) AS items, max(:as_of - i.due_on) AS days
FROM owed o JOIN item i ON i.id = o.item_id GROUP BY 1, 2, 3"""  # noqa: S608  constants
_ARRANGED = f"""{_OWED},
stood AS (SELECT item_id, max(due_version) AS due_version FROM standing_due
          WHERE effective_on <= :as_of AND recorded_at <= :known_at GROUP BY 1),
parts AS (SELECT d.item_id, d.due_on, d.amount, d.position, sum(d.amount) OVER (
            PARTITION BY d.item_id ORDER BY d.position DESC) - d.amount AS later
          FROM standing_due d JOIN stood USING (item_id, due_version)),
dated AS (
  SELECT o.customer_id, o.currency, o.item_id, coalesce(p.due_on, i.due_on) AS due_on,
         CASE WHEN p.position = 1 THEN o.open - p.later WHEN p.position > 1 THEN least(p.amount, o.open - p.later)
              ELSE o.open END AS open
  FROM owed o JOIN item i ON i.id = o.item_id LEFT JOIN parts p ON p.item_id = o.item_id)
SELECT customer_id, currency, width_bucket(:as_of - due_on, :starts) AS bucket,
       sum(open) AS amount, count(DISTINCT item_id) AS items, max(:as_of - due_on) AS days
FROM dated WHERE open > 0 GROUP BY 1, 2, 3"""  # noqa: S608  constants
AGED = {
    basis: text(statement).bindparams(
        bindparam("as_of", type_=Date), bindparam("known_at", type_=DateTime(timezone=True)),
        bindparam("customer_id", type_=Uuid), bindparam("currency", type_=Text),
        bindparam("starts", type_=ARRAY(Integer)))
    for basis, statement in (
        (AgeingBasis.DUE_DATE, _BY_DUE_DATE), (AgeingBasis.ARRANGED, _ARRANGED),
        (AgeingBasis.INVOICE_DATE, _BY_DUE_DATE.replace("i.due_on", "i.effective_on")))}
UNAPPLIED = text("""
SELECT customer_id, currency, sum(amount) AS amount FROM ledger_entry
WHERE side = 'credit' AND effective_on <= :as_of AND recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
  AND (CAST(:currency AS text) IS NULL OR currency = :currency)
GROUP BY 1, 2 HAVING sum(amount) <> 0""").bindparams(
    bindparam("as_of", type_=Date), bindparam("known_at", type_=DateTime(timezone=True)),
    bindparam("customer_id", type_=Uuid), bindparam("currency", type_=Text))
CONTROLS = text("""
SELECT l.currency, coalesce(sum(l.amount) FILTER (WHERE l.account = 'receivable_control'), 0) AS receivables,
       -coalesce(sum(l.amount) FILTER (WHERE l.account = 'customer_credit'), 0) AS customer_credit,
       sum(CASE l.account WHEN 'receivable_control' THEN coalesce(l.base_amount, l.amount) ELSE 0 END) AS owed_in_base,
       sum(CASE l.account WHEN 'customer_credit' THEN -coalesce(l.base_amount, l.amount) ELSE 0 END) AS credit_in_base,
       (SELECT currency FROM tenant) AS base_currency
FROM journal_entry e JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.journal_entry_id = e.id
WHERE l.account IN ('receivable_control', 'customer_credit') AND e.effective_on <= :as_of AND e.recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id)
  AND (CAST(:currency AS text) IS NULL OR l.currency = :currency)
GROUP BY l.currency""").bindparams(
    bindparam("as_of", type_=Date), bindparam("known_at", type_=DateTime(timezone=True)),
    bindparam("customer_id", type_=Uuid), bindparam("currency", type_=Text))
NAMES = text("""
SELECT c.customer_id, c.number, c.name, p.last_paid_on FROM customer c
LEFT JOIN LATERAL (
  SELECT max(k.received_on) AS last_paid_on FROM ledger_entry e JOIN credit k ON k.id = e.credit_id
  WHERE e.customer_id = c.customer_id AND e.effective_on <= :as_of AND e.recorded_at <= :known_at
    AND e.fact_kind = 'payment_confirmed' AND NOT EXISTS (
      SELECT 1 FROM payment_reversal r WHERE r.tenant_id = k.tenant_id AND r.credit_id = k.id
        AND r.effective_on <= :as_of AND r.recorded_at <= :known_at)) p ON true
WHERE c.customer_id = ANY(:ids)""").bindparams(
    bindparam("as_of", type_=Date), bindparam("known_at", type_=DateTime(timezone=True)),
    bindparam("ids", type_=ARRAY(Uuid)))

Key = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class AgeingQuestion:
    """As of the end of which day, as known when, of whom (None: all), in which currency (None: each)."""

    as_of: date
    known_at: datetime
    customer_id: UUID | None
    currency: str | None
    basis: AgeingBasis = AgeingBasis.DUE_DATE

    def binds(self) -> dict[str, object]:
        return {"as_of": self.as_of, "known_at": self.known_at, "customer_id": self.customer_id,
                "currency": self.currency}


@dataclass(frozen=True, slots=True)
class Debtor:
    """What a row of a report says of a customer; nulls where only the ledger has heard of it."""

    id: UUID
    number: str | None
    name: str | None
    last_paid_on: date | None


async def aged(tx: Transaction, question: AgeingQuestion, policy: AgeingPolicy) -> dict[Key, Aged]:
    """By customer and currency: whoever owes or has unapplied credit."""
    starts = [1, *(edge + 1 for edge in policy.edges)]
    found: dict[Key, Aged] = {}
    for row in await tx.rows(AGED[question.basis], **question.binds(), starts=starts):
        key = row["customer_id"], row["currency"]
        held = found.get(key) or blank(key[1], policy)
        buckets, counts = list(held.buckets), list(held.counts)
        buckets[row["bucket"]] = Money(int(row["amount"]), key[1])
        counts[row["bucket"]] = row["items"]
        found[key] = Aged(tuple(buckets), tuple(counts), held.unapplied, max(held.oldest_days, row["days"]))
    for row in await tx.rows(UNAPPLIED, **question.binds()):
        key = row["customer_id"], row["currency"]
        held = found.get(key) or blank(key[1], policy)
        found[key] = Aged(held.buckets, held.counts, Money(int(row["amount"]), key[1]), held.oldest_days)
    return found


async def controls(tx: Transaction, question: AgeingQuestion) -> dict[str, Controls]:
    """By currency, from the journal: another path than the ledger entries."""
    return {row["currency"]: Controls(Money(int(row["receivables"]), row["currency"]),
                                      Money(int(row["customer_credit"]), row["currency"]),
                                      (Money(int(row["owed_in_base"]), row["base_currency"]),
                                       Money(int(row["credit_in_base"]), row["base_currency"])))
            for row in await tx.rows(CONTROLS, **question.binds())}


async def debtors(tx: Transaction, question: AgeingQuestion, ids: list[UUID]) -> Mapping[UUID, Debtor]:
    """Who they are; the last payment as of the same two times."""
    return {row["customer_id"]: Debtor(row["customer_id"], row["number"], row["name"], row["last_paid_on"])
            for row in await tx.rows(NAMES, ids=ids, as_of=question.as_of, known_at=question.known_at)}
