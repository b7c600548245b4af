"""How often a statement without an answer is reminded of."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection_policy", sa.Column("reconcile_times", sa.Integer(), server_default="3", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
