"""An item may be heard of under two customers, one after the other: each has a row of its own."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("pk_heard_item", "heard_item", type_="primary")
    op.create_primary_key("pk_heard_item", "heard_item", ["tenant_id", "id", "customer_id"])


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
