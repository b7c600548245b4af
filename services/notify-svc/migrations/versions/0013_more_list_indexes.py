"""Notices by customer, promises by item, and cases by owner and stage are read from an index."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_notice_tenant_id_customer_id_id ON notice (tenant_id, customer_id, id)")
    op.execute("CREATE INDEX ix_promise_item_tenant_id_item_id_promise_id ON promise_item (tenant_id, item_id, promise_id)")
    op.execute("CREATE INDEX ix_collection_case_tenant_id_owner_code_id ON collection_case (tenant_id, owner_code, id)")
    op.execute("CREATE INDEX ix_collection_case_tenant_id_stage_id ON collection_case (tenant_id, stage, id)")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
