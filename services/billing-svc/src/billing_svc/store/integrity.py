"""What must hold in the ledger whatever happened: each statement returns what breaks it, for the tenant in force."""

from sqlalchemy import text

from billing_svc.store.integrity_bills import BILL_CHECKS
from billing_svc.store.integrity_compensations import COMPENSATION_CHECKS
from billing_svc.store.integrity_credits import CREDIT_CHECKS
from billing_svc.store.integrity_deliveries import DELIVERY_CHECKS
from billing_svc.store.integrity_deposits import DEPOSIT_CHECKS
from billing_svc.store.integrity_exchange import EXCHANGE_CHECKS
from billing_svc.store.integrity_facts import FACT_CHECKS
from billing_svc.store.integrity_items import ITEM_CHECKS
from billing_svc.store.integrity_reports import REPORT_CHECKS
from billing_svc.store.integrity_transfers import TRANSFER_CHECKS
from dunlin_kit.health import SEQUENCES, Check

_ITEMS = text("""
SELECT i.id AS item, i.open, coalesce(e.sum, 0) AS entries, i.amount, coalesce(a.sum, 0) AS allocated,
       coalesce(e.voided, 0) AS voided, coalesce(e.ended, 0) AS ended, d.status FROM item i
LEFT JOIN invoice d ON d.tenant_id = i.tenant_id AND d.id = i.invoice_id AND i.kind = 'invoice'
LEFT JOIN (SELECT item_id, sum(amount), -sum(amount) FILTER (WHERE fact_kind = 'invoice_voided') AS voided,
             -sum(amount) FILTER (WHERE fact_kind NOT IN ('invoice_issued', 'fee_charged', 'interest_charged',
               'refund_reclaimed', 'bill_held', 'invoice_voided', 'credit_allocated', 'allocation_reversed')) AS ended
           FROM ledger_entry WHERE item_id IS NOT NULL GROUP BY 1) e ON e.item_id = i.id
LEFT JOIN (SELECT a.item_id, sum(a.amount + a.discount) FROM allocation a
           WHERE NOT EXISTS (SELECT 1 FROM allocation_reversal r
             WHERE r.tenant_id = a.tenant_id AND r.allocation_id = a.id) GROUP BY 1) a ON a.item_id = i.id
WHERE i.open <> coalesce(e.sum, 0)
   OR i.amount <> i.open + coalesce(a.sum, 0) + coalesce(e.voided, 0) + coalesce(e.ended, 0)
   OR coalesce(e.voided, 0) <> CASE d.status WHEN 'void' THEN i.amount ELSE 0 END LIMIT 20""")
_CREDITS = text("""
SELECT c.id AS credit, c.unapplied, coalesce(e.sum, 0) AS entries, c.amount, coalesce(a.sum, 0) AS allocated,
       coalesce(p.sum, 0) AS refunded
FROM credit c LEFT JOIN (
  SELECT credit_id, sum(amount) FROM ledger_entry WHERE credit_id IS NOT NULL GROUP BY 1) e ON e.credit_id = c.id
LEFT JOIN (SELECT a.credit_id, sum(a.amount) FROM allocation a WHERE NOT EXISTS (SELECT 1 FROM allocation_reversal r
             WHERE r.tenant_id = a.tenant_id AND r.allocation_id = a.id) GROUP BY 1) a ON a.credit_id = c.id
LEFT JOIN (SELECT p.credit_id, sum(p.amount) FROM refund p WHERE NOT EXISTS (SELECT 1 FROM refund_reversal r
             WHERE r.tenant_id = p.tenant_id AND r.refund_id = p.id) AND NOT EXISTS (SELECT 1 FROM refund_reclaim r
             WHERE r.tenant_id = p.tenant_id AND r.refund_id = p.id) GROUP BY 1) p ON p.credit_id = c.id
LEFT JOIN (SELECT x.payment_id, sum(x.given) FROM credit_exchange x WHERE NOT EXISTS (
             SELECT 1 FROM credit_exchange_reversal r WHERE r.tenant_id = x.tenant_id AND r.credit_exchange_id = x.id)
           GROUP BY 1) x ON x.payment_id = c.id
WHERE c.unapplied <> coalesce(e.sum, 0)
   OR (c.state = 'confirmed' AND c.amount <> c.unapplied + coalesce(a.sum, 0) + coalesce(p.sum, 0)
                                + coalesce(x.sum, 0))
   OR (c.state <> 'confirmed' AND (c.unapplied <> 0 OR coalesce(a.sum, 0) <> 0 OR coalesce(p.sum, 0) <> 0
                                OR coalesce(x.sum, 0) <> 0))
LIMIT 20""")
_UNCERTAIN = text("""
SELECT c.id AS credit, c.state, d.decision FROM credit c
LEFT JOIN payment_decision d ON d.tenant_id = c.tenant_id AND d.credit_id = c.id
WHERE (c.state IN ('pending', 'rejected', 'expired') AND EXISTS (
        SELECT 1 FROM ledger_entry e WHERE e.tenant_id = c.tenant_id AND e.credit_id = c.id))
   OR (c.state IN ('rejected', 'expired') AND d.decision IS DISTINCT FROM c.state)
   OR (c.state = 'pending' AND d.decision IS NOT NULL)
   OR (c.state IN ('confirmed', 'reversed') AND coalesce(d.decision, 'confirmed') <> 'confirmed') LIMIT 20""")
