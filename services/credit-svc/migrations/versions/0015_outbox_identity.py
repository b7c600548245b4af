"""The relay's state also knows its database and outbox table: a dump restored in the same cluster makes others."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE relay_state ADD COLUMN database_id bigint, ADD COLUMN outbox_id bigint")
    op.execute("UPDATE relay_state SET outbox_id = 'outbox_event'::regclass::oid::bigint, "
               "database_id = (SELECT oid::bigint FROM pg_database WHERE datname = current_database())")
    op.execute("ALTER TABLE relay_state ALTER COLUMN database_id SET NOT NULL, ALTER COLUMN outbox_id SET NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
