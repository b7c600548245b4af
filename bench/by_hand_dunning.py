"""The limit of a dunning run: what is owed and who is written to by one look each, then judgment and queue in SQL.

All customers of a tenant in one durable transaction under row-level security: items whose level is due, of active
customers who can be written to and to whom nothing is under way, but for what is disputed or covered by credit; a
message with its items, and a rendered text. Nothing is in slices, no time of day is kept, no letter can be another.
"""

from datetime import date
from typing import Any
from uuid import UUID

_OWING = """SELECT a.customer_id, a.open - a.disputed - a.unapplied AS owed FROM account a
            WHERE a.open > a.disputed + a.unapplied AND a.customer_id = ANY($1)"""
_REACHED = """SELECT DISTINCT ON (t.customer_id) t.customer_id, t.name, t.email, t.language
              FROM contact t JOIN customer c ON c.id = t.customer_id
              WHERE c.status = 'active' AND t.purposes @> '{dunning}' AND t.email IS NOT NULL
                AND t.customer_id = ANY($1) ORDER BY t.customer_id, t.id"""
_DUE = "SELECT DISTINCT customer_id FROM dunned_item WHERE next_on <= $1"
_QUEUE = """
WITH run AS (SELECT current_setting('dunlin.tenant')::uuid AS tenant, uuidv7() AS job),
reach AS (SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[])
          r (customer, name, email, language, owed)),
due AS (
  SELECT d.* FROM dunned_item d JOIN reach r ON r.customer = d.customer_id
  WHERE d.next_on <= $1 AND d.active AND d.open > d.disputed),
judged AS (
  SELECT r.*, uuidv7() AS message, d.items, d.level, d.text
  FROM reach r JOIN customer c ON c.customer_id = r.customer AND c.refused_on IS NULL AND c.opted_out_on IS NULL
  JOIN (SELECT customer_id, count(*) AS items, max(next_level) AS level, string_agg(
          format('%s  %s  %s %s', number, due_on, (open / 100.0)::numeric(20, 2), currency), E'\\n' ORDER BY due_on, id)
          AS text FROM due GROUP BY 1) d ON d.customer_id = r.customer
  WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.customer_id = r.customer AND m.status IN ('queued', 'sending'))),
queued AS (
  INSERT INTO message (tenant_id, id, customer_id, job_id, judged_on, status, channel, level, policy_version, language,
    tone, looked_at, recorded_at)
  SELECT tenant, message, customer, job, $1, 'queued', 'email', level, 1, language, 'friendly', now(), now()
  FROM judged CROSS JOIN run),
steps AS (
  INSERT INTO message_item (tenant_id, message_id, item_id, invoice_id, number, due_on, due_version, policy_version,
    level, offset_days, currency, amount, outcome)
  SELECT tenant, j.message, d.id, d.invoice_id, d.number, d.due_on, d.due_version, 1, d.next_level, 3, d.currency,
    d.open - d.disputed, 'sending' FROM due d JOIN judged j ON j.customer = d.customer_id CROSS JOIN run)
INSERT INTO message_content (tenant_id, message_id, customer_id, recipient, subject, body)
SELECT tenant, message, customer, email, format('Reminder: %s invoices', items),
  format(E'%s,\\n\\nplease pay what is due:\\n\\n%s\\n\\nIn all %s.\\n', name, text, (owed / 100.0)::numeric(20, 2))
FROM judged CROSS JOIN run"""


async def queued(notify: Any, billing: Any, customer: Any, *, tenant: UUID, today: date) -> int:
    """Judge and queue; how many messages there are. The connections are of the services' own roles."""
    due = [row[0] for row in await _as(notify, tenant, _DUE, today)]
    owed = {row["customer_id"]: row["owed"] for row in await _as(billing, tenant, _OWING, due)}
    reached = [row for row in await _as(customer, tenant, _REACHED, due) if row["customer_id"] in owed]
    columns = [[row[name] for row in reached] for name in ("customer_id", "name", "email", "language")]
    await notify.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{tenant}'")
    said = await notify.execute(_QUEUE, today, *columns, [owed[one] for one in columns[0]])
    await notify.execute("COMMIT")
    return int(said.split()[-1])


async def _as(connection: Any, tenant: UUID, text: str, value: Any) -> list[Any]:
    await connection.execute(f"BEGIN READ ONLY; SET LOCAL dunlin.tenant = '{tenant}'")
    rows = list(await connection.fetch(text, value))
    await connection.execute("COMMIT")
    return rows
