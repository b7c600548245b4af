"""An exception of a soft lock may be for a role: for whoever's token carries a scope."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lock_exception", sa.Column("scope", sa.Text(), nullable=True))
    op.alter_column("lock_exception", "subject", nullable=True)
    op.create_check_constraint(
        op.f("ck_lock_exception_for_one"), "lock_exception", "(subject IS NULL) <> (scope IS NULL)")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
