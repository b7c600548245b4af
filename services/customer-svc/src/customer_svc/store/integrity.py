"""What must hold in the archive whatever happened: each statement returns what breaks it, for the tenant in force."""

from sqlalchemy import text

from dunlin_kit.health import SEQUENCES, Check

_HISTORY = text(
    "SELECT c.id AS customer FROM customer c WHERE NOT EXISTS (SELECT 1 FROM customer_change h "
    "WHERE h.tenant_id = c.tenant_id AND h.customer_id = c.id AND h.field = 'status' AND h.before IS NULL) LIMIT 20")
_STATUS = text(
    "SELECT c.id AS customer, c.status, h.after AS told FROM customer c JOIN LATERAL "
    "(SELECT after FROM customer_change h WHERE h.tenant_id = c.tenant_id AND h.customer_id = c.id "
    "AND h.contact_id IS NULL AND h.field = 'status' "
    "ORDER BY h.id DESC LIMIT 1) h ON h.after IS DISTINCT FROM c.status LIMIT 20")
_SERIES = text(
    "SELECT c.number, s.next_position FROM customer c JOIN customer_number_series s USING (tenant_id) "
    "WHERE c.number ~ '^C-([0-9]{6}|[1-9][0-9]{6,8})$' AND substr(c.number, 3)::bigint >= s.next_position LIMIT 20")
_UNTOLD = text("SELECT fact, subject, facts, told FROM facts_not_told_once()")

_MERGED = text(
    "WITH RECURSIVE way AS (SELECT id AS source, merged_into AS at, 1 AS steps FROM customer "
    "WHERE merged_into IS NOT NULL UNION ALL "
    "SELECT w.source, c.merged_into, w.steps + 1 FROM way w JOIN customer c ON c.id = w.at "
    "WHERE c.merged_into IS NOT NULL AND w.steps < 100) SELECT source FROM way WHERE steps >= 100 LIMIT 20")
_HEARD = text(
    "SELECT a.customer_id AS customer, a.currency, a.open, coalesce(i.open, 0)::bigint AS items FROM heard_account a "
    "LEFT JOIN (SELECT customer_id, currency, sum(open) AS open FROM heard_item GROUP BY 1, 2) i "
    "USING (customer_id, currency) WHERE a.open <> coalesce(i.open, 0) LIMIT 20")

CHECKS = (
    Check("I4", "Facts of each stream are numbered 1 to n without a hole.", SEQUENCES),
    Check("I6", "What was told was done, once; a customer stands as it was last told of.", _UNTOLD),
    Check("C1", "Each customer has the line of its registration in the history.", _HISTORY),
    Check("C2", "The status of each customer is the last one in its history.", _STATUS),
    Check("C3", "The number series stands after every number of its form, so that none is given twice.", _SERIES),
    Check("C4", "Who was merged into another leads to one that was not.", _MERGED),
    Check("C5", "The items heard of each account sum to what is heard to be open on it.", _HEARD),
)
