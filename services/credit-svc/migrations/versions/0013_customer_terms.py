"""What customers pay before or on delivery, by their terms of trade."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("prepayment_bps", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("customer", sa.Column("cash_on_delivery", sa.Boolean(), nullable=False, server_default="false"))
    for column in ("prepayment_bps", "cash_on_delivery"):
        op.alter_column("customer", column, server_default=None)
