"""Disputes of items, and how they were settled."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FACTS_TOLD = """
CREATE FUNCTION facts_told() RETURNS TABLE (fact text, told bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant)
  SELECT split_part(o.type, '.', 3), count(*) FROM public.outbox_event o, own
  WHERE starts_with(o.stream, own.tenant || ':') GROUP BY 1
$$"""
"""How often each fact of the tenant in force was told; requests may not read the outbox itself."""

def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("rest", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_dispute_amount")),
        sa.CheckConstraint("0 <= rest AND rest <= amount", name=op.f("ck_dispute_rest")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_dispute_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_tenant_id_item_id"), "dispute", ["tenant_id", "item_id"])
    op.create_index(
        "ix_dispute_open", "dispute", ["tenant_id", "customer_id", "id"], postgresql_where=sa.text("rest > 0")
    )
    op.create_table(
        "dispute_settlement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_dispute_settlement_amount")),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'rejected', 'withdrawn', 'paid')", name=op.f("ck_dispute_settlement_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dispute_id"],
            ["dispute.tenant_id", "dispute.id"],
            name=op.f("fk_dispute_settlement_tenant_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dispute_settlement")),
    )
    op.create_index(
        op.f("ix_dispute_settlement_tenant_id_dispute_id"), "dispute_settlement", ["tenant_id", "dispute_id"]
    )
    op.execute(FACTS_TOLD)
    op.execute("REVOKE ALL ON FUNCTION facts_told FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION facts_told TO billing_app, billing_ops")
    protect(op, "billing", "dispute", facts=("dispute_settlement",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
