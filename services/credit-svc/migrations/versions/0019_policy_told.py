"""A policy that is adopted is told of; those of before were not."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

GROUPS = "SELECT g.tenant_id, NULL, 'GroupLimitChanged'"
POLICIES = """SELECT p.tenant_id, NULL::uuid, 'CreditPolicyAdopted'
    FROM public.credit_policy p JOIN own USING (tenant_id) WHERE p.told
    UNION ALL
    """


def upgrade() -> None:
    op.add_column("credit_policy", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("credit_policy", "told", server_default=sa.true())
    before = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('credit_facts_untold'::regproc)"))
    assert before is not None, "the check is there"
    assert before.count(GROUPS) == 1, "it counts what is told of groups"
    op.execute(before.replace(GROUPS, POLICIES + GROUPS))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
