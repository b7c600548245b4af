"""What an account owes by age is kept on its row; what is open, untold or recorded late is found by index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STILL_OPEN = sa.text("open > 0")
_AGE = """
UPDATE account a SET aged_on = f.day, turns_on = f.turns_on, aged = f.aged, aged_items = f.aged_items FROM (
  SELECT i.tenant_id, i.customer_id, i.currency, t.day,
         min(i.due_on + CASE WHEN t.day <= i.due_on THEN 1 WHEN t.day - i.due_on <= 30 THEN 31
                             WHEN t.day - i.due_on <= 60 THEN 61 WHEN t.day - i.due_on <= 90 THEN 91 END) AS turns_on,
         ARRAY[coalesce(sum(i.open) FILTER (WHERE t.day - i.due_on <= 0), 0),
               coalesce(sum(i.open) FILTER (WHERE t.day - i.due_on BETWEEN 1 AND 30), 0),
               coalesce(sum(i.open) FILTER (WHERE t.day - i.due_on BETWEEN 31 AND 60), 0),
               coalesce(sum(i.open) FILTER (WHERE t.day - i.due_on BETWEEN 61 AND 90), 0),
               coalesce(sum(i.open) FILTER (WHERE t.day - i.due_on > 90), 0)]::bigint[] AS aged,
         ARRAY[count(*) FILTER (WHERE t.day - i.due_on <= 0), count(*) FILTER (WHERE t.day - i.due_on BETWEEN 1 AND 30),
               count(*) FILTER (WHERE t.day - i.due_on BETWEEN 31 AND 60),
               count(*) FILTER (WHERE t.day - i.due_on BETWEEN 61 AND 90),
               count(*) FILTER (WHERE t.day - i.due_on > 90)]::bigint[] AS aged_items
  FROM item i JOIN (SELECT tenant_id, (coalesce(clock_at, now()) AT TIME ZONE zone)::date AS day FROM tenant) t
    USING (tenant_id)
  WHERE i.open > 0 GROUP BY 1, 2, 3, 4) f
WHERE a.tenant_id = f.tenant_id AND a.customer_id = f.customer_id AND a.currency = f.currency"""
_CARRY = """
UPDATE account a SET base_open = c.receivables, base_unapplied = c.credit FROM (
  SELECT tenant_id, customer_id, currency, coalesce(sum(base) FILTER (WHERE side = 'receivable'), 0) AS receivables,
         coalesce(sum(base) FILTER (WHERE side = 'credit'), 0) AS credit FROM carried_amount GROUP BY 1, 2, 3) c
WHERE a.tenant_id = c.tenant_id AND a.customer_id = c.customer_id AND a.currency = c.currency"""


def upgrade() -> None:
    empty = sa.text("'{0,0,0,0,0}'")
    op.add_column("account", sa.Column("base_open", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("base_unapplied", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("aged_on", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False))
    op.add_column("account", sa.Column("turns_on", sa.Date(), nullable=True))
    for name in ("aged", "aged_items"):
        op.add_column("account", sa.Column(
            name, postgresql.ARRAY(sa.BigInteger()), server_default=empty, nullable=False))
    op.execute(_AGE)
    op.execute(_CARRY)
    op.create_index("ix_account_turns", "account", ["tenant_id", "turns_on"],
                    postgresql_where=sa.text("turns_on IS NOT NULL"))
    for name, columns, beside in (
        ("ix_item_open_by_customer", ["tenant_id", "customer_id", "due_on", "id"], ["currency", "open", "effective_on"]),
        ("ix_item_open_by_due", ["tenant_id", "due_on", "id"], ["currency"]),
    ):
        op.drop_index(name, table_name="item")
        op.create_index(name, "item", columns, postgresql_include=beside, postgresql_where=_STILL_OPEN)
    op.drop_index("ix_item_open_by_standing_due", table_name="item")
    op.create_index("ix_item_untold", "item", ["tenant_id", "standing_due_on", "id"],
                    postgresql_where=sa.text("open > 0 AND overdue_told_version < due_version"))
    op.create_index(op.f("ix_ledger_entry_tenant_id_recorded_at"), "ledger_entry", ["tenant_id", "recorded_at"])
    op.create_index("ix_credit_paid", "credit", ["tenant_id", "customer_id", "received_on"],
                    postgresql_where=sa.text("kind = 'payment'"))


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup")
