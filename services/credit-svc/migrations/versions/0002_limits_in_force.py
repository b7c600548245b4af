"""Base and temporary limits, limits that wait for a second person, and policies with a day and a reason."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dunlin_kit.migrating import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _limits()
    _proposals()
    _policies()


def _limits() -> None:
    op.add_column("credit_limit", sa.Column("kind", sa.Text(), nullable=False, server_default="base"))
    op.alter_column("credit_limit", "kind", server_default=None)
    op.add_column("credit_limit", sa.Column("approved_by", sa.Text(), nullable=True))
    for name, rule in (
        ("kind", "kind IN ('base', 'temporary')"),
        ("temporary", "kind = 'base' OR (amount IS NOT NULL AND valid_until IS NOT NULL)"),
        ("second_person", "approved_by <> set_by"),
    ):
        op.create_check_constraint(op.f(f"ck_credit_limit_{name}"), "credit_limit", rule)


def _proposals() -> None:
    op.create_table(
        "limit_proposal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("limit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'approved', 'rejected')", name=op.f("ck_limit_proposal_status")),
        sa.CheckConstraint("(status = 'waiting') = (decided_by IS NULL)", name=op.f("ck_limit_proposal_decided")),
        sa.CheckConstraint(
            "status <> 'approved' OR decided_by <> proposed_by", name=op.f("ck_limit_proposal_second_person")),
        sa.CheckConstraint("(status = 'approved') = (limit_id IS NOT NULL)", name=op.f("ck_limit_proposal_limit")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
            name=op.f("fk_limit_proposal_tenant_id_customer_id")),
        sa.PrimaryKeyConstraint("tenant_id", "proposal_id", name=op.f("pk_limit_proposal")),
    )
    op.create_index(
        "ix_limit_proposal_waiting", "limit_proposal", ["tenant_id", "proposal_id"],
        postgresql_where=sa.text("status = 'waiting'"))
    protect(op, "credit", "limit_proposal")


def _policies() -> None:
    op.add_column("credit_policy", sa.Column("effective_from", sa.Date(), nullable=True))
    op.execute("UPDATE credit_policy SET effective_from = adopted_at::date - 1")
    op.alter_column("credit_policy", "effective_from", nullable=False)
    op.add_column("credit_policy", sa.Column("reason", sa.Text(), nullable=False, server_default="adopted"))
    op.add_column(
        "credit_policy", sa.Column("rules", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.alter_column("credit_policy", "reason", server_default=None)
    op.alter_column("credit_policy", "rules", server_default=None)
