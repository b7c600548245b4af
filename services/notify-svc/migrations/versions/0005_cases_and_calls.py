"""Collection cases with what happened in them, call tasks, and the policy that opens cases."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _policy()
    _cases()
    _calls()
    protect(op, "notify", "collection_case", "call_task", facts=("collection_policy", "case_entry"))
    op.execute("REVOKE DELETE ON collection_case, call_task FROM notify_app")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")


def _policy() -> None:
    op.create_table(
        "collection_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("chronic_days", sa.Integer()),
        sa.Column("large", sa.BigInteger()),
        sa.Column("call_again_days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="pk_collection_policy"),
    )


def _cases() -> None:
    op.create_table(
        "collection_case",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("owner_code", sa.String()),
        sa.Column("next_action", sa.String()),
        sa.Column("next_action_on", sa.Date()),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("closed_on", sa.Date()),
        sa.Column("end_reason", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(stage = 'closed') = (closed_on IS NOT NULL)", name="ck_collection_case_closed_has_a_day"),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
                                name="fk_collection_case_tenant_id_customer_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_collection_case"),
    )
    op.create_index("uq_collection_case_open_once", "collection_case", ["tenant_id", "customer_id"], unique=True,
                    postgresql_where=sa.text("closed_on IS NULL"))
    op.create_index("ix_collection_case_tenant_id_customer_id_id", "collection_case",
                    ["tenant_id", "customer_id", "id"])
    op.create_table(
        "case_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String()),
        sa.ForeignKeyConstraint(["tenant_id", "case_id"], ["collection_case.tenant_id", "collection_case.id"],
                                name="fk_case_entry_tenant_id_case_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_case_entry"),
    )
    op.create_index("ix_case_entry_tenant_id_case_id_id", "case_entry", ["tenant_id", "case_id", "id"])


def _calls() -> None:
    op.create_table(
        "call_task",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("outcome", sa.String()),
        sa.Column("called_on", sa.Date()),
        sa.Column("called_by", sa.String()),
        sa.Column("note", sa.String()),
        sa.Column("promise_id", sa.Uuid()),
        sa.CheckConstraint("(outcome IS NULL) = (called_on IS NULL)", name="ck_call_task_outcome_has_a_day"),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"],
                                name="fk_call_task_tenant_id_customer_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_call_task"),
    )
    op.create_index("ix_call_task_open", "call_task", ["tenant_id", "customer_id", "due_on"],
                    postgresql_where=sa.text("outcome IS NULL"))
    op.create_index("ix_call_task_tenant_id_customer_id_id", "call_task", ["tenant_id", "customer_id", "id"])
