"""A message may be queued: judged and written, its hand-over not begun. What is under way is found by one index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX ix_message_sending")
    op.execute("CREATE INDEX ix_message_under_way ON message (tenant_id, customer_id) "
               "WHERE status IN ('queued', 'sending')")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
