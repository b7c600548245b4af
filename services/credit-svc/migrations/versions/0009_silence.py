"""An alert line for silence: a customer that owes and has stopped paying."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_level", sa.Column("silence", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("alert_level", "silence", server_default=None)
