"""What each stream told of an item that went on at another customer, and by which fact an item came to its own."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dunned_item", sa.Column("came_at", sa.DateTime(timezone=True)))
    op.add_column("dunned_item", sa.Column("came_by", sa.Uuid()))
    op.execute(
        "UPDATE dunned_item i SET came_at = m.recorded_at, came_by = m.event_id FROM item_move m "
        "WHERE m.tenant_id = i.tenant_id AND m.item_id = i.id AND m.customer_id = i.customer_id "
        "AND m.fact = 'DebtTransferred' AND m.amount > 0")
    op.create_check_constraint(
        "ck_dunned_item_coming_is_whole", "dunned_item", "(came_at IS NULL) = (came_by IS NULL)")
    op.create_table(
        "left_item",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("tenant_id", "item_id", "customer_id")),
        sa.Column("currency", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("open", "disputed")),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True)),
        sa.Column("came_by", sa.Uuid()),
        sa.CheckConstraint(
            "disputed >= 0 AND disputed <= open", name="ck_left_item_disputes_no_more_than_is_open"),
        sa.CheckConstraint("(came_at IS NULL) = (came_by IS NULL)", name="ck_left_item_coming_is_whole"),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", "customer_id", name="pk_left_item"),
    )
    protect(op, "notify", "left_item")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
