"""Alembic's entry: the schema of customer-svc."""

from customer_svc.store import library_tables, tables
from customer_svc.store.rows import Row
from dunlin_kit.migrating import run_migrations

assert {library_tables.TenantRow.__table__, tables.CustomerRow.__table__} <= set(Row.metadata.sorted_tables)
run_migrations(Row.metadata)
