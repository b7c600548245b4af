"""Each era that was begun here: its token, when, and by whom; and whether a fact on the log was told here, by its id."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relay_era",
        sa.Column("era", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("era", name="pk_relay_era"),
    )
    op.create_index("ix_outbox_event_event_id", "outbox_event", ["event_id"])
    op.execute("GRANT SELECT, INSERT ON relay_era TO notify_ops")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
