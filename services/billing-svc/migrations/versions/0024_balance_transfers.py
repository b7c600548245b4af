"""Customers that were merged: where they go on, accounts that are closed for that, and what was transferred."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_customer_merged", "customer", ["tenant_id", "merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.add_column("account", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("arrangement", sa.Column("agreed_with", sa.Uuid(), nullable=True))
    op.create_table(
        "balance_transfer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("in_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_balance_transfer_amount")),
        sa.CheckConstraint("source_id <> into_id", name=op.f("ck_balance_transfer_two_customers")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_balance_transfer")),
    )
    op.create_index(
        op.f("ix_balance_transfer_tenant_id_into_id_id"), "balance_transfer", ["tenant_id", "into_id", "id"])
    op.create_index(
        op.f("ix_balance_transfer_tenant_id_source_id_id"), "balance_transfer", ["tenant_id", "source_id", "id"])
    protect(op, "billing", facts=("balance_transfer",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
