"""Alembic's entry: the schema of notify-svc."""

from dunlin_kit.migrating import run_migrations
from notify_svc.store.tables import METADATA

run_migrations(METADATA)
