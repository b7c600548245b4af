"""Drafts and void invoices have an index of their own in the order of due dates: they were looked for among all."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_invoice_not_issued_due ON invoice (tenant_id, status, least(due_on, 'infinity'::date), "
               "id) WHERE status <> 'issued'")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
