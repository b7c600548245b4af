"""The tables of credit: limits, exposures, authorisations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_events.outbox import Xid8
from dunlin_kit.migrating import grant_chassis, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = (
    "credit_limit",
    "exposure_mismatch",
    "authorization_movement",
    "credit_decision",
    "credit_policy",
    "risk_alert",
)
"""Added and read, never changed or removed."""

UNTOLD = """
CREATE FUNCTION credit_facts_untold() RETURNS TABLE (stream text, fact text, changes bigint, events bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant_id),
  changed AS (
    SELECT a.tenant_id, a.customer_id,
           CASE a.status WHEN 'denied' THEN 'AuthorizationDenied' ELSE 'CreditAuthorized' END AS fact
    FROM public.credit_authorization a JOIN own USING (tenant_id)
    UNION ALL
    SELECT a.tenant_id, a.customer_id, CASE m.kind WHEN 'expired' THEN 'AuthorizationExpired' ELSE 'AuthorizationReleased' END
    FROM public.authorization_movement m JOIN public.credit_authorization a USING (tenant_id, authorization_id)
    JOIN own USING (tenant_id) WHERE m.kind IN ('expired', 'released')
    UNION ALL
    SELECT l.tenant_id, l.customer_id, 'CreditLimitChanged' FROM public.credit_limit l JOIN own USING (tenant_id)
    UNION ALL
    SELECT r.tenant_id, r.customer_id, 'RiskAlertRaised' FROM public.risk_alert r JOIN own USING (tenant_id)),
  done AS (SELECT c.tenant_id || ':' || c.customer_id AS stream, c.fact, count(*) AS changes FROM changed c GROUP BY 1, 2),
  told AS (
    SELECT o.stream, split_part(o.type, '.', 3) AS fact, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':') GROUP BY 1, 2)
  SELECT stream, fact, coalesce(d.changes, 0), coalesce(t.events, 0)
  FROM done d FULL JOIN told t USING (stream, fact)
  WHERE fact NOT IN ('AuthorizationCaptured', 'LimitExpired') AND d.changes IS DISTINCT FROM t.events LIMIT 20
