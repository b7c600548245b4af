"""Customers are found by their whole name and by their tax id: who is entered may be there already."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_name_folded", "customer", ["tenant_id", "name_folded"])
    op.create_index("ix_customer_tax_id", "customer", ["tenant_id", "tax_id"],
                    postgresql_where=sa.text("tax_id IS NOT NULL"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
