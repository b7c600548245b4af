"""Customers are found by who answers for them, and what is listed of a collector by its customers."""

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_owner", "customer", ["tenant_id", "owner_code"])
    op.create_index(op.f("ix_dispute_tenant_id_customer_id_id"), "dispute", ["tenant_id", "customer_id", "id"])
    op.create_index(op.f("ix_refund_tenant_id_customer_id_effective_on_id"), "refund",
                    ["tenant_id", "customer_id", "effective_on", "id"])


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
