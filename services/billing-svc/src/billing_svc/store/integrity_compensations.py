"""What must hold of third parties' money: what is theirs of claims is what they paid less what was passed on
or given back."""

from sqlalchemy import text

from dunlin_kit.health import Check

_BOOKED = text("""
WITH paid AS (
  SELECT c.currency, sum(c.amount) - coalesce(sum(s.amount), 0) AS amount FROM compensation c LEFT JOIN LATERAL (
    SELECT sum(x.amount) AS amount FROM (
      SELECT tenant_id, compensation_id, amount FROM compensation_share
      UNION ALL SELECT tenant_id, compensation_id, amount FROM compensation_reversal) x
    WHERE x.tenant_id = c.tenant_id AND x.compensation_id = c.id) s ON true GROUP BY 1),
booked AS (SELECT currency, -sum(amount) AS amount FROM journal_line WHERE account = 'third_party_claims' GROUP BY 1),
banked AS (SELECT currency, sum(amount) AS amount FROM journal_line WHERE account = 'third_party_bank' GROUP BY 1)
SELECT currency, p.amount AS paid, b.amount AS booked, k.amount AS banked
FROM paid p FULL JOIN booked b USING (currency) FULL JOIN banked k USING (currency)
WHERE p.amount IS DISTINCT FROM b.amount OR p.amount IS DISTINCT FROM k.amount LIMIT 20""")

COMPENSATION_CHECKS = (
    Check("I3-compensations", "What is third parties' of claims is what they paid less what went back to them.",
          _BOOKED),
)
