"""Entries that were merged are found from the one that goes on."""

import sqlalchemy as sa
from alembic import op

GOES_ON_FOR = """
CREATE FUNCTION goes_on_for(entry uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  WITH RECURSIVE way AS (
    SELECT entry AS at UNION SELECT m.merged_into FROM way w JOIN customer m ON m.id = w.at
    WHERE m.merged_into IS NOT NULL)
  SELECT w.at FROM way w JOIN customer m ON m.id = w.at WHERE m.merged_into IS NULL
$$"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_merged_into", "customer", ["tenant_id", "merged_into"],
                    postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.execute(GOES_ON_FOR)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
