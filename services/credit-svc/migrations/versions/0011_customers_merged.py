"""Customers that were merged go on as others; an item may be heard of under both, each has a row of its own."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_merger",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("into_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name=op.f("pk_customer_merger")),
    )
    protect(op, "credit", "customer_merger")
    op.drop_constraint("pk_owed_item", "owed_item", type_="primary")
    op.create_primary_key("pk_owed_item", "owed_item", ["tenant_id", "item_id", "customer_id"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
