"""Interest that has accrued on accounts and is no item yet."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interest_accrual",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("accrued", sa.BigInteger(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.CheckConstraint("accrued >= 0", name=op.f("ck_interest_accrual_accrued")),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_interest_accrual")),
    )
    op.create_index(
        "ix_interest_accrual_some", "interest_accrual", ["tenant_id", "customer_id", "currency"],
        postgresql_where=sa.text("accrued > 0"))
    protect(op, "billing", "interest_accrual")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
