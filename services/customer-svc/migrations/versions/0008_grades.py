"""The grade of a customer as credit-svc told of it last."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard_grade",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("rated_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_heard_grade"),
    )
    protect(op, "customer", "heard_grade")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
