"""Credit across currencies: exchanges, and their undoing."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_exchange",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leg_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("given_currency", sa.Text(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("taken_currency", sa.Text(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "given > 0 AND taken > 0 AND given_currency <> taken_currency", name=op.f("ck_credit_exchange_both_sides")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["credit.tenant_id", "credit.id"],
            name=op.f("fk_credit_exchange_tenant_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_exchange")),
    )
    op.create_index(op.f("ix_credit_exchange_tenant_id_payment_id"), "credit_exchange", ["tenant_id", "payment_id"])
    op.create_table(
        "credit_exchange_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_exchange_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_exchange_id"],
            ["credit_exchange.tenant_id", "credit_exchange.id"],
            name=op.f("fk_credit_exchange_reversal_tenant_id_credit_exchange_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_exchange_reversal")),
        sa.UniqueConstraint(
            "tenant_id", "credit_exchange_id", name=op.f("uq_credit_exchange_reversal_tenant_id_credit_exchange_id")
        ),
    )
    protect(op, "billing", facts=("credit_exchange", "credit_exchange_reversal"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
