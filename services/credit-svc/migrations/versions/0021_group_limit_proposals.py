"""Limits of groups that wait for a second person; who approved one."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OTHERS = "fact NOT IN ("
OF_CUSTOMERS = "JOIN own USING (tenant_id) GROUP BY 1),"
OF_GROUPS = """JOIN own USING (tenant_id) GROUP BY 1
    UNION ALL
    SELECT q.tenant_id || ':', count(*) FROM public.group_limit_proposal q JOIN own USING (tenant_id)
    WHERE q.status = 'waiting' GROUP BY 1),"""
ASKED, ENDED = "o.fact = 'ApprovalAsked'", "o.fact = 'ApprovalEnded'"
BOTH = "('ApprovalAsked', 'ApprovalEnded')"


def upgrade() -> None:
    op.add_column("group_limit", sa.Column("approved_by", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_group_limit_second_person"), "group_limit", "approved_by <> set_by")
    op.create_table(
        "group_limit_proposal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("limit_id", sa.Uuid(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_group_limit_proposal_{name}")) for name, rule in (
            ("amount", "amount >= 0"), ("status", "status IN ('waiting', 'approved', 'rejected')"),
            ("decided", "(status = 'waiting') = (decided_by IS NULL)"),
            ("second_person", "status <> 'approved' OR decided_by <> proposed_by"),
            ("limit", "(status = 'approved') = (limit_id IS NOT NULL)"))),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"], ["credit_group.tenant_id", "credit_group.group_id"],
            name=op.f("fk_group_limit_proposal_tenant_id_group_id")),
        sa.PrimaryKeyConstraint("tenant_id", "proposal_id", name=op.f("pk_group_limit_proposal")),
    )
    op.create_index(
        "ix_group_limit_proposal_waiting", "group_limit_proposal", ["tenant_id", "proposal_id"],
        postgresql_where=sa.text("status = 'waiting'"))
    protect(op, "credit", "group_limit_proposal")
    _change("credit_facts_untold", (OTHERS, f"{OTHERS}'GroupApprovalAsked', 'GroupApprovalEnded', "))
    _change("approval_facts_untold", (OF_CUSTOMERS, OF_GROUPS), (
        ASKED, "o.fact IN ('ApprovalAsked', 'GroupApprovalAsked')"), (
        ENDED, "o.fact IN ('ApprovalEnded', 'GroupApprovalEnded')"), (
        BOTH, "('ApprovalAsked', 'ApprovalEnded', 'GroupApprovalAsked', 'GroupApprovalEnded')"))


def _change(function: str, *changes: tuple[str, str]) -> None:
    text = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regproc)"))
    assert text is not None, "the check is there"
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    op.execute(text)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
