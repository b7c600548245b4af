"""Deposits that were asked for, which are mailed to the customer."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_deposit",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "id", "customer_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("number", "order_reference", "currency")),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_asked_deposit"),
    )
    protect(op, "notify", "asked_deposit")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
