"""What was done is told, and what is told was done: the invariant that looks into the outbox."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FACTS_NOT_TOLD_ONCE = """
CREATE FUNCTION facts_not_told_once() RETURNS TABLE (fact text, subject uuid, facts bigint, told bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant),
  done (fact, subject) AS (
    SELECT 'ReminderSent', m.id FROM public.message m, own
    WHERE m.tenant_id = own.tenant AND m.status = 'sent' AND m.channel <> 'call'
    UNION ALL SELECT 'MessageDelivered', m.id FROM public.message m, own
              WHERE m.tenant_id = own.tenant AND m.delivered_at IS NOT NULL
    UNION ALL SELECT 'MessageBounced', m.id FROM public.message m, own
              WHERE m.tenant_id = own.tenant AND m.bounced_at IS NOT NULL
    UNION ALL SELECT 'PromiseMade', p.id FROM public.promise p, own WHERE p.tenant_id = own.tenant
    UNION ALL SELECT 'PromiseWithdrawn', p.id FROM public.promise p, own
              WHERE p.tenant_id = own.tenant AND p.status = 'withdrawn'
    UNION ALL SELECT 'PromiseKept', p.id FROM public.promise p, own
              WHERE p.tenant_id = own.tenant AND p.status IN ('kept', 'broken')
    UNION ALL SELECT 'CaseOpened', c.id FROM public.collection_case c, own WHERE c.tenant_id = own.tenant
    UNION ALL SELECT 'CaseClosed', c.id FROM public.collection_case c, own
              WHERE c.tenant_id = own.tenant AND c.closed_on IS NOT NULL
    UNION ALL SELECT 'CallLogged', t.id FROM public.call_task t, own
              WHERE t.tenant_id = own.tenant AND t.outcome IS NOT NULL),
  heard AS (
    SELECT split_part(o.type, '.', 3) AS fact, convert_from(o.payload, 'UTF8')::jsonb AS said, o.id
    FROM public.outbox_event o, own WHERE starts_with(o.stream, own.tenant || ':')),
  told (fact, subject) AS (
    SELECT CASE h.fact WHEN 'PromiseBroken' THEN 'PromiseKept' ELSE h.fact END,
           (h.said ->> CASE WHEN h.fact LIKE 'Promise%' THEN 'promise_id' WHEN h.fact LIKE 'Case%' THEN 'case_id'
                            WHEN h.fact = 'CallLogged' THEN 'call_id' ELSE 'message_id' END)::uuid
    FROM heard h WHERE h.fact IN ('PromiseBroken', 'ReminderSent', 'MessageDelivered', 'MessageBounced', 'PromiseMade',
                                  'PromiseWithdrawn', 'PromiseKept', 'CaseOpened', 'CaseClosed', 'CallLogged')),
  counted (fact, subject, facts, told) AS (
    SELECT fact, subject, sum(facts)::bigint, sum(told)::bigint FROM (
      SELECT fact, subject, 1 AS facts, 0 AS told FROM done UNION ALL SELECT fact, subject, 0, 1 FROM told) one
    GROUP BY fact, subject),
  failed AS (
    SELECT 'ReminderFailed', m.id, 1, 0 FROM public.message m, own
    WHERE m.tenant_id = own.tenant AND m.status IN ('failed', 'unknown') AND NOT EXISTS (
      SELECT 1 FROM heard h WHERE h.fact = 'ReminderFailed' AND (h.said ->> 'message_id')::uuid = m.id)),
  judged AS (
    SELECT DISTINCT ON (h.said ->> 'promise_id') (h.said ->> 'promise_id')::uuid AS promise,
           CASE h.fact WHEN 'PromiseKept' THEN 'kept' WHEN 'PromiseBroken' THEN 'broken' ELSE h.said ->> 'outcome' END
             AS outcome
    FROM heard h WHERE h.fact IN ('PromiseKept', 'PromiseBroken', 'PromiseCorrected')
    ORDER BY h.said ->> 'promise_id', h.id DESC),
  otherwise AS (
    SELECT 'Promise' || initcap(p.status), p.id, 1, 0 FROM public.promise p JOIN judged j ON j.promise = p.id, own
    WHERE p.tenant_id = own.tenant AND p.status IN ('kept', 'broken') AND p.status <> j.outcome)
  SELECT fact, subject, facts, told FROM counted WHERE facts <> told
  UNION ALL SELECT * FROM failed UNION ALL SELECT * FROM otherwise LIMIT 20
$$"""


def upgrade() -> None:
    op.execute(FACTS_NOT_TOLD_ONCE)
    op.execute("REVOKE ALL ON FUNCTION facts_not_told_once FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION facts_not_told_once TO notify_app, notify_ops")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
