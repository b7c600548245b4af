"""What must hold of credit notes and refunds, whatever happened."""

from sqlalchemy import text

from dunlin_kit.health import Check

_LINES = text("""
SELECT l.invoice_id, l.position, sum(l.net) AS net, sum(l.tax) AS tax, i.net AS line_net, i.tax AS line_tax
FROM credit_note_line l JOIN invoice_line i USING (tenant_id, invoice_id, position)
WHERE NOT EXISTS (SELECT 1 FROM credit_note_cancellation c
                  WHERE c.tenant_id = l.tenant_id AND c.credit_note_id = l.credit_note_id)
GROUP BY l.tenant_id, l.invoice_id, l.position, i.net, i.tax
HAVING sum(l.net) > i.net OR sum(l.tax) > i.tax LIMIT 20""")
_DOCUMENTS = text("""
SELECT n.id AS credit_note, n.net, n.tax, c.amount, l.net AS lines_net, l.tax AS lines_tax, c.state FROM credit_note n
JOIN credit c USING (tenant_id, id)
LEFT JOIN (SELECT tenant_id, credit_note_id AS id, sum(net) AS net, sum(tax) AS tax FROM credit_note_line GROUP BY 1, 2)
  l USING (tenant_id, id)
LEFT JOIN credit_note_cancellation g ON g.tenant_id = n.tenant_id AND g.credit_note_id = n.id
WHERE n.net + n.tax <> c.amount OR n.net <> l.net OR n.tax <> l.tax OR (g.id IS NOT NULL) <> (c.state = 'reversed')
   OR n.issued_on <> c.effective_on LIMIT 20""")
_DATES = text("""
SELECT n.id AS fact, n.issued_on AS effective_on, i.issued_on AS earliest FROM credit_note n
JOIN invoice i ON i.tenant_id = n.tenant_id AND i.id = n.invoice_id WHERE n.issued_on < i.issued_on
UNION ALL
SELECT g.id, g.effective_on, n.issued_on FROM credit_note_cancellation g
JOIN credit_note n ON n.tenant_id = g.tenant_id AND n.id = g.credit_note_id WHERE g.effective_on < n.issued_on
UNION ALL
SELECT p.id, p.effective_on, c.effective_on FROM refund p
JOIN credit c ON c.tenant_id = p.tenant_id AND c.id = p.credit_id WHERE p.effective_on < c.effective_on
UNION ALL
SELECT r.id, r.effective_on, p.effective_on FROM refund_reversal r
JOIN refund p ON p.tenant_id = r.tenant_id AND p.id = r.refund_id WHERE r.effective_on < p.effective_on
LIMIT 20""")
_DISCOUNTS = text("""
SELECT a.id AS allocation, a.discount, a.business_on, i.discount ->> 'until' AS until FROM allocation a
JOIN item i ON i.tenant_id = a.tenant_id AND i.id = a.item_id
JOIN credit c ON c.tenant_id = a.tenant_id AND c.id = a.credit_id
WHERE a.discount > 0 AND (i.discount IS NULL OR a.business_on > (i.discount ->> 'until')::date OR c.kind <> 'payment')
LIMIT 20""")

CREDIT_CHECKS = (
    Check("I15-credited", "Credit notes per invoice line are at most the line, net and tax.", _LINES),
    Check("I15-credit-notes", "Each credit note is what its lines sum to, as document and as credit.", _DOCUMENTS),
    Check("I16-discounts", "A discount was given with money, in time, on what offers one.", _DISCOUNTS),
    Check("I14-credits", "No credit note, no refund and no end of one takes effect before what it rests on.", _DATES),
)
