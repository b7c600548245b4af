"""What reports rest on: each fact's entries are its control lines, and money received is where it went."""

from sqlalchemy import text

from billing_svc.domain.kept_ageing import NOTHING, STARTS
from billing_svc.store.ageing_statements import OPENED_BY
from dunlin_kit.health import Check

BUCKETS, _NOTHING = range(len(NOTHING)), ",".join(map(str, NOTHING))

_ROLLS = text("""
WITH entries AS (
  SELECT fact_id, sum(CASE side WHEN 'receivable' THEN amount ELSE 0 END) AS receivable,
         sum(CASE side WHEN 'receivable' THEN coalesce(base_amount, amount) ELSE 0 END) AS receivable_base,
         sum(CASE side WHEN 'credit' THEN amount ELSE 0 END) AS credit FROM ledger_entry GROUP BY 1),
booked AS (
  SELECT j.fact_id, sum(CASE WHEN l.account IN ('receivable_control', 'notes_receivable') THEN l.amount ELSE 0 END)
           AS receivable,
         sum(CASE WHEN l.account IN ('receivable_control', 'notes_receivable')
           THEN coalesce(l.base_amount, l.amount) ELSE 0 END)
           AS receivable_base,
         sum(CASE l.account WHEN 'customer_credit' THEN -l.amount ELSE 0 END) AS credit
  FROM journal_entry j JOIN journal_line l ON l.tenant_id = j.tenant_id AND l.journal_entry_id = j.id GROUP BY 1)
SELECT fact_id, e.receivable, b.receivable AS control, e.credit, b.credit AS credit_control
FROM entries e FULL JOIN booked b USING (fact_id)
WHERE coalesce(e.receivable, 0) <> coalesce(b.receivable, 0) OR coalesce(e.credit, 0) <> coalesce(b.credit, 0)
   OR coalesce(e.receivable_base, 0) <> coalesce(b.receivable_base, 0) LIMIT 20""")
_BANK = text("""
WITH received AS (
  SELECT currency, sum(amount) AS amount FROM ledger_entry
  WHERE fact_kind IN ('payment_confirmed', 'payment_reversed', 'refund_paid', 'refund_reversed') GROUP BY 1),
banked AS (SELECT currency, sum(amount) AS amount FROM journal_line WHERE account = 'bank' GROUP BY 1)
SELECT currency, r.amount AS received, b.amount AS bank FROM received r FULL JOIN banked b USING (currency)
WHERE coalesce(r.amount, 0) <> coalesce(b.amount, 0) LIMIT 20""")

_AGED = text(f"""
WITH placed AS (
  SELECT i.customer_id, i.currency, i.open, i.due_on, width_bucket(a.aged_on - i.due_on, s.days) AS bucket, s.days
  FROM item i JOIN account a USING (tenant_id, customer_id, currency)
  CROSS JOIN (SELECT ARRAY{list(STARTS)} AS days) s WHERE i.open > 0),
found AS (
  SELECT customer_id, currency, min(due_on + days[bucket + 1]) AS turns_on,
         ARRAY[{", ".join(f"coalesce(sum(open) FILTER (WHERE bucket = {n}), 0)" for n in BUCKETS)}]::bigint[] AS aged,
         ARRAY[{", ".join(f"count(*) FILTER (WHERE bucket = {n})" for n in BUCKETS)}]::bigint[] AS aged_items
  FROM placed GROUP BY 1, 2)
SELECT a.customer_id, a.currency, a.aged_on, a.aged, f.aged AS found, a.aged_items, f.aged_items AS found_items,
       a.turns_on, f.turns_on AS found_turns_on
FROM account a LEFT JOIN found f USING (customer_id, currency)
WHERE a.aged <> coalesce(f.aged, '{{{_NOTHING}}}') OR a.aged_items <> coalesce(f.aged_items, '{{{_NOTHING}}}')
   OR (f.turns_on IS NOT NULL AND (a.turns_on IS NULL OR a.turns_on > f.turns_on)) LIMIT 20""")  # noqa: S608  constants

_OPENED = text(f"""
SELECT i.id AS item, i.effective_on, e.opened, e.opened_on, e.first_on FROM item i LEFT JOIN (
  SELECT item_id, count(*) FILTER (WHERE fact_kind IN ({OPENED_BY})) AS opened, min(effective_on) AS first_on,
         min(effective_on) FILTER (WHERE fact_kind IN ({OPENED_BY})) AS opened_on
  FROM ledger_entry WHERE item_id IS NOT NULL GROUP BY 1) e ON e.item_id = i.id
WHERE e.opened IS DISTINCT FROM 1 OR e.opened_on <> i.effective_on OR e.first_on <> i.effective_on LIMIT 20""")  # noqa: S608  constants

REPORT_CHECKS = (
    Check("I3-aged", "What an account keeps by age is what its open items are that day, until one of them turns.",
          _AGED),
    Check("I3-opened", "One fact opens an item, on the item's own day, and nothing moves it before: so ageing of the "
          "past may begin at what is open now.", _OPENED),
    Check("I3-facts", "What each fact did to items and credits is what it booked on their controls.", _ROLLS),
    Check("I3-bank", "What was received and not paid out is in the bank.", _BANK),
)
