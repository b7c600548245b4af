"""By which weights credit-svc counts what a customer uses, as it told of them."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard_credit_policy",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("disputed_weight_bps", sa.Integer, nullable=False),
        sa.Column("delivered_weight_bps", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_heard_credit_policy"),
    )
    protect(op, "customer", "heard_credit_policy")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
