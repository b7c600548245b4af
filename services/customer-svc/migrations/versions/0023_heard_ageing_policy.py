"""The buckets of ageing that a tenant set at billing-svc, for its customers' pages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard_ageing_policy",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edges", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_heard_ageing_policy"),
    )
    protect(op, "customer", "heard_ageing_policy")



def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
