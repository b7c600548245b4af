"""Rows of a file of customers that wait until their import has taken them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_import_row",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("operation_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "operation_id", "position", name="pk_customer_import_row"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operation_id"], ["operation.tenant_id", "operation.operation_id"],
            name="fk_customer_import_row_tenant_id"),
    )
    protect(op, "customer", erasable=("customer_import_row",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
