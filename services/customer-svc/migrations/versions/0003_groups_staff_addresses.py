"""Groups, staff with deputies and absences, addresses, and channels that a contact has shut."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kit.migrating import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _groups()
    _staff()
    _addresses()
    op.add_column("customer", sa.Column("group_id", sa.Uuid))
    op.add_column("customer", sa.Column("owner_id", sa.Uuid))
    for column, table in (("group_id", "customer_group"), ("owner_id", "staff")):
        op.create_foreign_key(
            f"fk_customer_tenant_id_{column}", "customer", table, ["tenant_id", column], ["tenant_id", "id"])
        op.create_index(f"ix_customer_tenant_id_{column}_number", "customer", ["tenant_id", column, "number"])
    op.add_column("contact", sa.Column("opted_out", ARRAY(sa.Text), server_default="{}", nullable=False))
    op.alter_column("contact", "opted_out", server_default=None)
    op.add_column("customer_change", sa.Column("address_id", sa.Uuid))
    protect(op, "customer", "customer_group", "staff", erasable=("address", "absence"))
    op.execute("REVOKE DELETE ON customer_group, staff FROM customer_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _groups() -> None:
    op.create_table(
        "customer_group",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("set_off", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_customer_group"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_customer_group_tenant_id_number"),
        sa.CheckConstraint("version >= 1", name="ck_customer_group_version"),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("deputy_id", sa.Uuid),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_staff"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_staff_tenant_id_code"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deputy_id"], ["staff.tenant_id", "staff.id"], name="fk_staff_tenant_id_deputy_id"),
        sa.CheckConstraint("deputy_id <> id", name="ck_staff_deputy"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_staff_language"),
    )
    op.create_table(
        "absence",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("until_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_absence"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"], name="fk_absence_tenant_id_staff_id"),
        sa.CheckConstraint("from_on <= until_on", name="ck_absence_days"),
    )
    op.create_index("ix_absence_tenant_id_staff_id_from_on", "absence", ["tenant_id", "staff_id", "from_on"])


def _addresses() -> None:
    op.create_table(
        "address",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("purposes", ARRAY(sa.Text), nullable=False),
        sa.Column("recipient", sa.Text),
        sa.Column("street", sa.Text, nullable=False),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_address"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"],
            name="fk_address_tenant_id_customer_id"),
    )
    op.create_index("ix_address_tenant_id_customer_id_id", "address", ["tenant_id", "customer_id", "id"])
