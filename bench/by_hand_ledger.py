"""The limit of taking a ledger over: rows sent by COPY, then posted by set statements, in as many transactions as ours.

A transaction holds the accounts of its rows, writes invoices, items, payments, allocations, ledger, journal, audit and
numbered facts with the figures of the account after each, and reckons what is owed by age anew; under row-level
security. Nothing is checked that a row could be refused for, and no progress is told.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from bench.by_hand_turn import AGE

STAGED = """
DROP TABLE IF EXISTS by_hand_staged;
CREATE TABLE by_hand_staged (line bigint PRIMARY KEY, name text NOT NULL, external text, amount bigint NOT NULL,
  issued date NOT NULL, due date NOT NULL, paid_external text, paid bigint, received date);
GRANT SELECT, INSERT ON by_hand_staged TO billing_app"""
_COLUMNS = ("line", "name", "external", "amount", "issued", "due", "paid_external", "paid", "received")
_ACCOUNTS = """
INSERT INTO account (tenant_id, customer_id, currency, open, disputed, unapplied, entries, version)
SELECT DISTINCT c.tenant_id, c.customer_id, $3, 0, 0, 0, 0, 0
FROM by_hand_staged s JOIN customer c ON c.external_id = s.name
WHERE s.line BETWEEN $1 AND $2 ON CONFLICT DO NOTHING"""
_POST = """
WITH made AS MATERIALIZED (
  SELECT s.*, c.tenant_id, c.customer_id, uuidv7() AS invoice, uuidv7() AS item, uuidv7() AS credit,
         uuidv7() AS allocation,
         CASE WHEN s.paid IS NOT NULL THEN least(s.paid, s.amount) END AS part, 'L-' || s.line AS number
  FROM by_hand_staged s JOIN customer c ON c.external_id = s.name WHERE s.line BETWEEN $1 AND $2),
held AS MATERIALIZED (
  SELECT * FROM account WHERE customer_id IN (SELECT customer_id FROM made) AND currency = $3
  ORDER BY customer_id FOR UPDATE),
facts AS MATERIALIZED (
  SELECT m.*, f.*, uuidv7() AS journal, uuidv7() AS audit, uuidv7() AS event,
         a.open + sum(f.opened) OVER w AS open_now, a.unapplied + sum(f.credited) OVER w AS unapplied_now,
         a.entries + sum(f.entered) OVER w AS last_entry, a.version + sum(sign(f.entered)) OVER w AS version_now,
         row_number() OVER w AS n, m.tenant_id || ':' || m.customer_id AS stream
  FROM made m JOIN held a USING (customer_id) CROSS JOIN LATERAL (VALUES
    (1, 'invoice_issued', 'InvoiceIssued', invoice, amount, 0, 1, issued),
    (2, 'payment_confirmed', 'PaymentConfirmed', credit, 0, paid, 1, received),
    (3, 'credit_allocated', 'CreditAllocated', allocation, -part, -part, 2, received),
    (4, NULL, 'InvoiceSettled', NULL, 0, 0, 0, received)) f (step, kind, told, fact, opened, credited, entered, day)
  WHERE step = 1 OR (part IS NOT NULL AND (step < 4 OR part = amount))
  WINDOW w AS (PARTITION BY m.customer_id ORDER BY m.line, f.step)),
invoices AS (
  INSERT INTO invoice (tenant_id, id, customer_id, status, series, number, external_id, issued_on, due_on, currency,
    net, tax, total, tax_rounding, final, origin, buyer, seller, labels, delivery_ids, version, created_at, recorded_at)
  SELECT tenant_id, invoice, customer_id, 'issued', 'LEDGER', number, external, issued, due, $3, amount, 0, amount,
    'rate', false, 'import', '{}', '{}', '{}', '[]', 2, now(), now() FROM made),
items AS (
  INSERT INTO item (tenant_id, id, customer_id, invoice_id, kind, number, instalment, instalments, currency, amount,
    open, disputed, effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin,
    recorded_at)
  SELECT tenant_id, item, customer_id, invoice, 'invoice', number, 1, 1, $3, amount, amount - coalesce(part, 0), 0,
    issued, issued, due, due, 1, 0, 'import', now() FROM made),
credits AS (
  INSERT INTO credit (tenant_id, id, customer_id, kind, state, method, currency, amount, unapplied, external_id,
    received_on, business_on, effective_on, raised_on, unmatched, origin, actor, labels, version, recorded_at)
  SELECT tenant_id, credit, customer_id, 'payment', 'confirmed', 'bank_transfer', $3, paid, paid - part, paid_external,
    received, received, received, received, '[]', 'import', 'bench', '{}', 2, now() FROM made WHERE paid IS NOT NULL),
allocations AS (
  INSERT INTO allocation (tenant_id, id, customer_id, credit_id, item_id, currency, amount, effective_on, business_on,
    recorded_at, actor, reason)
  SELECT tenant_id, allocation, customer_id, credit, item, $3, part, received, received, now(), 'bench', 'items'
  FROM made WHERE part > 0),
