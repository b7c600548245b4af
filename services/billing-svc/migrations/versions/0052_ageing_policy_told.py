"""Buckets of ageing that a tenant set are told of; those of before were not."""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload)
        SELECT t.tenant_id, gen_random_uuid(), 'tell_ageing_policy', '0052', coalesce(t.clock_at, now()), '{}'
        FROM tenant t WHERE EXISTS (SELECT FROM ageing_policy p WHERE p.tenant_id = t.tenant_id)""")



def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
