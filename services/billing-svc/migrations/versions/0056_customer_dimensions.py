"""Under what customers counted and since when, so that a report of a past day counts them where they belonged then."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

# What was told before is not known here any more: what stands now counts from the beginning, until a rebuild.
_STANDING = """
INSERT INTO customer_dimension (tenant_id, dimension, customer_id, sequence, value, recorded_at)
SELECT c.tenant_id, d.dimension, c.customer_id, 0, d.value, '-infinity' FROM customer c CROSS JOIN LATERAL (
  VALUES ('owner', c.owner_code), ('group', c.group_number), ('region', c.region), ('industry', c.industry)
  UNION ALL SELECT key, value FROM jsonb_each_text(c.classes)) AS d (dimension, value)
WHERE d.value IS NOT NULL"""


def upgrade() -> None:
    op.create_table(
        "customer_dimension",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "dimension", "customer_id", "sequence", name=op.f("pk_customer_dimension")),
    )
    op.execute(_STANDING)
    protect(op, "billing", facts=("customer_dimension",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
