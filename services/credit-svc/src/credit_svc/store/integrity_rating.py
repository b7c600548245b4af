"""The invariants of ratings and of what they rest on, as statements that find violations of the tenant in force."""

from sqlalchemy import text

from dunlin_kit.health import Check

_OWN = "tenant_id = NULLIF(current_setting('dunlin.tenant', true), '')::uuid"

_RECORDS = text(f"""
SELECT r.customer_id, r.currency, r.payments, l.payments AS learnt
FROM payment_record r LEFT JOIN LATERAL (
  SELECT count(*) AS payments, coalesce(sum(weight), 0) AS weight, coalesce(sum(weight * amount), 0) AS amount,
         coalesce(sum(weight) FILTER (WHERE days_late > 0), 0) AS late,
         coalesce(sum(weight) FILTER (WHERE days_late > 15), 0) AS much_late,
         coalesce(sum(weight * days_late), 0) AS days, coalesce(sum(weight * days_late * days_late), 0) AS squares,
         coalesce(sum(weight * amount * days_late), 0) AS amount_days
  FROM learnt_payment l
  WHERE l.tenant_id = r.tenant_id AND l.customer_id = r.customer_id AND l.currency = r.currency AND l.live) l ON true
WHERE r.{_OWN} AND (r.payments, r.weight, r.late, r.much_late, r.days, r.squares, r.amount, r.amount_days)
  IS DISTINCT FROM (l.payments, l.weight, l.late, l.much_late, l.days, l.squares, l.amount, l.amount_days)
LIMIT 20""")  # noqa: S608  constants only

_UNTOLD = text("SELECT stream, fact, changes, events FROM rating_facts_untold()")
_SET = text(f"""
SELECT e.customer_id, e.currency, e.rating_id, e.stands, l.amount
FROM limit_evaluation e LEFT JOIN credit_limit l
  ON l.tenant_id = e.tenant_id AND l.customer_id = e.customer_id AND l.currency = e.currency AND l.limit_id = e.limit_id
WHERE e.{_OWN} AND e.limit_id IS NOT NULL AND (l.amount IS DISTINCT FROM e.stands OR l.source <> 'policy')
LIMIT 20""")  # noqa: S608  constants only

RATING_CHECKS = (
    Check("I6-ratings", "Every rating, decision on terms and review has exactly one fact.", _UNTOLD),
    Check("I6-evaluations", "A limit that an evaluation set is the one it came to, set by the policy.", _SET),
    Check("I8-payments", "What is learnt of a customer's payments is the sum of those that stand.", _RECORDS),
)
