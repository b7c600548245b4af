"""Promises to pay as heard, which the cash forecast counts with; and each week's forecast, to be compared to what came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard_promise",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "promise_id", "customer_id", name=op.f("pk_heard_promise")),
    )
    op.create_index("ix_heard_promise_running", "heard_promise", ["tenant_id", "customer_id"],
                    postgresql_where=sa.text("running"))
    op.create_table(
        "kept_forecast",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("week_from", sa.Date(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("promised", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("0 <= promised AND promised <= expected", name=op.f("ck_kept_forecast_promised")),
        sa.PrimaryKeyConstraint("tenant_id", "made_on", "currency", "week_from", name=op.f("pk_kept_forecast")),
    )
    protect(op, "billing", "heard_promise", facts=("kept_forecast",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
