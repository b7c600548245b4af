"""What stands open about a customer beside its balance, as the other services tell of it."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("heard_claim", "heard_alert", "heard_case")


def upgrade() -> None:
    for table in TABLES:
        op.create_table(
            table,
            sa.Column("tenant_id", sa.Uuid, nullable=False),
            sa.Column("customer_id", sa.Uuid, nullable=False),
            sa.Column("id", sa.Uuid, nullable=False),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("on", sa.Date, nullable=False),
            sa.Column("until_on", sa.Date, nullable=True),
            sa.Column("said", sa.Text, nullable=False),
            sa.Column("more", sa.Text, nullable=True),
            sa.Column("amount", sa.BigInteger, nullable=True),
            sa.Column("currency", sa.Text, nullable=True),
            sa.Column("stands", sa.Boolean, nullable=False),
            sa.PrimaryKeyConstraint("tenant_id", "customer_id", "id", name=f"pk_{table}"),
        )
        op.create_index(f"ix_{table}_standing", table, ["tenant_id", "customer_id"], postgresql_where=sa.text("stands"))
    protect(op, "customer", *TABLES)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
