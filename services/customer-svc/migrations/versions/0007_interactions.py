"""The log of calls, mails, chats and visits."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interaction",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("follow_up_on", sa.Date),
        sa.Column("willingness", sa.Text),
        sa.Column("condition", sa.Text),
        sa.Column("difficulties", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_interaction"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"],
            name="fk_interaction_tenant_id_customer_id"),
    )
    op.create_index(
        "ix_interaction_tenant_id_customer_id_happened_at_id", "interaction",
        ["tenant_id", "customer_id", "happened_at", "id"])
    op.create_index("ix_interaction_tenant_id_follow_up_on", "interaction", ["tenant_id", "follow_up_on"])
    protect(op, "customer", facts=("interaction",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
