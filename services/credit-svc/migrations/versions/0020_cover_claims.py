"""Claims on covers; what was paid on them is used up."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OTHERS, CHANGES = "fact NOT IN (", "sum(1 + (c.state = 'ended')::int) AS changes"
PAID = """sum(1 + (c.state = 'ended')::int + (
             SELECT count(*) FROM public.cover_claim k
             WHERE k.tenant_id = c.tenant_id AND k.cover_id = c.cover_id AND k.paid > 0)) AS changes"""


def upgrade() -> None:
    op.add_column("cover", sa.Column("used", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("cover", "used", server_default=None)
    op.create_check_constraint(op.f("ck_cover_used"), "cover", "0 <= used AND used <= amount")
    op.create_table(
        "cover_claim",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_cover_claim_{name}")) for name, rule in (
            ("amounts", "0 < amount AND 0 <= paid AND paid <= amount"),
            ("state", "state IN ('filed', 'settled', 'refused')"), ("paid", "(state = 'settled') = (paid > 0)"),
            ("settled", "(state = 'filed') = (settled_on IS NULL)"))),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cover_id"], ["cover.tenant_id", "cover.cover_id"],
            name=op.f("fk_cover_claim_tenant_id_cover_id")),
        sa.PrimaryKeyConstraint("tenant_id", "claim_id", name=op.f("pk_cover_claim")),
    )
    op.create_index("ix_cover_claim_tenant_id_cover_id_claim_id", "cover_claim", ["tenant_id", "cover_id", "claim_id"])
    protect(op, "credit", "cover_claim")
    _change("credit_facts_untold", OTHERS, f"{OTHERS}'ClaimFiled', 'ClaimSettled', ")
    _change("cover_facts_untold", CHANGES, PAID)
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION claim_facts_untold FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION claim_facts_untold TO credit_app, credit_ops")


UNTOLD = """
CREATE FUNCTION claim_facts_untold() RETURNS TABLE (filed bigint, filings bigint, ended bigint, settlements bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant_id),
  made AS (SELECT count(*) AS filed, count(*) FILTER (WHERE k.state <> 'filed') AS ended
           FROM public.cover_claim k JOIN own USING (tenant_id)),
  told AS (
    SELECT count(*) FILTER (WHERE o.fact = 'ClaimFiled') AS filings,
           count(*) FILTER (WHERE o.fact = 'ClaimSettled') AS settlements
    FROM (SELECT split_part(e.type, '.', 3) AS fact
          FROM public.outbox_event e JOIN own ON starts_with(e.stream, own.tenant_id || ':')) o)
  SELECT m.filed, t.filings, m.ended, t.settlements FROM made m CROSS JOIN told t
  WHERE (m.filed, m.ended) IS DISTINCT FROM (t.filings, t.settlements)
$$"""


def _change(function: str, before: str, after: str) -> None:
    check = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regproc)"))
    assert check is not None, "the check is there"
    assert check.count(before) == 1, f"{function} says {before!r}"
    op.execute(check.replace(before, after))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
