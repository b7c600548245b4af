"""All tables of notify-svc, for migrations."""

from notify_svc.store import (
    case_tables,
    contact_tables,
    history_tables,
    ladder_tables,
    library_tables,
    message_tables,
    notice_tables,
    promise_tables,
    staff_tables,
)
from notify_svc.store.rows import Row

__all__ = [
    "METADATA", "case_tables", "contact_tables", "history_tables", "ladder_tables", "library_tables",
    "message_tables", "notice_tables", "promise_tables", "staff_tables",
]

METADATA = Row.metadata
