"""Bills of exchange: received for items, owed as items of their own, and dishonoured."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_item_kind"), "item", type_="check")
    op.create_check_constraint(
        op.f("ck_item_kind"), "item", "kind IN ('invoice', 'interest', 'fee', 'reclaim', 'bill')")
    op.create_table(
        "bill",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("number", "risk_class", "drawer", "acceptor")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("received_on", "effective_on", "due_on")),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_bill_amount")),
        sa.CheckConstraint("risk_class IN ('bank', 'commercial')", name=op.f("ck_bill_risk_class")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_bill_tenant_id_item_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bill")),
        sa.UniqueConstraint("tenant_id", "item_id", name=op.f("uq_bill_tenant_id_item_id")),
    )
    op.create_table(
        "bill_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_bill_part_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"], ["bill.tenant_id", "bill.id"], name=op.f("fk_bill_part_tenant_id_bill_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"], name=op.f("fk_bill_part_tenant_id_item_id")),
        sa.PrimaryKeyConstraint("tenant_id", "bill_id", "item_id", name=op.f("pk_bill_part")),
    )
    op.create_table(
        "bill_dishonour",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"], ["bill.tenant_id", "bill.id"], name=op.f("fk_bill_dishonour_tenant_id_bill_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bill_dishonour")),
        sa.UniqueConstraint("tenant_id", "bill_id", name=op.f("uq_bill_dishonour_tenant_id_bill_id")),
    )
    protect(op, "billing", facts=("bill", "bill_part", "bill_dishonour"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
