"""Customers that were merged go on as others; an item may be heard of under both, each has a row of its own."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

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
    ("coalesce(c.customer_id::text, '') AS stream", "coalesce(g.into_id::text, c.customer_id::text, '') AS stream"),
    ("FROM changed c GROUP BY", "FROM changed c LEFT JOIN goes_on g ON g.customer_id = c.customer_id GROUP BY"),
    ("""    SELECT o.stream, split_part(o.type, '.', 3) AS fact, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':') GROUP BY 1, 2)""",
     """    SELECT own.tenant_id || ':' || coalesce(g.into_id::text, substr(o.stream, 38)) AS stream,
           split_part(o.type, '.', 3) AS fact, count(*) AS events
    FROM public.outbox_event o JOIN own ON starts_with(o.stream, own.tenant_id || ':')
    LEFT JOIN goes_on g ON g.customer_id::text = substr(o.stream, 38) GROUP BY 1, 2)"""),
    ("fact NOT IN (", "fact NOT IN ('AuthorizationTransferred', "),
)
"""What was told of a customer that was merged is checked together with what stands under the one that goes on."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_merger",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("into_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name=op.f("pk_customer_merger")),
    )
    protect(op, "credit", "customer_merger")
    op.drop_constraint("pk_owed_item", "owed_item", type_="primary")
    op.create_primary_key("pk_owed_item", "owed_item", ["tenant_id", "item_id", "customer_id"])
    check = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('credit_facts_untold'::regproc)"))
    assert check is not None, "the check is there"
    for before, after in GOES_ON:
        assert check.count(before) == 1, f"it says {before!r}"
        check = check.replace(before, after)
    op.execute(check)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
