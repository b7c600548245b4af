"""What third parties paid for debts, and what was passed on to them of later receipts."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compensation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("amount", "claimed", "paid_before")),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("0 < amount AND amount <= claimed", name=op.f("ck_compensation_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_compensation_tenant_id_item_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_compensation")),
    )
    op.create_index(op.f("ix_compensation_tenant_id_item_id"), "compensation", ["tenant_id", "item_id"])
    op.create_index(op.f("ix_compensation_tenant_id_customer_id_id"), "compensation", ["tenant_id", "customer_id", "id"])
    op.create_table(
        "compensation_share",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("compensation_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_compensation_share_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "compensation_id"], ["compensation.tenant_id", "compensation.id"],
            name=op.f("fk_compensation_share_tenant_id_compensation_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_compensation_share")),
    )
    op.create_index(
        op.f("ix_compensation_share_tenant_id_compensation_id"), "compensation_share", ["tenant_id", "compensation_id"])
    protect(op, "billing", facts=("compensation", "compensation_share"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
