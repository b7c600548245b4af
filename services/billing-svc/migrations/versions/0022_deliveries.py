"""Deliveries that are not billed yet, and what invoices bill of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice", sa.Column("delivery_ids", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.alter_column("invoice", "delivery_ids", server_default=None)
    op.create_table(
        "delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("cancelled", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_delivery_amount")),
        sa.CheckConstraint("0 <= open AND open <= amount", name=op.f("ck_delivery_open")),
        sa.CheckConstraint("cancelled IS NULL OR open = 0", name=op.f("ck_delivery_cancelled")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_delivery_tenant_id_customer_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_not_billed", "delivery", ["tenant_id", "authorization_id"],
        postgresql_where=sa.text("open > 0"))
    op.create_index(op.f("ix_delivery_tenant_id_customer_id_id"), "delivery", ["tenant_id", "customer_id", "id"])
    op.create_table(
        "delivery_billing",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_delivery_billing_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "delivery_id"], ["delivery.tenant_id", "delivery.id"],
            name=op.f("fk_delivery_billing_tenant_id_delivery_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_delivery_billing_tenant_id_invoice_id")),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", "delivery_id", name=op.f("pk_delivery_billing")),
    )
    op.create_index(
        op.f("ix_delivery_billing_tenant_id_delivery_id"), "delivery_billing", ["tenant_id", "delivery_id"])
    protect(op, "billing", "delivery", facts=("delivery_billing",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
