"""Covers: what others answer for, counted in limits; each change is told of once."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OTHERS = "fact NOT IN ("
UNTOLD = """
CREATE FUNCTION cover_facts_untold() RETURNS TABLE (stream text, changes bigint, events bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant_id),
  done AS (
    SELECT c.tenant_id || ':' || c.customer_id AS stream,
           sum(1 + (c.state = 'ended')::int) AS changes
    FROM public.cover c JOIN own USING (tenant_id) WHERE NOT c.waited OR c.approved_by IS NOT NULL GROUP BY 1),
  told AS (
    SELECT o.stream, count(*) AS events FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':')
    WHERE split_part(o.type, '.', 3) = 'CoverChanged' GROUP BY 1)
  SELECT stream, coalesce(d.changes, 0), coalesce(t.events, 0)
  FROM done d FULL JOIN told t USING (stream) WHERE d.changes IS DISTINCT FROM t.events LIMIT 20
$$"""


def upgrade() -> None:
    _covers()
    protect(op, "credit", "cover")
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION cover_facts_untold FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION cover_facts_untold TO credit_app, credit_ops")
    before = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('credit_facts_untold'::regproc)"))
    assert before is not None, "the check is there"
    assert before.count(OTHERS) == 1, "it names the facts it passes over"
    op.execute(before.replace(OTHERS, f"{OTHERS}'CoverChanged', "))


def _covers() -> None:
    op.create_table(
        "cover",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("share_bps", sa.Integer(), nullable=False),
        sa.Column("retention", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waited", sa.Boolean(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_cover_{name}")) for name, rule in (
            ("amount", "amount > 0"), ("share", "share_bps BETWEEN 1 AND 10000"), ("retention", "retention >= 0"),
            ("counts", "0 <= counts AND counts <= amount"),
            ("kind", "kind IN ('insurance', 'guarantee', 'deposit')"),
            ("state", "state IN ('waiting', 'standing', 'ended')"), ("validity", "valid_until >= valid_from"),
            ("second_person", "approved_by <> registered_by"),
            ("signed", "state <> 'standing' OR waited = (approved_by IS NOT NULL)"),
            ("ended", "(state = 'ended') = (ended_by IS NOT NULL)"))),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_cover_tenant_id_customer_id")),
        sa.PrimaryKeyConstraint("tenant_id", "cover_id", name=op.f("pk_cover")),
    )
    op.create_index(
        "ix_cover_standing", "cover", ["tenant_id", "customer_id", "currency"],
        postgresql_where=sa.text("state = 'standing'"))
