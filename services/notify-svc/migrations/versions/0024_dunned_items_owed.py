"""What is owed has an index of its own, by due date: who is overdue, and who answers for it, was found each day by
reading every item there ever was."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_dunned_item_owed ON dunned_item (tenant_id, due_on, customer_id) WHERE open > 0")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
