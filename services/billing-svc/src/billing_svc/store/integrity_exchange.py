"""What must hold in base currency, whatever happened in others."""

from sqlalchemy import text

from dunlin_kit.health import Check

_BALANCED = text("""
SELECT journal_entry_id, sum(coalesce(base_amount, amount)) FROM journal_line GROUP BY 1
HAVING sum(coalesce(base_amount, amount)) <> 0 LIMIT 20""")
_CARRIED = text("""
WITH entries AS (
  SELECT coalesce(item_id, credit_id) AS ref_id, sum(amount) AS open, sum(coalesce(base_amount, amount)) AS base
  FROM ledger_entry WHERE currency <> (SELECT currency FROM tenant) GROUP BY 1)
SELECT ref_id, e.open, c.open AS left_open, e.base, c.base AS carried
FROM entries e FULL JOIN carried_amount c USING (ref_id)
WHERE coalesce(e.open, 0) <> coalesce(c.open, 0) OR coalesce(e.base, 0) <> coalesce(c.base, 0)
   OR (coalesce(c.open, 0) = 0 AND coalesce(c.base, 0) <> 0) LIMIT 20""")
_CONTROLS = text("""
WITH booked AS (
  SELECT e.customer_id, l.currency,
         sum(CASE l.account WHEN 'receivable_control' THEN coalesce(l.base_amount, l.amount) ELSE 0 END) AS receivables,
         sum(CASE l.account WHEN 'customer_credit' THEN -coalesce(l.base_amount, l.amount) ELSE 0 END) AS credit
  FROM journal_entry e JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.journal_entry_id = e.id
  WHERE l.currency <> (SELECT currency FROM tenant) GROUP BY 1, 2),
carried AS (
  SELECT customer_id, currency, coalesce(sum(base) FILTER (WHERE side = 'receivable'), 0) AS receivables,
         coalesce(sum(base) FILTER (WHERE side = 'credit'), 0) AS credit FROM carried_amount GROUP BY 1, 2)
SELECT customer_id, currency, b.receivables AS control, c.receivables, b.credit AS credit_control, c.credit,
       a.base_open, a.base_unapplied
FROM booked b FULL JOIN carried c USING (customer_id, currency) LEFT JOIN account a USING (customer_id, currency)
WHERE coalesce(b.receivables, 0) <> coalesce(c.receivables, 0) OR coalesce(b.credit, 0) <> coalesce(c.credit, 0)
   OR coalesce(b.receivables, 0) <> coalesce(a.base_open, 0) OR coalesce(b.credit, 0) <> coalesce(a.base_unapplied, 0)
LIMIT 20""")

EXCHANGE_CHECKS = (
    Check("I3-base", "Each journal entry sums to zero in base currency.", _BALANCED),
    Check("I3-carried", "What is carried equals its entries in base currency; nothing left is carried for nothing.",
          _CARRIED),
    Check("I3-base-controls", "Both controls in base currency equal what items, credits and accounts are carried for.",
          _CONTROLS),
)
