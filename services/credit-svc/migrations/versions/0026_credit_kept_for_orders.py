"""What of unapplied credit is kept for orders, and for which."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deposit_order",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "request_id", "customer_id")),
        sa.Column("order_reference", sa.Text(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", "customer_id", name=op.f("pk_deposit_order")),
    )
    op.create_table(
        "kept_credit",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in (
            "tenant_id", "credit_id", "customer_id", "request_id")),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept >= 0", name=op.f("ck_kept_credit_kept")),
        sa.PrimaryKeyConstraint("tenant_id", "credit_id", "customer_id", name=op.f("pk_kept_credit")),
    )
    op.create_index("ix_kept_credit_customer", "kept_credit", ["tenant_id", "customer_id"],
                    postgresql_where=sa.text("kept > 0"))
    op.create_index("ix_kept_credit_request", "kept_credit", ["tenant_id", "request_id"])
    protect(op, "credit", "deposit_order", "kept_credit")
    op.add_column("exposure", sa.Column("kept", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("exposure", "kept", server_default=None)
    op.create_check_constraint(op.f("ck_exposure_kept"), "exposure", "kept >= 0")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
