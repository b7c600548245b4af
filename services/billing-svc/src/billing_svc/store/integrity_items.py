"""What must hold of the facts about items beside money: disputes, arrangements and write-offs."""

from sqlalchemy import text

from dunlin_kit.health import Check

_DISPUTES = text("""
SELECT coalesce(d.item_id, i.id) AS item, i.open, i.disputed, d.contested FROM item i
FULL JOIN (SELECT tenant_id, item_id, sum(rest) AS contested FROM dispute GROUP BY 1, 2) d
  ON d.tenant_id = i.tenant_id AND d.item_id = i.id
WHERE coalesce(i.disputed, -1) <> coalesce(d.contested, 0) OR i.disputed > i.open LIMIT 20""")
_SETTLEMENTS = text("""
SELECT d.id AS dispute, d.amount, d.rest, s.settled FROM dispute d
LEFT JOIN (SELECT dispute_id, sum(amount) AS settled FROM dispute_settlement GROUP BY 1) s ON s.dispute_id = d.id
WHERE d.amount <> d.rest + coalesce(s.settled, 0) LIMIT 20""")
_STANDING = text("""
SELECT i.id AS item, i.due_on, i.standing_due_on, i.due_version, i.arrangement_id, a.state, s.due_on AS told FROM item i
LEFT JOIN arrangement a ON a.tenant_id = i.tenant_id AND a.id = i.arrangement_id
LEFT JOIN standing_due s ON s.tenant_id = i.tenant_id AND s.item_id = i.id AND s.due_version = i.due_version
  AND s.position = 1
WHERE (i.arrangement_id IS NULL AND i.standing_due_on <> i.due_on)
   OR (i.arrangement_id IS NOT NULL AND a.state IS DISTINCT FROM 'active')
   OR i.standing_due_on <> coalesce(s.due_on, i.due_on) OR (i.due_version > 1 AND s.due_on IS NULL) LIMIT 20""")
_WRITTEN_OFF = text("""
SELECT i.id AS item, i.written_off, coalesce(e.sum, 0) AS entries, coalesce(w.sum, 0) AS standing FROM item i
LEFT JOIN (SELECT item_id, -sum(amount) AS sum FROM ledger_entry
           WHERE fact_kind IN ('debt_written_off', 'debt_recovered', 'recovery_reversed', 'write_off_reversed')
           GROUP BY 1) e
  ON e.item_id = i.id
LEFT JOIN (SELECT item_id, sum(amount - recovered) AS sum FROM write_off WHERE state = 'approved' GROUP BY 1) w
  ON w.item_id = i.id
WHERE i.written_off <> coalesce(e.sum, 0) OR i.written_off <> coalesce(w.sum, 0) LIMIT 20""")
_RECOVERED = text("""
SELECT w.id AS write_off, w.state, w.amount, w.recovered, coalesce(r.sum, 0) AS recoveries, v.amount AS reversed
FROM write_off w LEFT JOIN (
  SELECT d.write_off_id, sum(d.amount) FROM debt_recovery d WHERE NOT EXISTS (
    SELECT 1 FROM recovery_reversal b WHERE b.tenant_id = d.tenant_id AND b.recovery_id = d.id)
  GROUP BY 1) r ON r.write_off_id = w.id
LEFT JOIN write_off_reversal v ON v.tenant_id = w.tenant_id AND v.write_off_id = w.id
WHERE w.recovered <> coalesce(r.sum, 0) OR (w.state = 'reversed') <> (v.id IS NOT NULL)
   OR (v.id IS NOT NULL AND w.amount <> w.recovered + v.amount)
   OR (w.state IN ('approved', 'reversed') AND (w.checker IS NULL OR w.checker = w.maker OR w.effective_on IS NULL))
LIMIT 20""")
_LOST_AGAIN = text("""
SELECT a.allocation_id AS allocation, a.recovery_id AS recovery, w.state, b.id AS reversal FROM allocated_loss a
JOIN debt_recovery d ON d.tenant_id = a.tenant_id AND d.id = a.recovery_id
JOIN write_off w ON w.tenant_id = d.tenant_id AND w.id = d.write_off_id
LEFT JOIN interest_waiver l ON l.tenant_id = w.tenant_id AND l.item_id = w.item_id
LEFT JOIN fee_waiver f ON f.tenant_id = w.tenant_id AND f.item_id = w.item_id
LEFT JOIN recovery_reversal b ON b.tenant_id = d.tenant_id AND b.recovery_id = d.id
LEFT JOIN allocation_reversal v ON v.tenant_id = a.tenant_id AND v.allocation_id = a.allocation_id
WHERE (b.id IS NOT NULL AND v.id IS NULL) OR (
  b.id IS NULL AND v.id IS NOT NULL AND w.state = 'approved' AND l.id IS NULL AND f.id IS NULL) LIMIT 20""")
