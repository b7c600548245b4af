"""Staff are told of again: some were entered before anybody was told, some before all who hear them now did."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TELL = """
INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload)
SELECT t.tenant_id, gen_random_uuid(), 'tell_staff', '0022', coalesce(t.clock_at, now()), '{}'
FROM tenant t WHERE EXISTS (SELECT FROM staff s WHERE s.tenant_id = t.tenant_id)"""
OTHERWISE, ENDS = "otherwise AS (", "WHERE fact IS NOT NULL LIMIT 20"
STAFFED = """staffed AS (
    SELECT 'StaffConfigured', s.id, 1::bigint, 0::bigint
    FROM public.staff s JOIN own ON own.tenant = s.tenant_id LEFT JOIN (
      SELECT DISTINCT ON (h.said ->> 'staff_id') (h.said ->> 'staff_id')::uuid AS staff, h.said
      FROM heard h WHERE h.fact = 'StaffConfigured' ORDER BY h.said ->> 'staff_id', h.id DESC) h ON h.staff = s.id
    WHERE (h.said ->> 'code', h.said ->> 'deputy_id', (h.said ->> 'active')::bool)
          IS DISTINCT FROM (s.code, s.deputy_id::text, s.active)),
  """


def upgrade() -> None:
    op.execute(TELL)
    check = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('facts_not_told_once'::regproc)"))
    assert check is not None, "the check is there"
    assert check.count(OTHERWISE) == check.count(ENDS) == 1, "it compares what was told last with what is"
    op.execute(check.replace(OTHERWISE, STAFFED + OTHERWISE).replace(
        ENDS, "WHERE fact IS NOT NULL\n  UNION ALL SELECT * FROM staffed LIMIT 20"))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
