"""That a cover is about to end is an alert, which names it; once for each cover."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("risk_alert", sa.Column("cover_id", sa.Uuid(), nullable=True))
    op.create_index("ix_risk_alert_cover", "risk_alert", ["tenant_id", "cover_id"], unique=True,
                    postgresql_where=sa.text("cover_id IS NOT NULL"))
    op.create_index("ix_cover_ending", "cover", ["tenant_id", "valid_until"],
                    postgresql_where=sa.text("state = 'standing'"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
