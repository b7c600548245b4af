"""Why a payment was undone, and how many references of one that came named nothing open: what went wrong, or did not."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_move", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("payment_move", sa.Column("unmatched", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_payment_move_unmatched", "payment_move", ["tenant_id", "recorded_at"],
                    postgresql_where=sa.text("unmatched > 0"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
