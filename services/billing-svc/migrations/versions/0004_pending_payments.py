"""Payments that wait for their confirmation, what became of them, and the policy by which they wait."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credit", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("credit", sa.Column("choice", postgresql.JSONB(), nullable=True))
    op.create_index(
        "ix_credit_pending",
        "credit",
        ["tenant_id", "customer_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "payment_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pending_days", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_payment_policy")),
    )
    op.create_table(
        "payment_decision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('confirmed', 'rejected', 'expired')", name=op.f("ck_payment_decision_decision")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"],
            ["credit.tenant_id", "credit.id"],
            name=op.f("fk_payment_decision_tenant_id_credit_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_decision")),
        sa.UniqueConstraint("tenant_id", "credit_id", name=op.f("uq_payment_decision_tenant_id_credit_id")),
    )
    protect(op, "billing", facts=("payment_policy", "payment_decision"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
