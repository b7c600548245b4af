"""Search tasks are found by the statement whose answer they follow from."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_search_task_tenant_id_statement_id"), "search_task", ["tenant_id", "statement_id"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
