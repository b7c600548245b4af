"""Within how many days a statement of account is to be answered is said by the collection policy."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection_policy", sa.Column(
        "statement_answer_days", sa.Integer(), nullable=False, server_default="10"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
