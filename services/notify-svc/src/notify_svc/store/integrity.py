"""The invariants that reminders can break, as queries that return what breaks them."""

from sqlalchemy import text

from dunlin_kit.health import SEQUENCES, Check

_TWICE = text(
    "SELECT item_id, due_version, policy_version, level, count(*) AS times FROM message_item "
    "WHERE outcome IN ('sending', 'sent', 'unknown') GROUP BY item_id, due_version, policy_version, level "
    "HAVING count(*) > 1 LIMIT 20")
_STALE = text(
    "SELECT id AS message_id, handed_over_at - looked_at AS age FROM message "
    "WHERE status = 'sent' AND resolved_by IS NULL AND handed_over_at - looked_at > interval '5 seconds' LIMIT 20")
_TWO_A_DAY = text(
    "SELECT i.item_id, m.judged_on, count(*) AS times FROM message_item i JOIN message m ON m.tenant_id = i.tenant_id "
    "AND m.id = i.message_id WHERE i.outcome IN ('sending', 'sent', 'unknown') GROUP BY i.item_id, m.judged_on "
    "HAVING count(*) > 1 LIMIT 20")
_OUT_OF_STEP = text(
    "SELECT m.id AS message_id, m.status, i.item_id, i.outcome FROM message m JOIN message_item i "
    "ON i.tenant_id = m.tenant_id AND i.message_id = m.id WHERE i.outcome NOT IN (m.status, 'suppressed') "
    "AND NOT (m.status = 'to_print' AND i.outcome = 'sending') LIMIT 20")
_BEHIND = text(
    "SELECT d.id AS item_id, d.passed_offset_days, max(i.offset_days) AS reminded_of FROM dunned_item d "
    "JOIN message_item i ON i.tenant_id = d.tenant_id AND i.item_id = d.id AND i.due_version = d.due_version "
    "WHERE i.outcome IN ('sent', 'unknown') GROUP BY d.id, d.passed_offset_days "
    "HAVING d.passed_offset_days IS NULL OR max(i.offset_days) > d.passed_offset_days LIMIT 20")
_PROMISED_MORE = text(
    "SELECT p.id AS promise_id, p.amount, told.open FROM promise p CROSS JOIN LATERAL ("
    "SELECT sum(last.open_after) AS open FROM (SELECT DISTINCT ON (m.item_id) m.open_after FROM item_move m "
    "WHERE m.tenant_id = p.tenant_id AND m.customer_id = p.customer_id AND m.currency = p.currency "
    "AND m.sequence <= p.heard_sequence AND (NOT EXISTS (SELECT 1 FROM promise_item i WHERE i.tenant_id = p.tenant_id "
    "AND i.promise_id = p.id) OR EXISTS (SELECT 1 FROM promise_item i WHERE i.tenant_id = p.tenant_id "
    "AND i.promise_id = p.id AND i.item_id = m.item_id)) ORDER BY m.item_id, m.sequence DESC) last) told "
    "WHERE p.amount > told.open LIMIT 20")
_JUDGED_WRONG = text(
    "SELECT id AS promise_id, status, received, required FROM promise "
    "WHERE (status = 'kept' AND received < required) OR (status = 'broken' AND received >= required) "
    "OR (status IN ('kept', 'broken')) <> (judged_on IS NOT NULL AND status <> 'withdrawn') LIMIT 20")
_PROMISED_TWICE = text(
    "SELECT i.item_id, count(*) AS times FROM promise p JOIN promise_item i ON i.tenant_id = p.tenant_id "
    "AND i.promise_id = p.id WHERE p.status = 'running' GROUP BY i.item_id HAVING count(*) > 1 LIMIT 20")
_UNTOLD = text("SELECT fact, subject, facts, told FROM facts_not_told_once()")

CHECKS = (
    Check("I4", "Sequences of every stream are 1..n without a hole, one event each.", SEQUENCES),
    Check("I6", "Each outcome, promise, case and call is told exactly once, and each fact has its row.", _UNTOLD),
    Check("I9-once", "A level of an item leaves at most once.", _TWICE),
    Check("I9-fresh", "A message is handed over within five seconds of its look.", _STALE),
    Check("I9-day", "An item is reminded of at most once a day.", _TWO_A_DAY),
    Check("I9-step", "A message and the steps that left with it ended alike.", _OUT_OF_STEP),
    Check("I9-place", "An item stands no lower on its ladder than the last level that left.", _BEHIND),
    Check("I16-promise", "No more was promised than was open when the promise was made.", _PROMISED_MORE),
    Check("I16-judged", "A kept promise has what it required, a broken one has less.", _JUDGED_WRONG),
    Check("I16-once", "An item has at most one running promise of its own.", _PROMISED_TWICE),
)
