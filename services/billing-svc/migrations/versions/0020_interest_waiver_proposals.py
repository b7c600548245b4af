"""Waivers of interest wait for a second person."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interest_waiver_proposal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_interest_waiver_proposal_amount")),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused')", name=op.f("ck_interest_waiver_proposal_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"],
            ["item.tenant_id", "item.id"],
            name=op.f("fk_interest_waiver_proposal_tenant_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_interest_waiver_proposal")),
    )
    op.create_index(
        "ix_interest_waiver_proposal_waiting",
        "interest_waiver_proposal",
        ["tenant_id", "id"],
        postgresql_where=sa.text("state = 'proposed'"),
    )
    protect(op, "billing", "interest_waiver_proposal")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
