"""Lists of customers by what few of them have are read from an index."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_customer_tenant_id_region_number ON customer (tenant_id, region, number)")
    op.execute("CREATE INDEX ix_customer_tenant_id_industry_number ON customer (tenant_id, industry, number)")
    op.execute("CREATE INDEX ix_customer_tenant_id_source_number ON customer (tenant_id, source, number)")
    op.execute("CREATE INDEX ix_customer_tenant_id_status_number ON customer (tenant_id, status, number)")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
