"""What the archive keeps of what billing-svc, credit-svc and notify-svc told; all of it can be built again."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _ledger()
    _credit()
    _reminders()
    for table, column in (("heard_item", ["due_on"]), ("heard_hold", []), ("heard_promise", [])):
        name = "_".join(["ix", table, "tenant_id", "customer_id", *column])
        op.create_index(name, table, ["tenant_id", "customer_id", *column])
    protect(op, "customer", "heard_account", "heard_item", "heard_month", "heard_credit", "heard_hold",
            "heard_reminder", "heard_promise")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _table(name: str, *columns: sa.Column[object], key: tuple[str, ...]) -> None:
    op.create_table(
        name, sa.Column("tenant_id", sa.Uuid, nullable=False), *columns,
        sa.PrimaryKeyConstraint("tenant_id", *key, name=f"pk_{name}"))


def _ledger() -> None:
    _table(
        "heard_account",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("open", sa.BigInteger, nullable=False),
        sa.Column("disputed", sa.BigInteger, nullable=False),
        sa.Column("unapplied", sa.BigInteger, nullable=False),
        sa.Column("last_invoiced_on", sa.Date),
        sa.Column("last_paid_on", sa.Date),
        sa.Column("last_paid", sa.BigInteger),
        key=("customer_id", "currency"),
    )
    _table(
        "heard_item",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("open", sa.BigInteger, nullable=False),
        sa.Column("disputed", sa.BigInteger, nullable=False),
        sa.Column("settled_on", sa.Date),
        key=("id",),
    )
    _table(
        "heard_month",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("billed", sa.BigInteger, nullable=False),
        sa.Column("cash", sa.BigInteger, nullable=False),
        sa.Column("invoices", sa.Integer, nullable=False),
        key=("customer_id", "currency", "month"),
    )


def _credit() -> None:
    _table(
        "heard_credit",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("base", sa.BigInteger),
        sa.Column("base_from", sa.Date),
        sa.Column("base_until", sa.Date),
        sa.Column("temporary", sa.BigInteger),
        sa.Column("temporary_from", sa.Date),
        sa.Column("temporary_until", sa.Date),
        key=("customer_id", "currency"),
    )
    _table(
        "heard_hold",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT),
        key=("id",),
    )


def _reminders() -> None:
    _table(
        "heard_reminder",
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("reminders", sa.Integer, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("last_level", sa.Integer, nullable=False),
        key=("customer_id",),
    )
    _table(
        "heard_promise",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("promised_on", sa.Date, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        key=("id",),
    )
