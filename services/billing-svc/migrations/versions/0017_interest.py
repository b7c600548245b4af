"""Interest: the policy in its versions, reference rates, runs, what was charged on each item, and waivers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interest_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_interest_policy")),
    )
    op.create_table(
        "reference_rate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=8, scale=4), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "reference", "effective_from", name=op.f("pk_reference_rate")),
    )
    op.create_table(
        "interest_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("after_item_id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("corrected", sa.BigInteger(), nullable=False),
        sa.Column("without_rate", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_interest_run")),
    )
    op.create_table(
        "interest_account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("charged_to", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("compensated", sa.Boolean(), nullable=False),
        sa.CheckConstraint("charged >= 0", name=op.f("ck_interest_account_charged")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_interest_account_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", name=op.f("pk_interest_account")),
    )
    op.create_table(
        "interest_waiver",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_interest_waiver_amount")),
        sa.CheckConstraint("checker <> maker", name=op.f("ck_interest_waiver_two_persons")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_interest_waiver_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_interest_waiver")),
    )
    op.create_index(op.f("ix_interest_waiver_tenant_id_item_id"), "interest_waiver", ["tenant_id", "item_id"])
    protect(
        op,
        "billing",
        "interest_run",
        "interest_account",
        facts=("interest_policy", "reference_rate", "interest_waiver"),
    )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
