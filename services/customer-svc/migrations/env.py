"""Alembic's entry: the schema of customer-svc."""

from customer_svc.store import (
    class_tables,
    heard_tables,
    import_tables,
    interaction_tables,
    library_tables,
    relationship_tables,
    tables,
)
from customer_svc.store.rows import Row
from dunlin_kit.migrating import run_migrations

KNOWN = {
    library_tables.TenantRow.__table__, relationship_tables.StaffRow.__table__, tables.CustomerRow.__table__,
    heard_tables.HeardAccountRow.__table__, class_tables.CustomerClassRow.__table__,
    interaction_tables.InteractionRow.__table__, import_tables.CustomerImportRowRow.__table__}
assert set(Row.metadata.sorted_tables) >= KNOWN
run_migrations(Row.metadata)
