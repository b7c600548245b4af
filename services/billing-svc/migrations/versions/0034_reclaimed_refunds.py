"""Refunds of payments that did not arrive after all: what was paid back is claimed as an item of its own."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_item_kind"), "item")
    op.create_check_constraint(op.f("ck_item_kind"), "item", "kind IN ('invoice', 'interest', 'fee', 'reclaim')")
    op.create_table(
        "refund_reclaim",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"], ["charge.tenant_id", "charge.id"], name=op.f("fk_refund_reclaim_tenant_id_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "refund_id"],
            ["refund.tenant_id", "refund.id"],
            name=op.f("fk_refund_reclaim_tenant_id_refund_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refund_reclaim")),
        sa.UniqueConstraint("tenant_id", "refund_id", name=op.f("uq_refund_reclaim_tenant_id_refund_id")),
    )
    protect(op, "billing", facts=("refund_reclaim",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