_ONE_PERSON = text("""
SELECT c.id AS credit, c.second_person, c.actor AS maker, d.actor AS checker FROM credit c
LEFT JOIN payment_decision d ON d.tenant_id = c.tenant_id AND d.credit_id = c.id
WHERE c.second_person IS NOT NULL AND c.state IN ('confirmed', 'reversed')
  AND (d.actor IS NULL OR d.actor = c.actor) LIMIT 20""")
_PAST = text("""
SELECT coalesce(item_id, credit_id) AS ref, effective_on, balance FROM (
  SELECT item_id, credit_id, effective_on,
         sum(sum(amount)) OVER (PARTITION BY item_id, credit_id ORDER BY effective_on) AS balance
  FROM ledger_entry GROUP BY item_id, credit_id, effective_on) b WHERE balance < 0 LIMIT 20""")
_BALANCED = text("""
SELECT journal_entry_id, currency, sum(amount) FROM journal_line GROUP BY 1, 2 HAVING sum(amount) <> 0 LIMIT 20""")
_CONTROLS = text("""
WITH booked AS (
  SELECT e.customer_id, l.currency,
         coalesce(sum(l.amount) FILTER (
           WHERE l.account IN ('receivable_control', 'notes_receivable')), 0) AS receivables,
         -coalesce(sum(l.amount) FILTER (WHERE l.account = 'customer_credit'), 0) AS credit
  FROM journal_entry e JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.journal_entry_id = e.id GROUP BY 1, 2),
items AS (SELECT customer_id, currency, sum(open) AS open, sum(disputed) AS disputed FROM item GROUP BY 1, 2),
credits AS (SELECT customer_id, currency, sum(unapplied) AS unapplied FROM credit GROUP BY 1, 2)
SELECT customer_id, currency, a.open, i.open AS items, b.receivables AS control, a.unapplied, c.unapplied AS credits,
       b.credit AS credit_control
FROM account a FULL JOIN booked b USING (customer_id, currency) FULL JOIN items i USING (customer_id, currency)
FULL JOIN credits c USING (customer_id, currency)
WHERE coalesce(a.open, -1) <> coalesce(i.open, 0) OR coalesce(a.open, -1) <> coalesce(b.receivables, 0)
   OR coalesce(a.disputed, -1) <> coalesce(i.disputed, 0) OR coalesce(a.unapplied, -1) <> coalesce(c.unapplied, 0)
   OR coalesce(a.unapplied, -1) <> coalesce(b.credit, 0) LIMIT 20""")
