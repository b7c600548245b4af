"""What ratings rest on: the trade of each evaluation, how far billing was heard at the last look, and the next review."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_kit.migrating import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("limit_evaluation", sa.Column("trade", JSONB(), nullable=True))
    op.create_table(
        "rating_look",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_rating_look"))
    protect(op, "credit", "rating_look")
    op.create_index("ix_rating_look_review", "rating_look", ["tenant_id", "review_on", "customer_id"])
    op.create_index("ix_credit_rating_by_day", "credit_rating", ["tenant_id", "rated_on", "rating_id"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
