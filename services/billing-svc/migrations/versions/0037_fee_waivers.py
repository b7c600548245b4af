"""Waivers of fees: so much of a fee is not owed."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fee_waiver",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fee_waiver_amount")),
        sa.CheckConstraint("checker <> maker", name=op.f("ck_fee_waiver_two_persons")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_fee_waiver_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_waiver")),
    )
    op.create_index(op.f("ix_fee_waiver_tenant_id_item_id"), "fee_waiver", ["tenant_id", "item_id"])
    protect(op, "billing", facts=("fee_waiver",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
