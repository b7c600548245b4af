"""Holds, with items that are owed and promises that were broken; each hold is told of once."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0003"
down_revision = "0002"
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
    _owed_items()
    _holds()
    protect(op, "credit", "owed_item", "credit_hold", "broken_promise")
    op.execute(UNTOLD)


def _owed_items() -> None:
    op.create_table(
        "owed_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", name=op.f("pk_owed_item")),
    )
    for name, columns in (("overdue", ["tenant_id", "customer_id", "due_on"]), ("by_day", ["tenant_id", "due_on"])):
        op.create_index(f"ix_owed_item_{name}", "owed_item", columns, postgresql_where=sa.text("open > disputed"))


def _holds() -> None:
    op.create_table(
        "credit_hold",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("waived_until", sa.Date(), nullable=True),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name=op.f("ck_credit_hold_released")),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_credit_hold_amount")),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", name=op.f("pk_credit_hold")),
    )
    op.create_index(
        "uq_credit_hold_standing", "credit_hold", ["tenant_id", "customer_id", "rule"], unique=True,
        postgresql_where=sa.text("released_at IS NULL"))
    op.create_index(
        "ix_credit_hold_waived", "credit_hold", ["tenant_id", "customer_id", "waived_until"],
        postgresql_where=sa.text("waived_until IS NOT NULL"))
    op.create_table(
        "broken_promise",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("broken_on", sa.Date(), nullable=False),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "promise_id", name=op.f("pk_broken_promise")),
    )
    op.create_index(
        "ix_broken_promise_customer", "broken_promise", ["tenant_id", "customer_id", "broken_on"],
        postgresql_where=sa.text("broken"))
