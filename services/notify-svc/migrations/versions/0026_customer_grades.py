"""The grade that credit-svc told of a customer, in a table that can be built again from what it told."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_HEARD = """
INSERT INTO customer_grade (tenant_id, customer_id, grade)
SELECT tenant_id, customer_id, grade FROM customer WHERE grade IS NOT NULL"""


def upgrade() -> None:
    op.create_table(
        "customer_grade",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_customer_grade"),
    )
    op.execute(_HEARD)
    protect(op, "notify", "customer_grade")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
