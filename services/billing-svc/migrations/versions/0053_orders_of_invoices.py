"""The order that an invoice bills, by the customer's or our own reference, and for which deposit a credit is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice", sa.Column("order_reference", sa.Text(), nullable=True))
    op.add_column("credit", sa.Column("kept_for", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_deposit_request_reference", "deposit_request", ["tenant_id", "order_reference"],
        postgresql_where=sa.text("ended IS NULL"))
    op.execute("""UPDATE credit c SET kept_for = r.id FROM deposit_payment p
        JOIN deposit_request r ON r.tenant_id = p.tenant_id AND r.id = p.request_id
        WHERE c.tenant_id = p.tenant_id AND c.id = p.credit_id AND r.ended IS NULL""")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
