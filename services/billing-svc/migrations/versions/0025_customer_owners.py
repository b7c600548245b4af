"""Who answers for a customer, beside its number and name."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("owner_code", sa.Text()))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
