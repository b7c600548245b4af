"""The due dates that stood for an item, version by version, once there was more than one."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_due",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", "due_version", name="pk_item_due"),
    )
    protect(op, "notify", facts=("item_due",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
