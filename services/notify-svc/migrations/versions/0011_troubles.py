"""What went wrong is found by its day: payments that went back, broken promises, messages that came back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_payment_move_gone", "payment_move", ["tenant_id", "recorded_at"],
                    postgresql_where=sa.text("amount < 0"))
    op.create_index("ix_promise_broken", "promise", ["tenant_id", "judged_on"],
                    postgresql_where=sa.text("status = 'broken'"))
    op.create_index("ix_message_bounced", "message", ["tenant_id", "bounced_at"],
                    postgresql_where=sa.text("bounced_at IS NOT NULL"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
