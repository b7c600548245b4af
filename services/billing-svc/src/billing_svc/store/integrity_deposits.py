"""What must hold of deposits: each is paid in its own currency, and was told of, with what is kept of it."""

from sqlalchemy import text

from dunlin_kit.health import Check

_CURRENCY = text("""
SELECT r.id AS deposit_request, r.currency, p.id AS credit, p.currency AS paid_in FROM deposit_payment d
JOIN deposit_request r ON r.tenant_id = d.tenant_id AND r.id = d.request_id
JOIN credit p ON p.tenant_id = d.tenant_id AND p.id = d.credit_id
WHERE p.currency <> r.currency OR p.kind <> 'payment' LIMIT 20""")
_UNTOLD = text("""
WITH facts AS (SELECT 'DepositRequested' AS fact, count(*) AS n FROM deposit_request
               UNION ALL SELECT 'DepositRequestEnded', count(*) FROM deposit_request WHERE ended IS NOT NULL)
SELECT fact, n AS facts, coalesce(t.told, 0) AS told FROM facts LEFT JOIN facts_told() t USING (fact)
WHERE n <> coalesce(t.told, 0) LIMIT 20""")
_KEPT = text("""
SELECT c.id AS credit, c.currency, c.unapplied, t.currency AS told_in, t.kept AS told FROM credit c
LEFT JOIN kept_told() t ON t.credit_id = c.id
WHERE c.kept_for IS NOT NULL AND c.state IN ('confirmed', 'reversed')
  AND (t.kept IS DISTINCT FROM c.unapplied OR t.currency <> c.currency) LIMIT 20""")

DEPOSIT_CHECKS = (
    Check("I2-deposits", "What is kept for an order is a payment in the currency of its request.", _CURRENCY),
    Check("I6-deposits", "Each deposit request, and each one ended, was told of exactly once.", _UNTOLD),
    Check("I6-kept", "What was last told to be kept of a deposit is what stands unapplied of it.", _KEPT),
)
