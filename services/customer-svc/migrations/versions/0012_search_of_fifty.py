"""A search gives a page: its planner expects some fifty rows, not a thousand."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER FUNCTION search_customers(text[], text, text, integer) ROWS 50")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
