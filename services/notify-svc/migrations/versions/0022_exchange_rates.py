"""Exchange rates as billing-svc tells of them: by them debts in several currencies are compared."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "currency", "valid_on", name=op.f("pk_exchange_rate")),
    )
    protect(op, "notify", "exchange_rate")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
