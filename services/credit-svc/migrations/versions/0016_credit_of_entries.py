"""What was merged into a customer is found from that customer; its covers go on there, and are checked as one."""

import sqlalchemy as sa
from alembic import op

GOES_ON = (
    ("WITH own AS", "WITH RECURSIVE own AS"),
    ("  done AS (", """  chain AS (
    SELECT m.tenant_id, m.customer_id, m.into_id FROM public.customer_merger m JOIN own USING (tenant_id)
    UNION SELECT c.tenant_id, c.customer_id, m.into_id FROM chain c
    JOIN public.customer_merger m ON m.tenant_id = c.tenant_id AND m.customer_id = c.into_id),
  goes_on AS (
    SELECT c.customer_id, c.into_id FROM chain c WHERE NOT EXISTS (
      SELECT 1 FROM public.customer_merger m WHERE m.tenant_id = c.tenant_id AND m.customer_id = c.into_id)),
  done AS ("""),
    ("c.tenant_id || ':' || c.customer_id AS stream", "c.tenant_id || ':' || coalesce(g.into_id, c.customer_id) AS stream"),
    ("FROM public.cover c JOIN own USING (tenant_id) WHERE",
     "FROM public.cover c JOIN own USING (tenant_id) LEFT JOIN goes_on g ON g.customer_id = c.customer_id WHERE"),
    ("""    SELECT o.stream, count(*) AS events FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':')
    WHERE""",
     """    SELECT own.tenant_id || ':' || coalesce(g.into_id::text, substr(o.stream, 38)) AS stream, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':')
    LEFT JOIN goes_on g ON g.customer_id::text = substr(o.stream, 38)
    WHERE"""),
)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_merger_tenant_id_into_id", "customer_merger", ["tenant_id", "into_id"])
    _change("cover_facts_untold", GOES_ON)
    _change("credit_facts_untold", (("fact NOT IN (", "fact NOT IN ('CoverTransferred', "),))


def _change(function: str, changes: tuple[tuple[str, str], ...]) -> None:
    check = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regproc)"))
    assert check is not None, "the check is there"
    for before, after in changes:
        assert check.count(before) == 1, f"{function} says {before!r}"
        check = check.replace(before, after)
    op.execute(check)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
