"""All tables of notify-svc, for migrations."""

from notify_svc.store import ladder_tables, library_tables, message_tables
from notify_svc.store.rows import Row

__all__ = ["METADATA", "ladder_tables", "library_tables", "message_tables"]

METADATA = Row.metadata
