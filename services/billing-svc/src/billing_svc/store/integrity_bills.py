"""What must hold of bills of exchange: each is owed for what it settled, and all of them are what notes receivable
say."""

from sqlalchemy import text

from dunlin_kit.health import Check

_SETTLED = text("""
SELECT b.id AS bill, b.amount, i.amount AS owed, i.open, p.amount AS settled, d.id AS dishonour FROM bill b
LEFT JOIN item i ON i.tenant_id = b.tenant_id AND i.id = b.item_id AND i.kind = 'bill'
LEFT JOIN (SELECT tenant_id, bill_id, sum(amount) AS amount FROM bill_part GROUP BY 1, 2) p
  ON p.tenant_id = b.tenant_id AND p.bill_id = b.id
LEFT JOIN bill_dishonour d ON d.tenant_id = b.tenant_id AND d.bill_id = b.id
WHERE b.amount IS DISTINCT FROM i.amount OR b.amount IS DISTINCT FROM p.amount
   OR (d.id IS NOT NULL AND i.open <> 0) LIMIT 20""")
_NOTES = text("""
WITH held AS (SELECT currency, sum(open) AS amount FROM item WHERE kind = 'bill' GROUP BY 1),
booked AS (SELECT currency, sum(amount) FILTER (WHERE account = 'notes_receivable') AS notes,
                  sum(amount) FILTER (WHERE account = 'bills_clearing') AS clearing FROM journal_line
           WHERE account IN ('notes_receivable', 'bills_clearing') GROUP BY 1)
SELECT currency, h.amount AS held, b.notes, b.clearing FROM held h FULL JOIN booked b USING (currency)
WHERE coalesce(h.amount, 0) <> coalesce(b.notes, 0) OR coalesce(b.clearing, 0) <> 0 LIMIT 20""")

BILL_CHECKS = (
    Check("I1-bills", "Each bill is owed for just what it settled, and one that was dishonoured is not.", _SETTLED),
    Check("I3-bills", "Notes receivable are what is open of bills, and their clearing is empty.", _NOTES),
)
