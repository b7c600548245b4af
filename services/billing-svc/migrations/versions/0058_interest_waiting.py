"""Items that have something to be reckoned for interest, and up to which entry of an account they are noted."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interest_waiting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["item.tenant_id", "item.id"],
            name=op.f("fk_interest_waiting_tenant_id_item_id_item")),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", name=op.f("pk_interest_waiting")),
    )
    op.create_index("ix_interest_waiting_tenant_id_customer_id_currency", "interest_waiting",
                    ["tenant_id", "customer_id", "currency"])
    op.create_table(
        "interest_noted",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_interest_noted")),
    )
    protect(op, "billing", "interest_noted", erasable=("interest_waiting",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
