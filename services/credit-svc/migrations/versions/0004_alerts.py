"""Alerts have an owner and an end, lines speak once, mismatches can be closed; who answers for a customer."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNTOLD = """
CREATE OR REPLACE FUNCTION credit_facts_untold() RETURNS TABLE (stream text, fact text, changes bigint, events bigint)
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
    SELECT h.tenant_id, h.customer_id, 'CreditHoldPlaced' FROM public.credit_hold h JOIN own USING (tenant_id)
    UNION ALL
    SELECT h.tenant_id, h.customer_id, 'CreditHoldReleased' FROM public.credit_hold h JOIN own USING (tenant_id)
    WHERE h.released_at IS NOT NULL
    UNION ALL
    SELECT k.tenant_id, k.customer_id, 'AlertAcknowledged' FROM public.alert_handling k JOIN own USING (tenant_id)
    WHERE k.acknowledged_at IS NOT NULL
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


def upgrade() -> None:
    op.add_column("risk_alert", sa.Column("level", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("risk_alert", "level", server_default=None)
    _handling()
    _closures()
    protect(op, "credit", "alert_handling", "alert_level", "customer_owner", facts=("mismatch_closure",))
    op.execute(UNTOLD)


def _handling() -> None:
    op.create_table(
        "alert_handling",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_alert_handling_acknowledged")),
        sa.PrimaryKeyConstraint("tenant_id", "alert_id", name=op.f("pk_alert_handling")),
    )
    op.create_index(
        "ix_alert_handling_acknowledged", "alert_handling", ["tenant_id", "alert_id"],
        postgresql_where=sa.text("acknowledged_at IS NOT NULL"))
    op.create_table(
        "alert_level",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ageing", sa.Integer(), nullable=False),
        sa.Column("concentration", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", name=op.f("pk_alert_level")),
    )


def _closures() -> None:
    op.create_table(
        "mismatch_closure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "currency", "sequence", name=op.f("pk_mismatch_closure")),
    )
    op.create_table(
        "customer_owner",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name=op.f("pk_customer_owner")),
    )
