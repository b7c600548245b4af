"""What waits for a second person is listed, and told to the inbox over all services."""

import sqlalchemy as sa
from alembic import op

OTHERS = "fact NOT IN ("

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cover_waiting", "cover", ["tenant_id", "cover_id"], postgresql_where=sa.text("state = 'waiting'"))
    before = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('credit_facts_untold'::regproc)"))
    assert before is not None, "the check is there"
    assert before.count(OTHERS) == 1, "it names the facts it passes over"
    op.execute(before.replace(OTHERS, f"{OTHERS}'ApprovalAsked', 'ApprovalEnded', "))
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION approval_facts_untold FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION approval_facts_untold TO credit_app, credit_ops")


UNTOLD = """
CREATE FUNCTION approval_facts_untold() RETURNS TABLE (stream text, waiting bigint, asked bigint, ended bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant_id),
  waits AS (
    SELECT w.tenant_id || ':' || w.customer_id AS stream, count(*) AS waiting FROM (
      SELECT tenant_id, customer_id FROM public.limit_proposal WHERE status = 'waiting'
      UNION ALL SELECT tenant_id, customer_id FROM public.cover WHERE state = 'waiting') w
    JOIN own USING (tenant_id) GROUP BY 1),
  told AS (
    SELECT o.stream, count(*) FILTER (WHERE o.fact = 'ApprovalAsked') AS asked,
           count(*) FILTER (WHERE o.fact = 'ApprovalEnded') AS ended
    FROM (SELECT e.stream, split_part(e.type, '.', 3) AS fact
          FROM public.outbox_event e JOIN own ON starts_with(e.stream, own.tenant_id || ':')) o
    WHERE o.fact IN ('ApprovalAsked', 'ApprovalEnded') GROUP BY 1)
  SELECT stream, coalesce(w.waiting, 0), coalesce(t.asked, 0), coalesce(t.ended, 0)
  FROM waits w FULL JOIN told t USING (stream)
  WHERE coalesce(w.waiting, 0) <> coalesce(t.asked, 0) - coalesce(t.ended, 0) LIMIT 20
$$"""


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
