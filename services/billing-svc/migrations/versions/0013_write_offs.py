"""Write-offs, what was recovered of them, their reversal, and the policy for the tax in them."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("written_off", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_check_constraint(
        op.f("ck_item_written_off"), "item", "0 <= written_off AND open + written_off <= amount"
    )
    op.create_table(
        "bad_debt_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vat", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_bad_debt_policy")),
    )
    op.create_table(
        "write_off",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_write_off_amount")),
        sa.CheckConstraint("0 <= recovered AND recovered <= amount", name=op.f("ck_write_off_recovered")),
        sa.CheckConstraint("0 <= tax AND tax <= amount", name=op.f("ck_write_off_tax")),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused', 'reversed')", name=op.f("ck_write_off_state")
        ),
        sa.CheckConstraint("checker <> maker OR state = 'refused'", name=op.f("ck_write_off_two_persons")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_write_off_tenant_id_item_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_write_off")),
    )
    op.create_index(op.f("ix_write_off_tenant_id_customer_id_id"), "write_off", ["tenant_id", "customer_id", "id"])
    op.create_index(
        "ix_write_off_proposed", "write_off", ["tenant_id", "id"], postgresql_where=sa.text("state = 'proposed'")
    )
    op.create_table(
        "debt_recovery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("write_off_id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_debt_recovery_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "write_off_id"],
            ["write_off.tenant_id", "write_off.id"],
            name=op.f("fk_debt_recovery_tenant_id_write_off_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"],
            ["credit.tenant_id", "credit.id"],
            name=op.f("fk_debt_recovery_tenant_id_credit_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_debt_recovery")),
    )
    op.create_index(op.f("ix_debt_recovery_tenant_id_write_off_id"), "debt_recovery", ["tenant_id", "write_off_id"])
    op.create_table(
        "write_off_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("write_off_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "write_off_id"],
            ["write_off.tenant_id", "write_off.id"],
            name=op.f("fk_write_off_reversal_tenant_id_write_off_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_write_off_reversal")),
        sa.UniqueConstraint("tenant_id", "write_off_id", name=op.f("uq_write_off_reversal_tenant_id_write_off_id")),
    )
    protect(op, "billing", "write_off", facts=("bad_debt_policy", "debt_recovery", "write_off_reversal"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
