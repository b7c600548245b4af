"""The invariants that credit's facts can break, as statements that find violations of the tenant in force."""

from sqlalchemy import text

from credit_svc.store.integrity_rating import RATING_CHECKS
from dunlin_kit.health import SEQUENCES, Check

_OWN = "tenant_id = NULLIF(current_setting('dunlin.tenant', true), '')::uuid"

_MISMATCHES = text(f"""
SELECT customer_id, currency, sequence, reckoned_open, told_open, reckoned_disputed, told_disputed, reckoned_unapplied,
       told_unapplied
FROM exposure_mismatch m WHERE {_OWN} AND NOT EXISTS (
  SELECT FROM mismatch_closure x WHERE x.tenant_id = m.tenant_id AND x.customer_id = m.customer_id
    AND x.currency = m.currency AND x.sequence = m.sequence)
ORDER BY customer_id, currency, sequence LIMIT 20""")  # noqa: S608  constants only
_AHEAD = text(f"""
SELECT e.customer_id, e.currency, e.sequence, w.sequence AS heard
FROM exposure e LEFT JOIN watermark w
  ON w.consumer = 'credit' AND w.owner = 'billing' AND w.stream = e.tenant_id || ':' || e.customer_id
WHERE e.{_OWN} AND e.sequence > coalesce(w.sequence, 0) LIMIT 20""")  # noqa: S608  constants only
_SUMS = text(f"""
SELECT a.authorization_id, a.status, a.asked, a.reserved, a.captured, a.released, a.expired, a.over_captured
FROM credit_authorization a LEFT JOIN LATERAL (
  SELECT coalesce(sum(m.amount) FILTER (WHERE m.kind = 'captured'), 0) AS captured,
         coalesce(sum(m.amount) FILTER (WHERE m.kind = 'over_captured'), 0) AS over_captured,
         coalesce(sum(m.amount) FILTER (WHERE m.kind = 'released'), 0) AS released,
         coalesce(sum(m.amount) FILTER (WHERE m.kind = 'expired'), 0) AS expired
  FROM authorization_movement m WHERE m.tenant_id = a.tenant_id AND m.authorization_id = a.authorization_id) m ON true
WHERE a.{_OWN} AND (
  a.reserved + a.captured + a.released + a.expired <> CASE a.status WHEN 'denied' THEN 0 ELSE a.asked END
  OR (a.captured, a.over_captured, a.released, a.expired)
     IS DISTINCT FROM (m.captured, m.over_captured, m.released, m.expired)) LIMIT 20""")  # noqa: S608  constants only
_DELIVERED = text(f"""
SELECT e.customer_id, e.currency, e.delivered, coalesce(sum(d.open), 0) AS deliveries
FROM exposure e LEFT JOIN delivery d USING (tenant_id, customer_id, currency)
WHERE e.{_OWN} GROUP BY e.tenant_id, e.customer_id, e.currency, e.delivered
HAVING e.delivered <> coalesce(sum(d.open), 0) LIMIT 20""")  # noqa: S608  constants only
_KEPT = text(f"""
SELECT e.customer_id, e.currency, e.kept, coalesce(sum(k.kept), 0) AS credits
FROM exposure e LEFT JOIN kept_credit k USING (tenant_id, customer_id, currency)
WHERE e.{_OWN} GROUP BY e.tenant_id, e.customer_id, e.currency, e.kept
HAVING e.kept <> coalesce(sum(k.kept), 0) LIMIT 20""")  # noqa: S608  constants only
_HEADS = text(f"""
SELECT h.customer_id, h.currency, h.reserved, coalesce(sum(a.reserved), 0) AS authorised
FROM authorization_head h LEFT JOIN credit_authorization a USING (tenant_id, customer_id, currency)
WHERE h.{_OWN} GROUP BY h.tenant_id, h.customer_id, h.currency, h.reserved
HAVING h.reserved <> coalesce(sum(a.reserved), 0) LIMIT 20""")  # noqa: S608  constants only
_LIMITS = text(f"""
SELECT h.customer_id, h.currency, h.limits, count(l.version) AS facts, max(l.version) AS last
FROM authorization_head h LEFT JOIN credit_limit l USING (tenant_id, customer_id, currency)
WHERE h.{_OWN} GROUP BY h.tenant_id, h.customer_id, h.currency, h.limits
HAVING h.limits <> count(l.version) OR h.limits <> coalesce(max(l.version), 0) LIMIT 20""")  # noqa: S608  constants only
_UNTOLD = text("SELECT stream, fact, changes, events FROM credit_facts_untold()")

_APPROVALS_UNTOLD = text("SELECT stream, waiting, asked, ended FROM approval_facts_untold()")
_CLAIMS_UNTOLD = text("SELECT filed, filings, ended, settlements FROM claim_facts_untold()")
_CLAIMS_PAID = text(f"""
SELECT v.cover_id, v.used, coalesce(sum(k.paid), 0) AS paid FROM cover v
LEFT JOIN cover_claim k ON k.tenant_id = v.tenant_id AND k.cover_id = v.cover_id
WHERE v.{_OWN} GROUP BY v.tenant_id, v.cover_id, v.used HAVING v.used <> coalesce(sum(k.paid), 0) LIMIT 20""")  # noqa: S608
_COVERS_UNTOLD = text("SELECT stream, changes, events FROM cover_facts_untold()")

CHECKS = (
    Check("I8", "Our copy of open, disputed and unapplied equals billing's figures, or a person closed why not.",
          _MISMATCHES),
    Check("I8-sequence", "No exposure stands at a place in billing's stream that was not heard.", _AHEAD),
    Check("I17", "Authorised = reserved + captured + released + expired, and each from its movements.", _SUMS),
    Check("I17-heads", "What is reserved on a head is the sum of its authorisations.", _HEADS),
    Check("I17-delivered", "What is delivered and not billed is the sum of its deliveries.", _DELIVERED),
    Check("I17-kept", "What is kept for orders is the sum of what is kept of each credit.", _KEPT),
    Check("I4", "Facts of each stream are numbered 1 to n without a hole.", SEQUENCES),
    Check("I4-limits", "Limits of a customer and currency are versions 1 to n without a hole.", _LIMITS),
    Check("I6", "Every limit, decision and alert has exactly one fact, and no fact is without one.", _UNTOLD),
    Check("I6-covers", "Each cover that counts or counted was told of once, and its end once.", _COVERS_UNTOLD),
    Check("I6-claims", "Each claim was told of once, and its settlement once.", _CLAIMS_UNTOLD),
    Check("I17-claims", "What is used of a cover is what was paid on its claims.", _CLAIMS_PAID),
    Check("I6-approvals", "What waits for a second person was asked for, and has not ended.", _APPROVALS_UNTOLD),
    *RATING_CHECKS,
)
