"""What the worklist is made of: one row per customer that owes something overdue or for which something is due."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from dunlin_kernel.calendar import days_after
from dunlin_kernel.money import Money
from notify_svc.domain.promise import PromiseStatus
from notify_svc.domain.worklist import BrokenPromise, Candidate, PromiseSeen

_CANDIDATES = text("""
WITH owed AS (
  SELECT customer_id, currency, sum(open - disputed)::bigint AS minor, min(due_on) AS oldest FROM dunned_item
  WHERE open > disputed AND due_on < CAST(:today AS date) GROUP BY customer_id, currency),
sums AS (
  SELECT customer_id, min(oldest) AS oldest,
         jsonb_agg(jsonb_build_object('currency', currency, 'minor', minor) ORDER BY currency) AS amounts
  FROM owed GROUP BY customer_id),
calls AS (
  SELECT customer_id, min(due_on) FILTER (WHERE outcome IS NULL) AS call_due_on,
         (array_agg(id ORDER BY due_on, id) FILTER (WHERE outcome IS NULL))[1] AS call_id,
         max(called_on) FILTER (WHERE outcome IN ('reached', 'promise', 'dispute_claimed', 'refused_to_pay'))
           AS talked_on
  FROM call_task GROUP BY customer_id),
promised AS (
  SELECT DISTINCT ON (customer_id) customer_id, id, amount, currency, promised_on, status FROM promise
  WHERE status <> 'withdrawn' ORDER BY customer_id, id DESC),
broken AS (
  SELECT DISTINCT ON (p.customer_id) p.*, o.owed FROM promise p CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT 1 FROM dunned_item i
    LEFT JOIN promise_item x ON x.tenant_id = i.tenant_id AND x.promise_id = p.id AND x.item_id = i.id
    WHERE i.tenant_id = p.tenant_id AND i.customer_id = p.customer_id AND i.open > i.disputed
      AND (x.item_id IS NOT NULL OR i.currency = p.currency AND i.issued_on <= p.made_on AND NOT EXISTS (
        SELECT 1 FROM promise_item y WHERE y.tenant_id = p.tenant_id AND y.promise_id = p.id))) AS owed) o
  WHERE p.status = 'broken' AND p.judged_on > CAST(:broken_since AS date)
  ORDER BY p.customer_id, o.owed DESC, p.judged_on DESC, p.id DESC),
acted AS (
  SELECT customer_id, max(day) AS acted_on FROM (
    SELECT p.customer_id, greatest(p.made_on, CASE WHEN p.status = 'kept' THEN p.judged_on END) AS day
    FROM promise p JOIN broken b USING (customer_id) WHERE p.status <> 'withdrawn' AND p.id <> b.id
    UNION ALL
    SELECT k.customer_id, e."on" FROM case_entry e
    JOIN collection_case k ON k.tenant_id = e.tenant_id AND k.id = e.case_id JOIN broken b USING (customer_id)
    WHERE e.kind IN ('visit', 'negotiation', 'advanced', 'court', 'acknowledged')) acts GROUP BY customer_id),
written AS (
  SELECT customer_id, max(judged_on) AS written_on FROM message
  WHERE channel <> 'call' AND status IN ('sending', 'sent', 'unknown') GROUP BY customer_id)
SELECT c.customer_id, c.number, c.name, c.refused_on, coalesce(k.owner_code, c.owner_code) AS owner_code,
       s.oldest, s.amounts, l.call_due_on, l.call_id, l.talked_on, w.written_on,
       k.id AS case_id, k.stage, k.next_action, k.next_action_on,
       p.id AS promise_id, p.amount AS promise_amount, p.currency AS promise_currency, p.promised_on,
       p.status AS promise_status,
       b.id AS broken_id, b.amount AS broken_amount, b.currency AS broken_currency, b.promised_on AS broken_for,
       b.judged_on AS broken_on, b.owed AS broken_owed, greatest(a.acted_on, l.talked_on) AS acted_on
FROM customer c
LEFT JOIN sums s USING (customer_id) LEFT JOIN calls l USING (customer_id) LEFT JOIN promised p USING (customer_id)
LEFT JOIN written w USING (customer_id)
LEFT JOIN broken b USING (customer_id) LEFT JOIN acted a USING (customer_id)
LEFT JOIN collection_case k ON k.tenant_id = c.tenant_id AND k.customer_id = c.customer_id AND k.closed_on IS NULL
WHERE (s.customer_id IS NOT NULL OR l.call_due_on <= CAST(:today AS date) OR k.next_action_on <= CAST(:today AS date))
  AND (CAST(:owners AS text[]) IS NULL OR coalesce(k.owner_code, c.owner_code) = ANY(CAST(:owners AS text[])))
""")


class WorkRow(NamedTuple):
    """A candidate with what is shown of it beside its rank."""

    candidate: Candidate
    number: str | None
    name: str | None
    owner_code: str | None
    call_id: UUID | None
    case_id: UUID | None
    stage: str | None
    next_action: str | None
    written_on: date | None


async def candidates(
    tx: Any, *, today: date, owners: Collection[str] | None, broken_days: int,
) -> list[WorkRow]:
    """Every customer that may be on the list, of these owners or of all; in no order."""
    rows = await tx.rows(_CANDIDATES, today=today, owners=owners and list(owners),
                         broken_since=days_after(today, -broken_days))
    return [_of_row(row) for row in rows]


def _of_row(row: Any) -> WorkRow:
    promise = None if row["promise_id"] is None else PromiseSeen(
        row["promise_id"], Money(row["promise_amount"], row["promise_currency"]), row["promised_on"],
        PromiseStatus(row["promise_status"]))
    overdue = tuple(Money(one["minor"], one["currency"]) for one in row["amounts"] or ())
    candidate = Candidate(
        row["customer_id"], overdue, row["oldest"], row["call_due_on"], row["next_action_on"],
        row["refused_on"] is not None, promise, row["talked_on"], _broken(row))
    return WorkRow(candidate, row["number"], row["name"], row["owner_code"], row["call_id"], row["case_id"],
                   row["stage"], row["next_action"], row["written_on"])


def _broken(row: Any) -> BrokenPromise | None:
    if row["broken_id"] is None:
        return None
    seen = PromiseSeen(row["broken_id"], Money(row["broken_amount"], row["broken_currency"]), row["broken_for"],
                       PromiseStatus.BROKEN)
    return BrokenPromise(seen, row["broken_on"], row["broken_owed"], row["acted_on"])
