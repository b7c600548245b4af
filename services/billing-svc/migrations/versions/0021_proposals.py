"""Refunds and credit notes that wait for a second person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("wish", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'refused')", name=op.f("ck_proposal_state")),
        sa.CheckConstraint("state <> 'approved' OR checker <> maker", name=op.f("ck_proposal_two_persons")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_proposal")),
    )
    op.create_index(
        "ix_proposal_waiting",
        "proposal",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    protect(op, "billing", "proposal")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
