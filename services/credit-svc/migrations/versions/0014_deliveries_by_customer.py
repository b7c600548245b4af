"""A delivery may be heard of under two customers, one after the other: each has a row of its own."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("pk_delivery", "delivery", type_="primary")
    op.create_primary_key("pk_delivery", "delivery", ["tenant_id", "delivery_id", "customer_id"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
