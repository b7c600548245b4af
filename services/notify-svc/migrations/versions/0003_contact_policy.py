"""How often and at what hours recipients are written to, and who does not want to be."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("min_days_between", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Time()),
        sa.Column("quiet_until", sa.Time()),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_contact_policy"),
    )
    op.add_column("customer", sa.Column("opted_out_on", sa.Date()))
    protect(op, "notify", facts=("contact_policy",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
