"""Early-payment discount: in the customer's terms, offered by items, given with allocations; and its policy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("discount", postgresql.JSONB(), nullable=True))
    op.add_column("item", sa.Column("discount", postgresql.JSONB(), nullable=True))
    for column in ("discount", "discount_tax"):
        op.add_column("allocation", sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_check_constraint(
        op.f("ck_allocation_discount"), "allocation", "0 <= discount_tax AND discount_tax <= discount"
    )
    op.create_table(
        "discount_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("vat", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_discount_policy")),
    )
    protect(op, "billing", facts=("discount_policy",))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
