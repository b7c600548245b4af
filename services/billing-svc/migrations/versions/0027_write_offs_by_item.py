"""What was written off of an item is read from an index."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_write_off_tenant_id_item_id_id ON write_off (tenant_id, item_id, id)")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
