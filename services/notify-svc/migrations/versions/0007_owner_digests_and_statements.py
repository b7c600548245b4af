"""Notices beside reminders: statements sent out, reminders to reconcile, digests for the staff of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "statement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("closing", JSONB(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_statement"),
    )
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("staff_code", sa.String()),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "key", name="pk_notice"),
    )
    op.create_index("ix_notice_tenant_id_id", "notice", ["tenant_id", "id"])
    op.add_column("collection_policy",
                  sa.Column("owner_digest", sa.String(), server_default="daily", nullable=False))
    op.add_column("collection_policy",
                  sa.Column("reconcile_after_days", sa.Integer(), server_default="10", nullable=False))
    protect(op, "notify", "statement", "notice")
    op.execute("REVOKE DELETE ON notice FROM notify_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