_ENTRIES = text("""
SELECT customer_id, currency, a.entries, count(e.position) AS found, max(e.position) AS last FROM account a
LEFT JOIN ledger_entry e USING (tenant_id, customer_id, currency) GROUP BY 1, 2, 3
HAVING a.entries <> count(e.position) OR a.entries <> coalesce(max(e.position), 0) LIMIT 20""")
_DATES = text("""
SELECT a.id AS fact, a.effective_on, greatest(i.effective_on, c.effective_on) AS earliest FROM allocation a
JOIN item i ON i.tenant_id = a.tenant_id AND i.id = a.item_id
JOIN credit c ON c.tenant_id = a.tenant_id AND c.id = a.credit_id
WHERE a.effective_on < greatest(i.effective_on, c.effective_on)
UNION ALL
SELECT r.id, r.effective_on, a.effective_on FROM allocation_reversal r
JOIN allocation a ON a.tenant_id = r.tenant_id AND a.id = r.allocation_id WHERE r.effective_on < a.effective_on
UNION ALL
SELECT v.id, v.effective_on, i.effective_on FROM invoice_void v
JOIN item i ON i.tenant_id = v.tenant_id AND i.invoice_id = v.invoice_id AND i.kind = 'invoice'
WHERE v.effective_on < i.effective_on
UNION ALL
SELECT r.id, r.effective_on, c.effective_on FROM payment_reversal r
JOIN credit c ON c.tenant_id = r.tenant_id AND c.id = r.credit_id WHERE r.effective_on < c.effective_on LIMIT 20""")
_LOCKED = text("""
SELECT e.fact_id, e.effective_on, e.recorded_at, l.closed_until FROM journal_entry e
JOIN period_lock l ON l.hard AND e.effective_on <= l.closed_until AND (e.recorded_at, e.id) > (l.recorded_at, l.id)
LIMIT 20""")
"""Both ids are made behind the posting barrier: they tell what came after where the clock of a sandbox stands."""
_NUMBERS = text("""
SELECT series, next_number, found, last FROM (
  SELECT s.series, s.next_number, count(i.id) AS found,
         max(substring(i.number FROM '[0-9]+$')::bigint) AS last FROM number_series s
  LEFT JOIN (SELECT tenant_id, id, series, number FROM invoice WHERE number IS NOT NULL
             UNION ALL SELECT tenant_id, id, series, number FROM credit_note
             UNION ALL SELECT tenant_id, id, series, number FROM charge
             UNION ALL SELECT tenant_id, id, 'DEP', number FROM deposit_request) i
    ON i.tenant_id = s.tenant_id AND i.series = s.series GROUP BY 1, 2) n
WHERE found <> next_number - 1 OR coalesce(last, 0) <> next_number - 1 LIMIT 20""")
_ORDER = text("""
SELECT number, issued_on, before FROM (
  SELECT number, issued_on, lag(issued_on) OVER (
    PARTITION BY series ORDER BY substring(number FROM '[0-9]+$')::bigint) AS before
  FROM (SELECT series, number, issued_on FROM invoice WHERE number IS NOT NULL
        UNION ALL SELECT series, number, issued_on FROM credit_note) d) n WHERE issued_on < before LIMIT 20""")

CHECKS = (
    Check("I1", "Each item is open by its entries, and amount = open + allocated + voided + ended otherwise, net.",
          _ITEMS),
    Check("I2", "Each credit is unapplied by its entries, and amount = unapplied + allocated + refunded.", _CREDITS),
    Check("I1-past", "No item and no credit was below zero on any day.", _PAST),
    Check("I3", "Each journal entry sums to zero.", _BALANCED),
    Check("I3-controls", "Controls = open items = accounts; customer credit = unapplied credit = accounts.", _CONTROLS),
    Check("I3-entries", "The ledger entries of an account are numbered 1 to n.", _ENTRIES),
    Check("I4", "Facts of each stream are numbered 1 to n without a hole.", SEQUENCES),
    *FACT_CHECKS,
    Check("I14", "Nothing takes effect before what it rests on.", _DATES),
    Check("I14-locked", "Nothing in a hard-locked period was recorded after the lock.", _LOCKED),
    Check("I15", "The numbers of a series are 1 to n.", _NUMBERS),
    Check("I15-order", "Numbers never run against issue dates.", _ORDER),
    Check("I18", "What is pending, rejected or expired has moved nothing, and ended as it was decided.", _UNCERTAIN),
    Check("I19", "What a second person must confirm was not confirmed by the one who recorded it.", _ONE_PERSON),
    *CREDIT_CHECKS,
    *ITEM_CHECKS,
    *DELIVERY_CHECKS,
    *DEPOSIT_CHECKS,
    *BILL_CHECKS,
    *COMPENSATION_CHECKS,
    *EXCHANGE_CHECKS,
    *REPORT_CHECKS,
    *TRANSFER_CHECKS,
)
