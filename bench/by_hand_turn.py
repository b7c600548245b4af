"""The limit of the turn of the day: two set statements, in slices as ours, under row-level security.

A slice is BEGIN with the tenant, one statement, COMMIT. The first ages accounts that nobody holds; the second marks
items that have fallen overdue and tells of them, each in its stream. No arrangements, interest or forecasts are looked
for, and nothing is paced.
"""

import time
from datetime import date
from typing import Any
from uuid import UUID

ACCOUNTS, ITEMS = 160, 200
_BUCKETS = ("d < 1", "d BETWEEN 1 AND 30", "d BETWEEN 31 AND 60", "d BETWEEN 61 AND 90", "d > 90")
_OPEN = ", ".join(f"coalesce(sum(open) FILTER (WHERE {one}), 0)::bigint" for one in _BUCKETS)
_COUNTS = ", ".join(f"count(*) FILTER (WHERE {one})" for one in _BUCKETS)
AGE = f"""
UPDATE account a SET aged_on = $1, turns_on = f.turns_on, aged = f.aged, aged_items = f.items
FROM turning t CROSS JOIN LATERAL (
  SELECT array[{_OPEN}] AS aged, array[{_COUNTS}] AS items,
         min(due_on + CASE WHEN d < 1 THEN 1 WHEN d < 31 THEN 31 WHEN d < 61 THEN 61 WHEN d < 91 THEN 91 END)
           AS turns_on
  FROM (SELECT i.open, i.due_on, $1::date - i.due_on AS d FROM item i
        WHERE i.open > 0 AND i.customer_id = t.customer_id AND i.currency = t.currency) aged) f
WHERE a.customer_id = t.customer_id AND a.currency = t.currency"""
"""Of the accounts of `turning`, as of $1."""
_AGE = f"""
WITH turning AS (
  SELECT customer_id, currency FROM account WHERE turns_on <= $1::date
  ORDER BY turns_on, customer_id, currency LIMIT {ACCOUNTS} FOR NO KEY UPDATE SKIP LOCKED) {AGE}"""
_TELL = f"""
WITH fallen AS (
  SELECT id, customer_id, currency FROM item
  WHERE open > 0 AND standing_due_on < $1::date AND overdue_told_version < due_version
  ORDER BY standing_due_on, id LIMIT {ITEMS}),
held AS (
  SELECT a.customer_id, a.currency FROM account a
  WHERE (a.customer_id, a.currency) IN (SELECT customer_id, currency FROM fallen)
  ORDER BY a.customer_id, a.currency FOR NO KEY UPDATE SKIP LOCKED),
told AS (
  UPDATE item i SET overdue_told_version = i.due_version FROM fallen f JOIN held USING (customer_id, currency)
  WHERE i.id = f.id AND i.open > 0 AND i.overdue_told_version < i.due_version
  RETURNING uuidv7() AS event, i.tenant_id || ':' || i.customer_id AS stream, i.*),
head AS (
  INSERT INTO event_stream (stream, seq) SELECT stream, count(*) FROM told GROUP BY stream ORDER BY stream
  ON CONFLICT (stream) DO UPDATE SET seq = event_stream.seq + excluded.seq RETURNING stream, seq, era)
INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
SELECT event, stream, era, seq + 1 - row_number() OVER (PARTITION BY stream), 'dunlin.billing.InvoiceOverdue.v1',
  json_build_object('ce_specversion', '1.0', 'ce_id', event, 'ce_source', '/dunlin/billing', 'ce_type',
    'dunlin.billing.InvoiceOverdue.v1', 'ce_time', now(), 'ce_subject', customer_id, 'ce_dataschema',
    'dunlin:schema:dunlin.billing.InvoiceOverdue.v1', 'content-type', 'application/json', 'ce_partitionkey', stream,
    'ce_correlationid', event, 'ce_causationid', event, 'ce_recordedtime', now(), 'ce_tenantid', tenant_id)::text,
  convert_to(json_build_object('customer_id', customer_id, 'invoice_id', invoice_id, 'item_id', id, 'number', number,
    'due_on', standing_due_on, 'due_version', due_version, 'open',
    json_build_object('amount', (open / 100.0)::numeric(20, 2)::text, 'currency', currency))::text, 'UTF8')
FROM told JOIN head USING (stream)"""


async def turned(connection: Any, tenant: UUID, today: date) -> list[float]:
    """Turn the whole day; seconds of each slice."""
    slices = list[float]()
    for statement in (_AGE, _TELL):
        rows = -1
        while rows:
            began = time.perf_counter()
            await connection.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{tenant}'")
            rows = int((await connection.execute(statement, today)).split()[-1])
            await connection.execute("COMMIT")
            slices.append(time.perf_counter() - began)
    return slices
