"""What must hold of deliveries: what is not billed of each, and that each was told of."""

from sqlalchemy import text

from dunlin_kit.health import Check

_BILLED = text("""
SELECT d.id AS delivery, d.amount, d.open, d.cancelled, coalesce(b.sum, 0) AS billed FROM delivery d
LEFT JOIN (SELECT b.delivery_id, sum(b.amount) FROM delivery_billing b
           JOIN invoice i ON i.tenant_id = b.tenant_id AND i.id = b.invoice_id AND i.status = 'issued' GROUP BY 1) b
  ON b.delivery_id = d.id
WHERE d.open <> CASE WHEN d.cancelled IS NULL THEN d.amount - coalesce(b.sum, 0) ELSE 0 END
   OR (d.cancelled IS NOT NULL AND coalesce(b.sum, 0) <> 0) LIMIT 20""")
_UNTOLD = text("""
WITH facts AS (SELECT 'DeliveryRecorded' AS fact, count(*) AS n FROM delivery
               UNION ALL SELECT 'DeliveryCancelled', count(*) FROM delivery WHERE cancelled IS NOT NULL)
SELECT fact, n AS facts, coalesce(t.told, 0) AS told FROM facts LEFT JOIN facts_told() t USING (fact)
WHERE n <> coalesce(t.told, 0) LIMIT 20""")

DELIVERY_CHECKS = (
    Check("I16-deliveries", "What is not billed of a delivery is its amount less what issued invoices bill.", _BILLED),
    Check("I6-deliveries", "Each delivery, and each one cancelled, was told of exactly once.", _UNTOLD),
)
