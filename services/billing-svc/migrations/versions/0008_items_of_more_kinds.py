"""Items of interest and fees beside those of invoices, several items an invoice, and instalments in terms and drafts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("instalments", postgresql.JSONB(), nullable=True))
    op.add_column("invoice", sa.Column("draft_instalments", postgresql.JSONB(), nullable=True))
    op.add_column("item", sa.Column("number", sa.Text(), nullable=True))
    op.add_column("item", sa.Column("claim_item_id", sa.Uuid(), nullable=True))
    op.add_column("item", sa.Column("instalment", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("item", sa.Column("instalments", sa.Integer(), nullable=False, server_default="1"))
    op.execute("UPDATE item SET number = d.number FROM invoice d WHERE d.tenant_id = item.tenant_id AND d.id = invoice_id")
    op.alter_column("item", "number", nullable=False)
    op.alter_column("item", "instalment", server_default=None)
    op.alter_column("item", "instalments", server_default=None)
    op.alter_column("item", "invoice_id", nullable=True)
    op.create_check_constraint(op.f("ck_item_kind"), "item", "kind IN ('invoice', 'interest', 'fee')")
    op.create_check_constraint(op.f("ck_item_on_invoice"), "item", "kind <> 'invoice' OR invoice_id IS NOT NULL")
    op.create_check_constraint(op.f("ck_item_instalment"), "item", "1 <= instalment AND instalment <= instalments")
    op.create_foreign_key(
        op.f("fk_item_tenant_id_claim_item_id"), "item", "item", ["tenant_id", "claim_item_id"], ["tenant_id", "id"]
    )
    op.create_index(
        "ix_item_claim", "item", ["tenant_id", "claim_item_id"], postgresql_where=sa.text("claim_item_id IS NOT NULL")
    )
    op.create_table(
        "charge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_charge_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_charge_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_charge")),
        sa.UniqueConstraint("tenant_id", "item_id", name=op.f("uq_charge_tenant_id_item_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_charge_tenant_id_number")),
    )
    protect(op, "billing", facts=("charge",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
