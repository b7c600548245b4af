"""Taking an older ledger over: imports, the facts that wait, what was refused; customers by their older id."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("external_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_customer_tenant_id_external_id"), "customer", ["tenant_id", "external_id"], unique=False)
    op.create_table(
        "ledger_import",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last_line", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("turn_on", sa.Date(), nullable=False),
        sa.Column("turn_part", sa.Text(), nullable=False),
        sa.Column("turn_line", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("invoices", sa.BigInteger(), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('receiving', 'running', 'ended')", name=op.f("ck_ledger_import_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_import")),
        sa.UniqueConstraint("tenant_id", "series", name=op.f("uq_ledger_import_tenant_id_series")),
    )
    op.create_index(
        "uq_ledger_import_under_way",
        "ledger_import",
        ["tenant_id", "digest"],
        unique=True,
        postgresql_where=sa.text("status <> 'ended'"),
    )
    op.create_table(
        "ledger_import_fact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("customer_external_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("order_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("invoice_external_id", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.CheckConstraint("part IN ('invoice', 'payment')", name=op.f("ck_ledger_import_fact_part")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ledger_import_id"],
            ["ledger_import.tenant_id", "ledger_import.id"],
            name=op.f("fk_ledger_import_fact_tenant_id_ledger_import_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "ledger_import_id", "line", "part", name=op.f("pk_ledger_import_fact")
        ),
    )
    op.create_index(
        "ix_ledger_import_fact_turn",
        "ledger_import_fact",
        ["tenant_id", "ledger_import_id", "order_on", "part", "line"],
        unique=False,
    )
    op.create_table(
        "ledger_import_refusal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ledger_import_id"],
            ["ledger_import.tenant_id", "ledger_import.id"],
            name=op.f("fk_ledger_import_refusal_tenant_id_ledger_import_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "ledger_import_id", "line", "part", name=op.f("pk_ledger_import_refusal")
        ),
    )
    protect(op, "billing", "ledger_import", facts=("ledger_import_refusal",), erasable=("ledger_import_fact",))