entries AS (
  INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, credit_id, fact_kind, fact_id,
    amount, effective_on, recorded_at)
  SELECT tenant_id, customer_id, $3, last_entry - CASE WHEN entered = 2 AND side = 'receivable' THEN 1 ELSE 0 END,
         side, CASE WHEN side = 'receivable' THEN item END, CASE WHEN side = 'credit' THEN credit END, kind, fact,
         moved, day, now()
  FROM facts CROSS JOIN LATERAL (VALUES ('receivable', opened), ('credit', credited)) e (side, moved)
  WHERE moved <> 0),
journals AS (
  INSERT INTO journal_entry (tenant_id, id, fact_kind, fact_id, customer_id, effective_on, recorded_at)
  SELECT tenant_id, journal, kind, fact, customer_id, day, now() FROM facts WHERE kind IS NOT NULL),
sides AS (
  INSERT INTO journal_line (tenant_id, journal_entry_id, account, currency, amount)
  SELECT tenant_id, journal, l.account, $3, l.amount FROM facts CROSS JOIN LATERAL (VALUES
    (1, 'receivable_control', amount), (1, 'revenue', -amount), (2, 'bank', paid), (2, 'customer_credit', -paid),
    (3, 'customer_credit', part), (3, 'receivable_control', -part)) l (of_step, account, amount) WHERE of_step = step),
audits AS (
  INSERT INTO audit_log (tenant_id, id, recorded_at, actor, action, subject_id, customer_id, before, after,
    correlation_id)
  SELECT tenant_id, audit, now(), 'bench', kind, fact, customer_id,
    jsonb_build_object('open', open_now - opened, 'unapplied', unapplied_now - credited, 'version', version_now - 1),
    jsonb_build_object('open', open_now, 'unapplied', unapplied_now, 'version', version_now), 'bench'
  FROM facts WHERE kind IS NOT NULL),
head AS (
  INSERT INTO event_stream (stream, seq) SELECT stream, count(*) FROM facts GROUP BY stream ORDER BY stream
  ON CONFLICT (stream) DO UPDATE SET seq = event_stream.seq + excluded.seq RETURNING stream, seq, era),
told AS (
  INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
  SELECT event, stream, era, seq - count(*) OVER (PARTITION BY stream) + n, 'dunlin.billing.' || told || '.v1',
    json_build_object('ce_specversion', '1.0', 'ce_id', event, 'ce_source', '/dunlin/billing', 'ce_type',
      'dunlin.billing.' || told || '.v1', 'ce_time', now(), 'ce_subject', customer_id, 'ce_dataschema',
      'dunlin:schema:dunlin.billing.' || told || '.v1', 'content-type', 'application/json', 'ce_partitionkey', stream,
      'ce_correlationid', event, 'ce_causationid', event, 'ce_recordedtime', now(), 'ce_tenantid', tenant_id)::text,
    convert_to(json_build_object('customer_id', customer_id, 'origin', 'import', 'account', json_build_object(
      'open', money(open_now), 'disputed', money(0), 'unapplied', money(unapplied_now)), 'number', number,
      'invoice_id', invoice, 'item_id', item, 'amount', money(CASE step WHEN 1 THEN amount ELSE part END),
      'on', day, 'due_on', due)::text, 'UTF8')
  FROM facts JOIN head USING (stream))
UPDATE account a SET open = f.open_now, unapplied = f.unapplied_now, entries = f.last_entry, version = f.version_now
FROM (SELECT DISTINCT ON (customer_id) * FROM facts ORDER BY customer_id, n DESC) f
WHERE a.customer_id = f.customer_id AND a.currency = $3"""
_POST = re.sub(r"money\(([^)]+)\)", r"json_build_object('amount', (\1 / 100.0)::numeric(20, 2)::text, 'currency', $3)",
               _POST)
_AGE = f"""
WITH turning AS (SELECT DISTINCT c.customer_id, $4::text AS currency FROM by_hand_staged s
                 JOIN customer c ON c.external_id = s.name WHERE s.line BETWEEN $2 AND $3) {AGE}"""


async def posted(
    connection: Any, rows: Sequence[dict[str, Any]], transactions: int, *, tenant: UUID, today: date,
) -> int:
    """Take all over; how many facts: invoices and payments. The rows are those of the import's own call."""
    currency = rows[0]["currency"]
    await connection.copy_records_to_table("by_hand_staged", columns=_COLUMNS, records=[_record(row) for row in rows])
    lines = sorted(row["line"] for row in rows)
    most = -(-len(lines) // transactions)
    for first in range(0, len(lines), most):
        part = lines[first], lines[first:first + most][-1]
        await connection.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{tenant}'")
        await connection.execute(_ACCOUNTS, *part, currency)
        await connection.execute(_POST, *part, currency)
        await connection.execute(_AGE, today, *part, currency)
        await connection.execute("COMMIT")
    return len(rows) + sum("payment" in row for row in rows)


def _record(row: dict[str, Any]) -> tuple[Any, ...]:
    invoice, payment = row["invoice"], row.get("payment")
    paid = (payment["external_id"], _minor(payment["amount"]), date.fromisoformat(payment["received_on"])) \
        if payment else (None, None, None)
    return (row["line"], row["customer_external_id"], invoice["external_id"], _minor(invoice["amount"]),
            date.fromisoformat(invoice["issued_on"]), date.fromisoformat(invoice["due_on"]), *paid)


def _minor(amount: str) -> int:
    """Two digits after the point: the limit knows no other currencies."""
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))
