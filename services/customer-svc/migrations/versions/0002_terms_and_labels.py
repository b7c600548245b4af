"""Terms of trade with instalments, discount, prepayment and cash on delivery; a customer's source, tags and metadata."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("instalments", JSONB, server_default="[]", nullable=False),
        sa.Column("discount_bps", sa.Integer),
        sa.Column("discount_within_days", sa.Integer),
        sa.Column("prepayment_bps", sa.Integer, server_default="0", nullable=False),
        sa.Column("cash_on_delivery", sa.Boolean, server_default="false", nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("tags", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("labels", JSONB, server_default="{}", nullable=False),
    ):
        op.add_column("customer", column)
    for name in ("instalments", "prepayment_bps", "cash_on_delivery", "tags", "labels"):
        op.alter_column("customer", name, server_default=None)
    op.create_check_constraint("prepayment_bps", "customer", "prepayment_bps BETWEEN 0 AND 10000")
    op.create_check_constraint(
        "discount", "customer", "(discount_bps IS NULL) = (discount_within_days IS NULL)")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