_INTEREST = text("""
SELECT a.item_id AS item, a.charged, coalesce(c.sum, 0) AS charges, coalesce(w.sum, 0) AS recomputed
FROM interest_account a
LEFT JOIN (SELECT i.claim_item_id, sum(i.amount) FROM item i WHERE i.kind = 'interest' GROUP BY 1) c
  ON c.claim_item_id = a.item_id
LEFT JOIN (SELECT i.claim_item_id, sum(w.amount) FROM interest_waiver w
           JOIN item i ON i.tenant_id = w.tenant_id AND i.id = w.item_id WHERE w.reason = 'recomputed' GROUP BY 1) w
  ON w.claim_item_id = a.item_id
WHERE a.charged <> coalesce(c.sum, 0) - coalesce(w.sum, 0) LIMIT 20""")
_LET_GO = text("""
SELECT w.id AS waiver, w.maker, w.checker, w.reason FROM interest_waiver w
WHERE w.reason <> 'recomputed' AND (w.checker IS NULL OR w.checker = w.maker) LIMIT 20""")
_FEES = text("""
SELECT item_id, coalesce(e.sum, 0) AS entries, coalesce(w.sum, 0) AS waived
FROM (SELECT item_id, -sum(amount) AS sum FROM ledger_entry WHERE fact_kind = 'fee_waived' GROUP BY 1) e
FULL JOIN (SELECT item_id, sum(amount) FROM fee_waiver GROUP BY 1) w USING (item_id)
WHERE coalesce(e.sum, 0) <> coalesce(w.sum, 0) LIMIT 20""")
_UNTOLD = text("""
WITH facts AS (SELECT 'DisputeOpened' AS fact, count(*) AS n FROM dispute
               UNION ALL SELECT 'DisputeSettled', count(*) FROM dispute_settlement
               UNION ALL SELECT 'ArrangementAgreed', count(*) FROM arrangement
               UNION ALL SELECT 'ArrangementRevised', coalesce(sum(version - 1), 0) FROM arrangement
               UNION ALL SELECT 'Arrangement' || initcap(split_part(action, '_', 2)), count(*) FROM audit_log
               WHERE action IN ('arrangement_advanced', 'arrangement_completed', 'arrangement_defaulted',
                                'arrangement_reinstated') GROUP BY 1)
SELECT fact, n AS facts, coalesce(t.told, 0) AS told FROM facts LEFT JOIN facts_told() t USING (fact)
WHERE n <> coalesce(t.told, 0) LIMIT 20""")

ITEM_CHECKS = (
    Check("I6-items", "Each fact about an item that moves no money was told of exactly once.", _UNTOLD),
    Check("I16", "What is disputed of an item is what its disputes contest, and no more than is open.", _DISPUTES),
    Check("I16-arranged", "The due date that stands for an item is that of its active arrangement, else its own.",
          _STANDING),
    Check("I16-written-off", "What is written off of an item, net of recoveries, is what its write-offs say.",
          _WRITTEN_OFF),
    Check("I16-recovered", "No more was recovered than written off, and another person than its maker approved it.",
          _RECOVERED),
    Check("I16-lost-again", "What recovered a debt stands while what it paid stands, and no longer but where that was"
          " waived.", _LOST_AGAIN),
    Check("I1-interest", "What was charged on an item is its interest, less what was recomputed.", _INTEREST),
    Check("I19-waivers", "What was let go was approved by another person than its maker.", _LET_GO),
    Check("I16-fees", "What was let go of a fee is what its waivers say.", _FEES),
    Check("I16-settled", "Each dispute is what is contested still and what was settled of it.", _SETTLEMENTS),
)
