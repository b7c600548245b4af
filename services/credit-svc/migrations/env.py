"""Brings the schema of credit-svc up, as its owner."""

import credit_svc.store.alert_tables
import credit_svc.store.claim_tables
import credit_svc.store.conduct_tables
import credit_svc.store.cover_tables
import credit_svc.store.group_tables
import credit_svc.store.hold_tables
import credit_svc.store.kept_tables
import credit_svc.store.library_tables
import credit_svc.store.limit_tables
import credit_svc.store.rating_tables
import credit_svc.store.staff_tables
import credit_svc.store.tables  # noqa: F401
from credit_svc.store.rows import Row
from dunlin_kit.migrating import run_migrations

run_migrations(Row.metadata)
