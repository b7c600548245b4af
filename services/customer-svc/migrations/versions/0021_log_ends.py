"""How far the bus has confirmed that its log goes, by partition: a log that ends earlier has lost facts."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE relay_state ADD COLUMN ends bigint[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
