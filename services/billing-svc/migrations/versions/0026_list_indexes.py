"""Lists of invoices by due date, and of the rare states, are read from an index at any depth."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_invoice_due ON invoice (tenant_id, coalesce(due_on, '9999-12-31'::date), id)")
    op.execute("CREATE INDEX ix_invoice_not_issued ON invoice (tenant_id, status, id) WHERE status <> 'issued'")
    op.execute("CREATE INDEX ix_credit_not_confirmed ON credit (tenant_id, state, received_on, id) "
               "WHERE state <> 'confirmed'")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
