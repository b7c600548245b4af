"""Exchange rates, and base amounts of what is in foreign currency. What was booked before rates is carried one to one."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CARRIED_SO_FAR = """
INSERT INTO carried_amount (tenant_id, ref_id, customer_id, currency, side, open, base)
SELECT r.tenant_id, r.id, r.customer_id, r.currency, r.side, r.open, r.open FROM (
  SELECT tenant_id, id, customer_id, currency, 'receivable' AS side, open FROM item
  UNION ALL SELECT tenant_id, id, customer_id, currency, 'credit', unapplied FROM credit
  WHERE state IN ('confirmed', 'reversed')) r
JOIN tenant t ON t.tenant_id = r.tenant_id AND t.currency <> r.currency"""


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rate_rate")),
        sa.CheckConstraint("currency <> base_currency", name=op.f("ck_exchange_rate_pair")),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=op.f("pk_exchange_rate")),
    )
    op.create_index(
        op.f("ix_exchange_rate_tenant_id_currency_valid_on"), "exchange_rate", ["tenant_id", "currency", "valid_on"]
    )
    op.create_table(
        "carried_amount",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('receivable', 'credit')", name=op.f("ck_carried_amount_side")),
        sa.CheckConstraint(
            "open >= 0 AND base >= 0 AND (open > 0 OR base = 0)", name=op.f("ck_carried_amount_carried")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_carried_amount_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ref_id", name=op.f("pk_carried_amount")),
    )
    op.create_index(
        "ix_carried_amount_left",
        "carried_amount",
        ["tenant_id", "customer_id", "currency"],
        postgresql_where=sa.text("open > 0"),
    )
    op.add_column("ledger_entry", sa.Column("base_amount", sa.BigInteger(), nullable=True))
    op.add_column("journal_line", sa.Column("base_amount", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_journal_line_amount"), "journal_line")
    op.create_check_constraint(
        op.f("ck_journal_line_amount"), "journal_line", "amount <> 0 OR coalesce(base_amount, 0) <> 0"
    )
    op.execute(CARRIED_SO_FAR)
    protect(op, "billing", "carried_amount", facts=("exchange_rate",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
