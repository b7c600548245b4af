"""Arrangements, their parts by version, and the due dates that stand for items by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrangement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("item_ids", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("misses_on", sa.Date(), nullable=False),
        sa.Column("after_position", sa.BigInteger(), nullable=False),
        sa.Column("judged_position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'completed', 'defaulted')", name=op.f("ck_arrangement_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_arrangement_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_arrangement")),
    )
    op.create_index(op.f("ix_arrangement_tenant_id_customer_id_id"), "arrangement", ["tenant_id", "customer_id", "id"])
    op.create_index(
        "ix_arrangement_to_judge",
        "arrangement",
        ["tenant_id", "misses_on", "id"],
        postgresql_where=sa.text("state <> 'completed'"),
    )
    op.create_table(
        "arrangement_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_arrangement_part_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arrangement_id"],
            ["arrangement.tenant_id", "arrangement.id"],
            name=op.f("fk_arrangement_part_tenant_id_arrangement_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "arrangement_id", "version", "position", name=op.f("pk_arrangement_part")
        ),
    )
    op.create_table(
        "standing_due",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_standing_due_tenant_id_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arrangement_id"],
            ["arrangement.tenant_id", "arrangement.id"],
            name=op.f("fk_standing_due_tenant_id_arrangement_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", "due_version", "position", name=op.f("pk_standing_due")),
    )
    op.add_column("item", sa.Column("arrangement_id", sa.Uuid(), nullable=True))
    op.add_column("item", sa.Column("standing_due_on", sa.Date(), nullable=True))
    op.execute("UPDATE item SET standing_due_on = due_on")
    op.alter_column("item", "standing_due_on", nullable=False)
    op.create_foreign_key(
        op.f("fk_item_tenant_id_arrangement_id"),
        "item",
        "arrangement",
        ["tenant_id", "arrangement_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "ix_item_open_by_standing_due",
        "item",
        ["tenant_id", "standing_due_on", "id"],
        postgresql_where=sa.text("open > 0"),
    )
    protect(op, "billing", "arrangement", facts=("arrangement_part", "standing_due"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
