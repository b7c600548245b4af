"""Ratings: policies, statements, ratings, evaluations, terms and reviews; each is told of once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OTHERS = "fact NOT IN ("
UNTOLD = """
CREATE FUNCTION rating_facts_untold() RETURNS TABLE (stream text, fact text, changes bigint, events bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant_id),
  changed AS (
    SELECT r.tenant_id, r.customer_id, 'CreditRated' AS fact FROM public.credit_rating r JOIN own USING (tenant_id)
    UNION ALL
    SELECT t.tenant_id, t.customer_id, 'TermsDecided' FROM public.terms_decision t JOIN own USING (tenant_id)
    UNION ALL
    SELECT v.tenant_id, v.customer_id, 'ReviewDue' FROM public.credit_review v JOIN own USING (tenant_id)),
  done AS (SELECT c.tenant_id || ':' || c.customer_id AS stream, c.fact, count(*) AS changes FROM changed c GROUP BY 1, 2),
  told AS (
    SELECT o.stream, split_part(o.type, '.', 3) AS fact, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':') GROUP BY 1, 2)
  SELECT stream, fact, coalesce(d.changes, 0), coalesce(t.events, 0)
  FROM done d FULL JOIN told t USING (stream, fact)
  WHERE fact IN ('CreditRated', 'TermsDecided', 'ReviewDue') AND d.changes IS DISTINCT FROM t.events LIMIT 20
$$"""


def upgrade() -> None:
    _policies_and_statements()
    _ratings()
    _what_follows()
    protect(op, "credit", facts=(
        "rating_policy", "financial_statement", "credit_rating", "limit_evaluation", "terms_decision", "credit_review"))
    op.execute(UNTOLD)
    op.execute("REVOKE ALL ON FUNCTION rating_facts_untold FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION rating_facts_untold TO credit_app, credit_ops")
    _leave_to_the_new_check()


def _leave_to_the_new_check() -> None:
    """The check of the other facts passes over these, whatever else it looks at by now."""
    before = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('credit_facts_untold'::regproc)"))
    assert before is not None, "the check is there"
    assert before.count(OTHERS) == 1, "it names the facts it passes over"
    op.execute(before.replace(OTHERS, f"{OTHERS}'CreditRated', 'TermsDecided', 'ReviewDue', "))


def _policies_and_statements() -> None:
    op.create_table(
        "rating_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("adopted_by", sa.Text(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 2", name=op.f("ck_rating_policy_version")),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_rating_policy")),
    )
    op.create_table(
        "financial_statement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "statement_id", name=op.f("pk_financial_statement")),
    )
    op.create_index(
        "ix_financial_statement_customer", "financial_statement", ["tenant_id", "customer_id", "ended_on"])


def _ratings() -> None:
    op.create_table(
        "credit_rating",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rated_by", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("default_ppm", sa.Integer(), nullable=False),
        sa.Column("confidence_bps", sa.Integer(), nullable=False),
        sa.Column("ability_weight_bps", sa.Integer(), nullable=False),
        sa.Column("willingness_score", sa.Integer(), nullable=True),
        sa.Column("ability_score", sa.Integer(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("score BETWEEN 300 AND 850", name=op.f("ck_credit_rating_score")),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D', 'E')", name=op.f("ck_credit_rating_grade")),
        sa.PrimaryKeyConstraint("tenant_id", "rating_id", name=op.f("pk_credit_rating")),
    )
    op.create_index("ix_credit_rating_customer", "credit_rating", ["tenant_id", "customer_id", "rating_id"])
    op.create_table(
        "limit_evaluation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("need", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("capacity", "record", "risk", "cap")),
        sa.Column("factor_bps", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("wanted", "entitled", "stands")),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("oldest_overdue_days", sa.Integer(), nullable=False),
        sa.Column("limit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "least(wanted, stands) >= 0 AND entitled >= stands", name=op.f("ck_limit_evaluation_levels")),
        sa.PrimaryKeyConstraint("tenant_id", "rating_id", "currency", name=op.f("pk_limit_evaluation")),
    )
    op.create_index(
        "ix_limit_evaluation_customer", "limit_evaluation", ["tenant_id", "customer_id", "currency", "rating_id"])


def _what_follows() -> None:
    op.create_table(
        "terms_decision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("prepayment_bps", sa.Integer(), nullable=False),
        sa.Column("cash_on_delivery", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "version", name=op.f("pk_terms_decision")),
    )
    op.create_table(
        "credit_review",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "review_id", name=op.f("pk_credit_review")),
    )
