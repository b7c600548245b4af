"""Groups with their limits, and exchange rates."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0005"
down_revision = "0004"
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
    SELECT g.tenant_id, NULL, 'GroupLimitChanged' FROM public.group_limit g JOIN own USING (tenant_id)
    UNION ALL
    SELECT r.tenant_id, r.customer_id, 'RiskAlertRaised' FROM public.risk_alert r JOIN own USING (tenant_id)),
  done AS (SELECT c.tenant_id || ':' || coalesce(c.customer_id::text, '') AS stream, c.fact, count(*) AS changes FROM changed c GROUP BY 1, 2),
  told AS (
    SELECT o.stream, split_part(o.type, '.', 3) AS fact, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':') GROUP BY 1, 2)
  SELECT stream, fact, coalesce(d.changes, 0), coalesce(t.events, 0)
  FROM done d FULL JOIN told t USING (stream, fact)
  WHERE fact NOT IN ('AuthorizationCaptured', 'LimitExpired') AND d.changes IS DISTINCT FROM t.events LIMIT 20
$$"""


def upgrade() -> None:
    _groups()
    _limits()
    protect(op, "credit", "credit_group", "customer_group", "exchange_rate", facts=("group_limit",))
    op.execute(UNTOLD)


def _groups() -> None:
    op.create_table(
        "credit_group",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("set_off", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", name=op.f("pk_credit_group")),
    )
    op.create_table(
        "customer_group",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name=op.f("pk_customer_group")),
    )
    op.create_index(op.f("ix_customer_group_tenant_id_group_id"), "customer_group", ["tenant_id", "group_id"])


def _limits() -> None:
    op.create_table(
        "group_limit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("limit_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_group_limit_amount")),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", "version", name=op.f("pk_group_limit")),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "currency", "valid_on", name=op.f("pk_exchange_rate")),
    )
