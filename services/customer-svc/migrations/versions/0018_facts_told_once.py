"""What was done is told, and what is told was done: not registrations alone, and the last word is the state."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FACTS_NOT_TOLD_ONCE = """
CREATE FUNCTION facts_not_told_once() RETURNS TABLE (fact text, subject uuid, facts bigint, told bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant),
  heard AS (
    SELECT split_part(o.type, '.', 3) AS fact, convert_from(o.payload, 'UTF8')::jsonb AS said, o.id
    FROM public.outbox_event o, own WHERE starts_with(o.stream, own.tenant || ':')),
  done (fact, subject, times) AS (
    SELECT 'CustomerRegistered', c.id, 1 FROM public.customer c, own WHERE c.tenant_id = own.tenant
    UNION ALL SELECT CASE h.after WHEN 'active' THEN 'CustomerActivated' WHEN 'suspended' THEN 'CustomerSuspended'
                                  ELSE 'CustomerClosed' END, h.customer_id, 1
              FROM public.customer_change h, own
              WHERE h.tenant_id = own.tenant AND h.field = 'status' AND h.before IS NOT NULL AND h.contact_id IS NULL
    UNION ALL SELECT 'CustomersMerged', c.id, 2 FROM public.customer c, own
              WHERE c.tenant_id = own.tenant AND c.merged_into IS NOT NULL
    UNION ALL SELECT 'VisitRecorded', i.id, 1 FROM public.interaction i, own
              WHERE i.tenant_id = own.tenant AND i.kind = 'visit'
    UNION ALL SELECT 'GroupConfigured', g.id, g.version FROM public.customer_group g, own
              WHERE g.tenant_id = own.tenant),
  told (fact, subject) AS (
    SELECT h.fact, (h.said ->> CASE h.fact WHEN 'VisitRecorded' THEN 'interaction_id'
                                           WHEN 'GroupConfigured' THEN 'group_id' WHEN 'CustomersMerged' THEN 'source_id'
                                           ELSE 'customer_id' END)::uuid
    FROM heard h WHERE h.fact IN ('CustomerRegistered', 'CustomerActivated', 'CustomerSuspended', 'CustomerClosed',
                                  'CustomersMerged', 'VisitRecorded', 'GroupConfigured')),
  counted (fact, subject, facts, told) AS (
    SELECT fact, subject, sum(facts)::bigint, sum(told)::bigint FROM (
      SELECT fact, subject, times AS facts, 0 AS told FROM done UNION ALL SELECT fact, subject, 0, 1 FROM told) one
    GROUP BY fact, subject),
  profile AS (
    SELECT DISTINCT ON (h.said ->> 'customer_id') (h.said ->> 'customer_id')::uuid AS customer, h.said
    FROM heard h WHERE h.said ? 'terms' ORDER BY h.said ->> 'customer_id', h.id DESC),
  grouped AS (
    SELECT DISTINCT ON (h.said ->> 'customer_id') (h.said ->> 'customer_id')::uuid AS customer, h.said ->> 'group_id' AS at
    FROM heard h WHERE h.fact = 'CustomerGroupChanged' ORDER BY h.said ->> 'customer_id', h.id DESC),
  owned AS (
    SELECT DISTINCT ON (h.said ->> 'customer_id') (h.said ->> 'customer_id')::uuid AS customer, h.said ->> 'owner_id' AS at
    FROM heard h WHERE h.fact = 'CustomerOwnerChanged' ORDER BY h.said ->> 'customer_id', h.id DESC),
  otherwise AS (
    SELECT CASE WHEN (p.said ->> 'status', p.said ->> 'number', p.said ->> 'region', p.said ->> 'industry',
                      p.said ->> 'external_id', p.said ->> 'source', (p.said -> 'terms' ->> 'due_days')::int,
                      (p.said -> 'terms' ->> 'end_of_month')::bool)
                     IS DISTINCT FROM (c.status, c.number, c.region, c.industry, c.external_id, c.source, c.due_days,
                                       c.end_of_month) THEN 'CustomerUpdated'
                WHEN g.at IS DISTINCT FROM c.group_id::text THEN 'CustomerGroupChanged'
                WHEN o.at IS DISTINCT FROM c.owner_id::text THEN 'CustomerOwnerChanged' END AS fact,
           c.id, 1, 0
    FROM public.customer c CROSS JOIN own LEFT JOIN profile p ON p.customer = c.id
    LEFT JOIN grouped g ON g.customer = c.id LEFT JOIN owned o ON o.customer = c.id WHERE c.tenant_id = own.tenant)
  SELECT fact, subject, facts, told FROM counted WHERE facts <> told
  UNION ALL SELECT * FROM otherwise WHERE fact IS NOT NULL LIMIT 20
$$"""


def upgrade() -> None:
    op.execute(FACTS_NOT_TOLD_ONCE)
    op.execute("REVOKE ALL ON FUNCTION facts_not_told_once FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION facts_not_told_once TO customer_app, customer_ops")
    op.execute("DROP FUNCTION customers_not_told_once()")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
