"""Classes of customers in six dimensions, and the versions of the rules by which they follow from what was heard."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REFRESH = """
INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload)
SELECT t.tenant_id, gen_random_uuid(), 'refresh_classes', d.day::text, (d.day::timestamp AT TIME ZONE t.zone), '{}'
FROM tenant t CROSS JOIN LATERAL (
  SELECT (coalesce(t.clock_at, now()) AT TIME ZONE t.zone)::date + 1 AS day) d"""


def upgrade() -> None:
    op.create_table(
        "classification_rule",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("dimension", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edges", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("hysteresis_bps", sa.Integer, nullable=False),
        sa.Column("window_months", sa.Integer, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "dimension", "version", name="pk_classification_rule"),
    )
    op.create_table(
        "customer_class",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("dimension", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("metric", sa.BigInteger),
        sa.Column("rule_version", sa.Integer),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "dimension", name="pk_customer_class"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"],
            name="fk_customer_class_tenant_id_customer_id"),
    )
    op.create_index(
        "ix_customer_class_tenant_id_dimension_value", "customer_class", ["tenant_id", "dimension", "value"])
    protect(op, "customer", erasable=("customer_class",), facts=("classification_rule",))
    op.execute(REFRESH)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