$$"""
"""A request may not read the outbox: this looks for it, at its own tenant only."""



def upgrade() -> None:
    _chassis()
    _events()
    _customers()
    _authorizations()
    grant_chassis(op, "credit")
    protect(op, "credit", "customer", "exposure", "authorization_head", "credit_authorization", facts=FACTS)
    op.execute("REVOKE DELETE ON customer, exposure, authorization_head, credit_authorization, tenant FROM credit_app")
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION credit_facts_untold FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION credit_facts_untold TO credit_app, credit_ops")


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")


def _chassis() -> None:
    """Tenants, keys, jobs, operations."""
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("streams", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", name=op.f("pk_job")),
        sa.UniqueConstraint("tenant_id", "kind", "key", name=op.f("uq_job_tenant_id_kind_key")),
    )
    op.create_index("ix_job_due_at", "job", ["due_at"], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "operation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "operation_id", name=op.f("pk_operation")),
    )
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant")),
    )


def _events() -> None:
    """Outbox, relay, watermarks, parked events."""
    op.create_table(
        "event_stream",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("era", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_event_stream")),
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
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
    )
    op.create_index(op.f("ix_outbox_event_txid"), "outbox_event", ["txid"], unique=False)
    op.create_table(
        "parked_event",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("era", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skipped_by", sa.Text(), nullable=True),
        sa.Column("skipped_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", "mark", name=op.f("pk_parked_event")),
    )
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("cur", sa.Text(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("system_identifier", sa.BigInteger(), nullable=False),
        sa.Column("timeline_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_state")),
    )
    op.create_table(
        "watermark",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("era", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("held", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "owner", "stream", name=op.f("pk_watermark")),
    )


def _customers() -> None:
    """Customers as heard, their limits and exposures, the policy."""
    op.create_table(
        "credit_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("disputed_weight_bps", sa.Integer(), nullable=False),
        sa.Column("delivered_weight_bps", sa.Integer(), nullable=False),
        sa.Column("over_capture_tolerance_bps", sa.Integer(), nullable=False),
        sa.Column("authorization_days", sa.Integer(), nullable=False),
        sa.Column("adopted_by", sa.Text(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 2", name=op.f("ck_credit_policy_version")),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_credit_policy")),
    )
    op.create_table(
        "customer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name=op.f("pk_customer")),
    )
    op.create_index(op.f("ix_customer_tenant_id_number"), "customer", ["tenant_id", "number"], unique=False)
    op.create_table(
        "exposure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("unapplied", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_exposure")),
    )
    op.create_table(
        "exposure_mismatch",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("reckoned_open", sa.BigInteger(), nullable=False),
        sa.Column("reckoned_disputed", sa.BigInteger(), nullable=False),
        sa.Column("reckoned_unapplied", sa.BigInteger(), nullable=False),
        sa.Column("told_open", sa.BigInteger(), nullable=False),
        sa.Column("told_disputed", sa.BigInteger(), nullable=False),
        sa.Column("told_unapplied", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", "sequence", name=op.f("pk_exposure_mismatch")),
    )
    op.create_table(
        "credit_limit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("limit_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_credit_limit_amount")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_credit_limit_validity")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_credit_limit_version")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_credit_limit_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", "version", name=op.f("pk_credit_limit")),
    )


def _authorizations() -> None:
    """Heads, authorisations, what moved them and why they were decided, alerts."""
    op.create_table(
        "risk_alert",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tolerated", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "alert_id", name=op.f("pk_risk_alert")),
    )
    op.create_index(
        op.f("ix_risk_alert_tenant_id_customer_id_alert_id"),
        "risk_alert",
        ["tenant_id", "customer_id", "alert_id"],
        unique=False,
    )
    op.create_table(
        "authorization_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("limits", sa.Integer(), nullable=False),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_authorization_head_reserved")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_authorization_head_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_authorization_head")),
    )
    op.create_table(
        "credit_authorization",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.BigInteger(), nullable=False),
        sa.Column("over_captured", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'approved') = (reserved > 0)", name=op.f("ck_credit_authorization_reserved")),
        sa.CheckConstraint(
            "reserved + captured + released + expired = CASE status WHEN 'denied' THEN 0 ELSE asked END",
            name=op.f("ck_credit_authorization_sum"),
        ),
        sa.CheckConstraint(
            "status IN ('approved', 'denied', 'captured', 'released', 'expired')",
            name=op.f("ck_credit_authorization_status"),
        ),
        sa.CheckConstraint("asked > 0", name=op.f("ck_credit_authorization_asked")),
        sa.CheckConstraint(
            "least(reserved, captured, released, expired, over_captured) >= 0",
            name=op.f("ck_credit_authorization_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id", "currency"],
            ["authorization_head.tenant_id", "authorization_head.customer_id", "authorization_head.currency"],
            name=op.f("fk_credit_authorization_tenant_id_customer_id_currency"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "authorization_id", name=op.f("pk_credit_authorization")),
    )
    op.create_index(
        op.f("ix_credit_authorization_tenant_id_customer_id_authorization_id"),
        "credit_authorization",
        ["tenant_id", "customer_id", "authorization_id"],
        unique=False,
    )
    op.create_table(
        "authorization_movement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('captured', 'over_captured', 'released', 'expired')", name=op.f("ck_authorization_movement_kind")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_authorization_movement_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "authorization_id"],
            ["credit_authorization.tenant_id", "credit_authorization.authorization_id"],
            name=op.f("fk_authorization_movement_tenant_id_authorization_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "movement_id", name=op.f("pk_authorization_movement")),
    )
    op.create_index(
        op.f("ix_authorization_movement_tenant_id_authorization_id"),
        "authorization_movement",
        ["tenant_id", "authorization_id"],
        unique=False,
    )
    op.create_table(
        "credit_decision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "authorization_id"],
            ["credit_authorization.tenant_id", "credit_authorization.authorization_id"],
            name=op.f("fk_credit_decision_tenant_id_authorization_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "authorization_id", name=op.f("pk_credit_decision")),
    )
