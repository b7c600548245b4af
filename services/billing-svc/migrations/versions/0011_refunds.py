"""Refunds of unapplied credit, and their reversal."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refund",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"], name=op.f("fk_refund_tenant_id_credit_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refund")),
        sa.UniqueConstraint("tenant_id", "external_id", name=op.f("uq_refund_tenant_id_external_id")),
    )
    op.create_index(op.f("ix_refund_tenant_id_credit_id"), "refund", ["tenant_id", "credit_id"], unique=False)
    op.create_index(
        op.f("ix_refund_tenant_id_effective_on_id"), "refund", ["tenant_id", "effective_on", "id"], unique=False
    )
    op.create_table(
        "refund_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "refund_id"],
            ["refund.tenant_id", "refund.id"],
            name=op.f("fk_refund_reversal_tenant_id_refund_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refund_reversal")),
        sa.UniqueConstraint("tenant_id", "refund_id", name=op.f("uq_refund_reversal_tenant_id_refund_id")),
    )
    protect(op, "billing", facts=("refund", "refund_reversal"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
