"""Compensations that were taken back, and which of them book a claim that was settled."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compensation_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("compensation_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_compensation_reversal_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "compensation_id"], ["compensation.tenant_id", "compensation.id"],
            name=op.f("fk_compensation_reversal_tenant_id_compensation_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_compensation_reversal")),
        sa.UniqueConstraint("tenant_id", "compensation_id",
                            name=op.f("uq_compensation_reversal_tenant_id_compensation_id")),
    )
    op.create_index("ix_compensation_claim", "compensation", ["tenant_id", "claim_id"],
                    postgresql_where=sa.text("claim_id IS NOT NULL"))
    protect(op, "billing", facts=("compensation_reversal",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
