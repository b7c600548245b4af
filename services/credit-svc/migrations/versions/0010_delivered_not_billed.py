"""What was delivered and is not billed yet."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exposure", sa.Column("delivered", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("exposure", "delivered", server_default=None)
    op.create_check_constraint(op.f("ck_exposure_delivered"), "exposure", "delivered >= 0")
    op.add_column("authorization_movement", sa.Column("delivery_id", sa.Uuid(), nullable=True))
    op.create_table(
        "delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_not_billed", "delivery", ["tenant_id", "customer_id"], postgresql_where=sa.text("open > 0"))
    protect(op, "credit", "delivery")
