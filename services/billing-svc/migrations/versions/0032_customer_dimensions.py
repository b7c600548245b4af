"""What a report may be broken down by: the group of a customer, and its classes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("group_number", sa.Text(), nullable=True))
    op.add_column("customer", sa.Column("classes", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
