"""Small differences are listed by their day, from an index at any depth."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_difference_tenant_id_effective_on_id"), "difference", ["tenant_id", "effective_on", "id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
