"""Small differences that were closed, what of them is owed again, and the tolerance policy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tolerance_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("most", postgresql.JSONB(), nullable=False),
        sa.Column("share_bps", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_tolerance_policy")),
    )
    op.create_table(
        "difference",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_difference_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_difference_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_difference")),
    )
    op.create_index(op.f("ix_difference_tenant_id_item_id"), "difference", ["tenant_id", "item_id"], unique=False)
    op.create_table(
        "difference_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("difference_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "difference_id"],
            ["difference.tenant_id", "difference.id"],
            name=op.f("fk_difference_reversal_tenant_id_difference_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_difference_reversal")),
        sa.UniqueConstraint(
            "tenant_id", "difference_id", name=op.f("uq_difference_reversal_tenant_id_difference_id")
        ),
    )
    protect(op, "billing", facts=("tolerance_policy", "difference", "difference_reversal"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
