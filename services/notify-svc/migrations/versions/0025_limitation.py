"""Until when claims can be enforced: how long the policy gives them, what customers confirmed of a statement and when,
and what is lost and still claimed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection_policy", sa.Column(
        "limitation_months", sa.Integer(), nullable=False, server_default="36"))
    op.add_column("statement", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("statement", sa.Column("confirmed", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.create_index("ix_statement_confirmed", "statement", ["tenant_id", "customer_id"],
                    postgresql_where=sa.text("answered_at IS NOT NULL"))
    op.create_index("ix_item_move_lost", "item_move", ["tenant_id", "item_id"], postgresql_where=sa.text(
        "fact IN ('DebtWrittenOff', 'DebtRecovered', 'RecoveryReversed', 'WriteOffReversed')"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
