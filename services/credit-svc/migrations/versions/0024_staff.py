"""Staff as customer-svc tells of them: whose rows a deputy is shown who asks for his own; owners by code."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("absences", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", name="pk_staff"))
    protect(op, "credit", "staff")
    op.create_index("ix_customer_owner_code", "customer_owner", ["tenant_id", "owner_code"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
