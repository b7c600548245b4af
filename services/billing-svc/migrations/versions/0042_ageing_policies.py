"""The tenant's buckets of ageing, in versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ageing_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edges", postgresql.JSONB(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_ageing_policy")),
    )
    protect(op, "billing", facts=("ageing_policy",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
