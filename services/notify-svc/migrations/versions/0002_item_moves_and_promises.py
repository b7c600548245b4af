"""What billing-svc told, fact by fact; what is disputed of an item; and promises to pay."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("dunned_item", sa.Column("disputed", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(
        "ck_dunned_item_disputes_no_more_than_is_open", "dunned_item", "disputed >= 0 AND disputed <= open")
    op.alter_column("dunned_item", "invoice_id", nullable=True)
    op.alter_column("message_item", "invoice_id", nullable=True)
    _history()
    _promises()
    protect(op, "notify", "promise", facts=("item_move", "payment_move", "promise_item"))
    op.execute("REVOKE DELETE ON promise FROM notify_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _history() -> None:
    op.create_table(
        "item_move",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open_after", sa.BigInteger(), nullable=False),
        sa.Column("disputed_after", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.Boolean(), nullable=False),
        sa.Column("allocation_id", sa.Uuid()),
        sa.Column("business_on", sa.Date()),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", "item_id", name="pk_item_move"),
    )
    op.create_index("ix_item_move_tenant_id_customer_id_sequence", "item_move",
                    ["tenant_id", "customer_id", "sequence"])
    op.create_index("ix_item_move_tenant_id_item_id_sequence", "item_move", ["tenant_id", "item_id", "sequence"])
    op.create_table(
        "payment_move",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date()),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name="pk_payment_move"),
    )
    op.create_index("ix_payment_move_tenant_id_customer_id_sequence", "payment_move",
                    ["tenant_id", "customer_id", "sequence"])


def _promises() -> None:
    op.create_table(
        "promise",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("note", sa.String()),
        sa.Column("open_when_made", sa.BigInteger(), nullable=False),
        sa.Column("heard_sequence", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("required", sa.BigInteger(), nullable=False),
        sa.Column("judged_on", sa.Date()),
        sa.Column("end_reason", sa.String()),
        sa.CheckConstraint("amount > 0 AND amount <= open_when_made", name="ck_promise_promises_no_more_than_is_open"),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
                                name="fk_promise_tenant_id_customer_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_promise"),
    )
    op.create_index("ix_promise_running", "promise", ["tenant_id", "customer_id"],
                    postgresql_where=sa.text("status = 'running'"))
    op.create_index("ix_promise_tenant_id_customer_id_id", "promise", ["tenant_id", "customer_id", "id"])
    op.create_table(
        "promise_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "item_id"], ["dunned_item.tenant_id", "dunned_item.id"],
                                name="fk_promise_item_tenant_id_item_id"),
        sa.ForeignKeyConstraint(["tenant_id", "promise_id"], ["promise.tenant_id", "promise.id"],
                                name="fk_promise_item_tenant_id_promise_id"),
        sa.PrimaryKeyConstraint("tenant_id", "promise_id", "item_id", name="pk_promise_item"),
    )
