"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "customer", "ledger_import", "interest_run", "statement_run", "advisory lock", "account", "invoice",
    "delivery", "number_series", "search_task", "asked_approval")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement. The
advisory lock is the posting barrier."""
