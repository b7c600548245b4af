"""Payments that a second person must confirm."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credit", sa.Column("second_person", sa.Text(), nullable=True))
    op.add_column(
        "payment_policy",
        sa.Column("second_person_above", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.add_column(
        "payment_policy",
        sa.Column("second_person_for_new_payer", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("payment_policy", "second_person_above", server_default=None)
    op.alter_column("payment_policy", "second_person_for_new_payer", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
