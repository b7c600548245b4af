"""What must hold of what was transferred between customers that were merged."""

from sqlalchemy import text

from dunlin_kit.health import Check

_MIRRORED = text("""
SELECT t.id AS transfer, t.amount, o.amount AS left_source, i.amount AS came, o.base, i.base AS base_came
FROM balance_transfer t
LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount, sum(coalesce(e.base_amount, e.amount)) AS base FROM ledger_entry e
                   WHERE e.customer_id = t.source_id AND e.currency = t.currency AND e.fact_id = t.id) o ON true
LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount, sum(coalesce(e.base_amount, e.amount)) AS base FROM ledger_entry e
                   WHERE e.customer_id = t.into_id AND e.currency = t.currency AND e.fact_id = t.in_id) i ON true
WHERE o.amount IS DISTINCT FROM -t.amount OR i.amount IS DISTINCT FROM t.amount OR o.base IS DISTINCT FROM -i.base
LIMIT 20""")
_CLEARED = text("""
SELECT currency, sum(amount) AS amount, sum(coalesce(base_amount, amount)) AS base FROM journal_line
WHERE account = 'customer_transfer' GROUP BY 1
HAVING sum(amount) <> 0 OR sum(coalesce(base_amount, amount)) <> 0 LIMIT 20""")
_LEFT = text("""
SELECT a.customer_id, a.currency, a.open, a.unapplied, a.merged_into FROM account a
WHERE a.merged_into IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM job j WHERE j.kind = 'transfer_balances' AND j.key = a.customer_id::text AND j.state = 'waiting')
  AND (a.open <> 0 OR a.unapplied <> 0
       OR EXISTS (SELECT 1 FROM item i WHERE i.customer_id = a.customer_id)
       OR EXISTS (SELECT 1 FROM credit c WHERE c.customer_id = a.customer_id)) LIMIT 20""")
_HELD = text("""
SELECT i.id AS ref, i.customer_id, i.open AS held, coalesce(sum(e.amount), 0) AS entries FROM item i
LEFT JOIN ledger_entry e ON e.item_id = i.id AND e.customer_id = i.customer_id
GROUP BY i.tenant_id, i.id, i.customer_id, i.open
HAVING i.open <> coalesce(sum(e.amount), 0) AND EXISTS (SELECT 1 FROM balance_transfer)
UNION ALL
SELECT c.id, c.customer_id, c.unapplied, coalesce(sum(e.amount), 0) FROM credit c
LEFT JOIN ledger_entry e ON e.credit_id = c.id AND e.customer_id = c.customer_id
GROUP BY c.tenant_id, c.id, c.customer_id, c.unapplied
HAVING c.unapplied <> coalesce(sum(e.amount), 0) AND EXISTS (SELECT 1 FROM balance_transfer) LIMIT 20""")

TRANSFER_CHECKS = (
    Check("I3-transfers", "What left a customer that was merged came to the one that goes on, in base currency too.",
          _MIRRORED),
    Check("I3-cleared", "Transfers between customers sum to zero.", _CLEARED),
    Check("I1-held", "Each item and credit is what its entries sum to at the customer that has it now.", _HELD),
    Check("I1-merged", "Nothing stands under a customer that was merged, once its transfer is over.", _LEFT),
)
