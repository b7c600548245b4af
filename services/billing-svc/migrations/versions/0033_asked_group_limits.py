"""Limits of groups that credit-svc asks a second person to sign."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_group_limit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("group_number", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "approval_id", name=op.f("pk_asked_group_limit")),
    )
    op.create_index(
        "ix_asked_group_limit_waiting", "asked_group_limit", ["tenant_id", "approval_id"],
        postgresql_where=sa.text("waiting"))
    protect(op, "billing", "asked_group_limit")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
