"""For how many days a broken promise is a reason to call, as the collection policy says."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection_policy", sa.Column(
        "broken_promise_days", sa.Integer(), nullable=False, server_default="30"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
