"""Credit notes, what they credit of invoice lines, and their cancellation."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("credit", "method", nullable=True)
    op.create_check_constraint(
        op.f("ck_credit_method"), "credit", "kind <> 'payment' OR method IS NOT NULL"
    )
    op.create_table(
        "credit_note",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"], ["credit.tenant_id", "credit.id"], name=op.f("fk_credit_note_tenant_id_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_credit_note_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_credit_note_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_credit_note_tenant_id_invoice_id"), "credit_note", ["tenant_id", "invoice_id"], unique=False
    )
    op.create_index(
        op.f("ix_credit_note_tenant_id_issued_on_id"), "credit_note", ["tenant_id", "issued_on", "id"], unique=False
    )
    op.create_table(
        "credit_note_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("credit_note_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net >= 0 AND tax >= 0 AND net + tax > 0", name=op.f("ck_credit_note_line_something")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_note_id"],
            ["credit_note.tenant_id", "credit_note.id"],
            name=op.f("fk_credit_note_line_tenant_id_credit_note_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id", "position"],
            ["invoice_line.tenant_id", "invoice_line.invoice_id", "invoice_line.position"],
            name=op.f("fk_credit_note_line_tenant_id_invoice_id_position"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "credit_note_id", "position", name=op.f("pk_credit_note_line")),
    )
    op.create_index(
        op.f("ix_credit_note_line_tenant_id_invoice_id_position"),
        "credit_note_line",
        ["tenant_id", "invoice_id", "position"],
        unique=False,
    )
    op.create_table(
        "credit_note_cancellation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_note_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_note_id"],
            ["credit_note.tenant_id", "credit_note.id"],
            name=op.f("fk_credit_note_cancellation_tenant_id_credit_note_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_note_cancellation")),
        sa.UniqueConstraint(
            "tenant_id", "credit_note_id", name=op.f("uq_credit_note_cancellation_tenant_id_credit_note_id")
        ),
    )
    protect(op, "billing", facts=("credit_note", "credit_note_line", "credit_note_cancellation"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
