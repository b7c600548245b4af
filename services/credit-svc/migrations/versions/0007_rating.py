"""What a rating rests on: payments learnt with their sums, what was billed, and marks of conduct."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _payments()
    _marks()
    protect(op, "credit", "payment_record", "learnt_payment", "billed_invoice", "conduct_mark")


def _payments() -> None:
    sums = ("weight", "late", "much_late", "days", "squares", "amount", "amount_days")
    op.create_table(
        "payment_record",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Numeric(), nullable=False) for name in sums),
        sa.CheckConstraint(
            "least(payments, weight, late, much_late, squares, amount) >= 0", name=op.f("ck_payment_record_sums")),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_payment_record")),
    )
    op.create_table(
        "learnt_payment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("weight", sa.Numeric(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "allocation_id", name=op.f("pk_learnt_payment")),
    )
    op.create_index(
        "ix_learnt_payment_customer", "learnt_payment", ["tenant_id", "customer_id", "paid_on"],
        postgresql_where=sa.text("live"))


def _marks() -> None:
    op.create_table(
        "billed_invoice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", name=op.f("pk_billed_invoice")),
    )
    op.create_index("ix_billed_invoice_customer", "billed_invoice", ["tenant_id", "customer_id", "issued_on"])
    op.create_table(
        "conduct_mark",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("marked_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "subject_id", name=op.f("pk_conduct_mark")),
    )
    op.create_index("ix_conduct_mark_customer", "conduct_mark", ["tenant_id", "customer_id", "marked_on"])
