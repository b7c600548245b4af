"""Interest that has accrued and is no item yet."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exposure", sa.Column("accrued", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("exposure", "accrued", server_default=None)
    op.create_check_constraint(op.f("ck_exposure_accrued"), "exposure", "accrued >= 0")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
