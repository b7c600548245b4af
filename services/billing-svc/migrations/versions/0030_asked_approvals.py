"""What another service asked a second person to sign stands in the one inbox."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_approval",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "approval_id", "customer_id", name=op.f("pk_asked_approval")),
    )
    for name, column in (("waiting", "approval_id"), ("customer", "customer_id")):
        op.create_index(f"ix_asked_approval_{name}", "asked_approval", ["tenant_id", column],
                        postgresql_where=sa.text("waiting"))
    protect(op, "billing", "asked_approval")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
