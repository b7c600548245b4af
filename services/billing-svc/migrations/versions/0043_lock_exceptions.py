"""Exceptions of soft period locks: who may post into what is closed, from which day on, why and until when."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lock_exception",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("subject <> actor", name=op.f("ck_lock_exception_two_persons")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lock_exception")),
    )
    op.create_index(op.f("ix_lock_exception_tenant_id_ends_at"), "lock_exception", ["tenant_id", "ends_at"])
    protect(op, "billing", "lock_exception")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
