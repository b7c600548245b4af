"""Deposits that are asked for ahead of orders, and the payments that came in on them."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deposit_request",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("order_reference", sa.Text(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deposit_request_amount")),
        sa.CheckConstraint("due_on >= requested_on", name=op.f("ck_deposit_request_due")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_deposit_request_tenant_id_customer_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deposit_request")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_deposit_request_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_deposit_request_tenant_id_customer_id_id"), "deposit_request", ["tenant_id", "customer_id", "id"])
    op.create_index(
        "ix_deposit_request_order", "deposit_request", ["tenant_id", "authorization_id"],
        postgresql_where=sa.text("ended IS NULL AND authorization_id IS NOT NULL"))
    op.create_table(
        "deposit_payment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"],
            name=op.f("fk_deposit_payment_tenant_id_credit_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"], ["deposit_request.tenant_id", "deposit_request.id"],
            name=op.f("fk_deposit_payment_tenant_id_request_id")),
        sa.PrimaryKeyConstraint("tenant_id", "credit_id", name=op.f("pk_deposit_payment")),
    )
    op.create_index(
        op.f("ix_deposit_payment_tenant_id_request_id"), "deposit_payment", ["tenant_id", "request_id"])
    protect(op, "billing", "deposit_request", facts=("deposit_payment",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
