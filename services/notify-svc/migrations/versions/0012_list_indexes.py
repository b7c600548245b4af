"""The log is read by the day of its messages at any depth, and by the reason of a suppression."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_message_tenant_id_judged_on_id ON message (tenant_id, judged_on, id)")
    op.execute("CREATE INDEX ix_message_item_reason ON message_item (tenant_id, reason, message_id) "
               "WHERE reason IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
