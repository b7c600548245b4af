"""What had been written off or closed before an allocation paid it, so that it is lost again once that is undone."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# A recovery and the allocation that settled it were written in one transaction, in the same order.
_RECOVERED_SO_FAR = """
INSERT INTO allocated_loss (tenant_id, allocation_id, recovery_id)
SELECT a.tenant_id, a.id, r.id FROM (
  SELECT tenant_id, id, credit_id, item_id, amount, recorded_at, row_number() OVER (
    PARTITION BY tenant_id, credit_id, item_id, amount, recorded_at ORDER BY id) AS place
  FROM allocation WHERE reason = 'recovery') a
JOIN (
  SELECT d.tenant_id, d.id, d.credit_id, w.item_id, d.amount, d.recorded_at, row_number() OVER (
    PARTITION BY d.tenant_id, d.credit_id, w.item_id, d.amount, d.recorded_at ORDER BY d.id) AS place
  FROM debt_recovery d JOIN write_off w ON w.tenant_id = d.tenant_id AND w.id = d.write_off_id) r
  USING (tenant_id, credit_id, item_id, amount, recorded_at, place)
WHERE NOT EXISTS (SELECT 1 FROM allocation_reversal v WHERE v.tenant_id = a.tenant_id AND v.allocation_id = a.id)"""


def upgrade() -> None:
    op.create_table(
        "recovery_reversal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_recovery_reversal_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recovery_id"], ["debt_recovery.tenant_id", "debt_recovery.id"],
            name=op.f("fk_recovery_reversal_tenant_id_recovery_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_recovery_reversal")),
        sa.UniqueConstraint("tenant_id", "recovery_id", name=op.f("uq_recovery_reversal_tenant_id_recovery_id")),
    )
    op.create_table(
        "allocated_loss",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=True),
        sa.Column("difference_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("num_nonnulls(recovery_id, difference_id) = 1", name=op.f("ck_allocated_loss_one")),
        *(sa.ForeignKeyConstraint(
            ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"],
            name=op.f(f"fk_allocated_loss_tenant_id_{column}")) for column, table in (
                ("allocation_id", "allocation"), ("recovery_id", "debt_recovery"), ("difference_id", "difference"))),
        sa.PrimaryKeyConstraint("tenant_id", "allocation_id", name=op.f("pk_allocated_loss")),
        sa.UniqueConstraint("tenant_id", "recovery_id", name=op.f("uq_allocated_loss_tenant_id_recovery_id")),
    )
    op.create_index(
        op.f("ix_allocated_loss_tenant_id_difference_id"), "allocated_loss", ["tenant_id", "difference_id"])
    protect(op, "billing", facts=("recovery_reversal", "allocated_loss"))
    op.execute(_RECOVERED_SO_FAR)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
