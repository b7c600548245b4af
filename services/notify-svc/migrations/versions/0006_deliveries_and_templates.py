"""What became of a message after it left, and templates of a tenant's own."""

import sqlalchemy as sa
from alembic import op

from dunlin_kit.migrating import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("message", sa.Column("delivered_at", INSTANT))
    op.add_column("message", sa.Column("bounced_at", INSTANT))
    op.add_column("message", sa.Column("bounce", sa.String()))
    op.create_table(
        "letter_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "language", "tone", "version", name="pk_letter_template"),
    )
    protect(op, "notify", facts=("letter_template",))


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
