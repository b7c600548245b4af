"""Customers that were merged into another point on to it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("merged_into", sa.Uuid))
    op.create_foreign_key(
        "fk_customer_tenant_id_merged_into", "customer", "customer", ["tenant_id", "merged_into"], ["tenant_id", "id"])
    op.create_check_constraint(
        "merged_into", "customer", "merged_into IS NULL OR (merged_into <> id AND status = 'closed')")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
