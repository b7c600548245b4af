"""Interest that has accrued and is no item yet, and whether it counts in what is available."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("heard_account", sa.Column("accrued", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("heard_account", "accrued", server_default=None)
    op.add_column(
        "heard_credit_policy", sa.Column("accrued_interest", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("heard_credit_policy", "accrued_interest", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
