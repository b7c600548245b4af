"""References of payers that named nothing open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "credit",
        sa.Column("unmatched", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
    )
    op.alter_column("credit", "unmatched", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
