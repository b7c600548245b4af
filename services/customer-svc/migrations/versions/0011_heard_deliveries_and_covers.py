"""What is delivered and not billed, and what others answer for, on the customer's page."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("heard_account", sa.Column("delivered", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("heard_account", "delivered", server_default=None)
    op.add_column("heard_credit", sa.Column("covers", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("heard_credit", "covers", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
