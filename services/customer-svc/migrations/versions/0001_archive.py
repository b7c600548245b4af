"""The customer archive: customers, contacts, history, tenants, and the tables of the libraries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dunlin_events.outbox import Xid8
from dunlin_kit.migrating import grant_chassis, protect

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
SEARCH = """
CREATE FUNCTION search_customers(grams text[], part text, after_number text, wanted integer)
RETURNS TABLE (id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.id FROM public.customer c
  WHERE c.tenant_id = NULLIF(current_setting('dunlin.tenant', true), '')::uuid
    AND c.name_grams @> grams AND strpos(c.name_folded, part) > 0 AND c.number > after_number
  ORDER BY c.number LIMIT wanted
$$"""

UNTOLD = """
CREATE FUNCTION customers_not_told_once() RETURNS TABLE (customer uuid, registrations bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.id, count(o.id) FROM public.customer c
  LEFT JOIN public.outbox_event o
    ON o.stream = c.tenant_id || ':' || c.id AND o.type = 'dunlin.customer.CustomerRegistered.v1'
  WHERE c.tenant_id = NULLIF(current_setting('dunlin.tenant', true), '')::uuid
  GROUP BY c.id HAVING count(o.id) <> 1 LIMIT 20
$$"""


def upgrade() -> None:
    _archive()
    _chassis()
    _events()
    grant_chassis(op, "customer")
    protect(op, "customer", "customer", "customer_number_series", facts=("customer_change",), erasable=("contact",))
    op.execute("REVOKE DELETE ON customer, customer_number_series, tenant FROM customer_app")
    op.execute(SEARCH)
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION search_customers, customers_not_told_once FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION search_customers, customers_not_told_once TO customer_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _archive() -> None:
    op.create_table(
        "customer",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_folded", sa.Text, nullable=False),
        sa.Column("name_grams", ARRAY(sa.Text), nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("tax_id", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("industry", sa.Text),
        sa.Column("due_days", sa.Integer, nullable=False),
        sa.Column("end_of_month", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_customer"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_customer_tenant_id_number"),
        sa.UniqueConstraint("tenant_id", "external_id", name="uq_customer_tenant_id_external_id"),
        sa.CheckConstraint("kind IN ('organization', 'person')", name="ck_customer_kind"),
        sa.CheckConstraint("status IN ('prospect', 'active', 'suspended', 'closed')", name="ck_customer_status"),
        sa.CheckConstraint("due_days >= 0", name="ck_customer_due_days"),
        sa.CheckConstraint("version >= 1", name="ck_customer_version"),
    )
    op.create_index("ix_customer_name_grams", "customer", ["name_grams"], postgresql_using="gin")
    op.create_index("ix_customer_tenant_id_name_id", "customer", ["tenant_id", "name", "id"])
    op.create_index("ix_customer_tenant_id_registered_at_id", "customer", ["tenant_id", "registered_at", "id"])
    op.create_table(
        "customer_number_series",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("next_position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_customer_number_series"),
    )
    op.create_table(
        "contact",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("purposes", ARRAY(sa.Text), nullable=False),
        sa.Column("consents", ARRAY(sa.Text), nullable=False),
        sa.Column("zone", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_contact"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name="fk_contact_tenant_id_customer_id"
        ),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_contact_language"),
    )
    op.create_index("ix_contact_tenant_id_customer_id_id", "contact", ["tenant_id", "customer_id", "id"])
    op.create_table(
        "customer_change",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_customer_change"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"],
            name="fk_customer_change_tenant_id_customer_id",
        ),
    )
    op.create_index(
        "ix_customer_change_tenant_id_customer_id_id", "customer_change", ["tenant_id", "customer_id", "id"]
    )


def _chassis() -> None:
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Boolean, nullable=False),
        sa.Column("clock_at", INSTANT),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("location", sa.Text),
        sa.Column("streams", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    op.create_table(
        "operation",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("operation_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger),
        sa.Column("result", JSONB),
        sa.Column("error", JSONB),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "operation_id", name="pk_operation"),
    )
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("retry_at", INSTANT),
        sa.Column("error", sa.Text),
        sa.Column("correlation_id", sa.Text),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", name="pk_job"),
        sa.UniqueConstraint("tenant_id", "kind", "key", name="uq_job_tenant_id_kind_key"),
    )
    op.create_index("ix_job_state_due_at", "job", ["state", "due_at"])


def _events() -> None:
    op.create_table(
        "event_stream",
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("era", sa.Integer, server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_event_stream"),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("txid", Xid8, server_default=sa.func.pg_current_xact_id(), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("era", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_event"),
        sa.UniqueConstraint("stream", "era", "seq", name="uq_outbox_event_stream_era_seq"),
    )
    op.create_index("ix_outbox_event_txid", "outbox_event", ["txid"])
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("prev", sa.Text, nullable=False),
        sa.Column("cur", sa.Text, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("system_identifier", sa.BigInteger, nullable=False),
        sa.Column("timeline_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_state"),
    )
    op.create_table(
        "watermark",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("era", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("held", sa.Text),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", name="pk_watermark"),
    )
    op.create_table(
        "parked_event",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("era", sa.Integer),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("type", sa.Text),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("parked_at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("skipped_at", INSTANT),
        sa.Column("skipped_by", sa.Text),
        sa.Column("skipped_why", sa.Text),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", "mark", name="pk_parked_event"),
    )
