"""Several ladders of a tenant, chosen by grade and class; what is heard of a customer's segment and owner."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ladder_policy", sa.Column("ladder", sa.String(), server_default="standard", nullable=False))
    op.create_index("ix_ladder_policy_tenant_id_ladder_version", "ladder_policy", ["tenant_id", "ladder", "version"])
    op.add_column("customer", sa.Column("grade", sa.String()))
    op.add_column("customer", sa.Column("classes", JSONB(), server_default="{}", nullable=False))
    op.add_column("customer", sa.Column("owner_id", sa.Uuid()))
    op.add_column("customer", sa.Column("owner_code", sa.String()))
    op.create_table(
        "ladder_selection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", JSONB(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_ladder_selection"),
    )
    protect(op, "notify", facts=("ladder_selection",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
