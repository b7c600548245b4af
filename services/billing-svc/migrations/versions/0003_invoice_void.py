"""Invoices that were issued can be voided."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice_void",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_invoice_void_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invoice_void")),
        sa.UniqueConstraint("tenant_id", "invoice_id", name=op.f("uq_invoice_void_tenant_id_invoice_id")),
    )
    protect(op, "billing", facts=("invoice_void",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
