"""Reminders: ladders, items, the log of messages, and the tables of the libraries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dunlin_events.outbox import Xid8
from dunlin_kit.migrating import grant_chassis, protect

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _ladder()
    _log()
    _chassis()
    _events()
    grant_chassis(op, "notify")
    protect(op, "notify", "customer", "dunned_item", "message", "message_item", "message_content",
            facts=("ladder_policy",))
    op.execute("REVOKE DELETE ON customer, dunned_item, message, message_item FROM notify_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _ladder() -> None:
    op.create_table(
        "ladder_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("levels", JSONB(), nullable=False),
        sa.Column("gap_days", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.Time(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_ladder_policy"),
    )
    op.create_table(
        "customer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("number", sa.String()),
        sa.Column("name", sa.String()),
        sa.Column("status", sa.String()),
        sa.Column("refused_on", sa.Date()),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_customer"),
    )
    op.create_table(
        "dunned_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("passed_offset_days", sa.Integer()),
        sa.Column("last_sent_on", sa.Date()),
        sa.Column("next_level", sa.Integer()),
        sa.Column("next_on", sa.Date()),
        sa.CheckConstraint("(next_on IS NULL) = (next_level IS NULL)", name="ck_dunned_item_next_is_whole"),
        sa.CheckConstraint("next_on IS NULL OR (active AND open > 0)", name="ck_dunned_item_plans_only_what_is_owed"),
        sa.CheckConstraint("open >= 0", name="ck_dunned_item_owes_nothing_or_more"),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"], name="fk_dunned_item_tenant_id_customer_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_dunned_item"),
    )
    op.create_index("ix_dunned_item_switched_off", "dunned_item", ["tenant_id", "id"], postgresql_where=sa.text("NOT active"))
    op.create_index("ix_dunned_item_tenant_id_customer_id", "dunned_item", ["tenant_id", "customer_id"])
    op.create_index("ix_dunned_item_tenant_id_next_on_customer_id", "dunned_item", ["tenant_id", "next_on", "customer_id"], postgresql_where=sa.text("next_on IS NOT NULL"))


def _log() -> None:
    op.create_table(
        "message",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("tone", sa.String()),
        sa.Column("fee_code", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("code", sa.String()),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("handed_over_at", INSTANT),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("resolved_by", sa.String()),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"], name="fk_message_tenant_id_customer_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_message"),
    )
    op.create_index("ix_message_sending", "message", ["tenant_id", "customer_id"], postgresql_where=sa.text("status = 'sending'"))
    op.create_index("ix_message_tenant_id_customer_id_id", "message", ["tenant_id", "customer_id", "id"])
    op.create_index("ix_message_tenant_id_status_id", "message", ["tenant_id", "status", "id"])
    op.create_table(
        "message_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.CheckConstraint("outcome = 'suppressed' OR amount > 0", name="ck_message_item_asks_for_money"),
        sa.ForeignKeyConstraint(["tenant_id", "item_id"], ["dunned_item.tenant_id", "dunned_item.id"], name="fk_message_item_tenant_id_item_id"),
        sa.ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"], name="fk_message_item_tenant_id_message_id"),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", "item_id", name="pk_message_item"),
    )
    op.create_index("ix_message_item_tenant_id_item_id_message_id", "message_item", ["tenant_id", "item_id", "message_id"])
    op.create_index("uq_message_item_leaves_once", "message_item", ["tenant_id", "item_id", "due_version", "policy_version", "level"], unique=True, postgresql_where=sa.text("outcome IN ('sending', 'sent', 'unknown')"))
    op.create_table(
        "message_content",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"], name="fk_message_content_tenant_id_message_id"),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name="pk_message_content"),
    )
    op.create_index("ix_message_content_tenant_id_customer_id", "message_content", ["tenant_id", "customer_id"])


def _chassis() -> None:
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("clock_at", INSTANT),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("location", sa.Text()),
        sa.Column("streams", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    op.create_table(
        "operation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("result", JSONB()),
        sa.Column("error", JSONB()),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "operation_id", name="pk_operation"),
    )
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("retry_at", INSTANT),
        sa.Column("error", sa.Text()),
        sa.Column("correlation_id", sa.Text()),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", name="pk_job"),
        sa.UniqueConstraint("tenant_id", "kind", "key", name="uq_job_tenant_id_kind_key"),
    )
    op.create_index("ix_job_waiting", "job", ["due_at", "job_id"], postgresql_where=sa.text("state = 'waiting'"))


def _events() -> None:
    op.create_table(
        "event_stream",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("era", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_event_stream"),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("txid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("era", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_event"),
        sa.UniqueConstraint("stream", "era", "seq", name="uq_outbox_event_stream_era_seq"),
    )
    op.create_index("ix_outbox_event_txid", "outbox_event", ["txid"])
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("cur", sa.Text(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("system_identifier", sa.BigInteger(), nullable=False),
        sa.Column("timeline_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_state"),
    )
    op.create_table(
        "watermark",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("era", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("held", sa.Text()),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", name="pk_watermark"),
    )
    op.create_table(
        "parked_event",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("era", sa.Integer()),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("type", sa.Text()),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("parked_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("skipped_at", INSTANT),
        sa.Column("skipped_by", sa.Text()),
        sa.Column("skipped_why", sa.Text()),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", "mark", name="pk_parked_event"),
    )
