"""What credit notes took back of money that had earned a discount, so that a cancelled note gives it back."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credited_discount",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in (
            "reversal_id", "credit_note_id", "credit_id", "item_id")),
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("amount", "discount", "discount_tax")),
        sa.CheckConstraint("amount >= 0 AND 0 <= discount_tax AND discount_tax <= discount",
                           name=op.f("ck_credited_discount_amounts")),
        *(sa.ForeignKeyConstraint(
            ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"],
            name=op.f(f"fk_credited_discount_tenant_id_{column}")) for column, table in (
                ("reversal_id", "allocation_reversal"), ("credit_note_id", "credit_note"), ("credit_id", "credit"),
                ("item_id", "item"))),
        sa.PrimaryKeyConstraint("tenant_id", "reversal_id", name=op.f("pk_credited_discount")),
    )
    op.create_index(
        op.f("ix_credited_discount_tenant_id_credit_note_id"), "credited_discount", ["tenant_id", "credit_note_id"])
    protect(op, "billing", facts=("credited_discount",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
