"""Alembic's entry: the schema of customer-svc."""

from customer_svc.store import heard_tables, library_tables, relationship_tables, tables
from customer_svc.store.rows import Row
from dunlin_kit.migrating import run_migrations

KNOWN = {
    library_tables.TenantRow.__table__, relationship_tables.StaffRow.__table__, tables.CustomerRow.__table__,
    heard_tables.HeardAccountRow.__table__}
assert set(Row.metadata.sorted_tables) >= KNOWN
run_migrations(Row.metadata)
