"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "customer", "ledger_import", "interest_run", "statement_run", "advisory lock", "account", "invoice",
    "delivery", "number_series", "search_task", "asked_approval")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement. The
advisory lock is the posting barrier."""
WRITTEN: Final = (
    "arrangement", "asked_group_limit", "carried_amount", "credit", "deposit_request", "dispute", "heard_promise",
    "interest_waiting", "interest_noted", "interest_account", "interest_accrual", "interest_waiver_proposal", "item",
    "ledger_import_fact", "lock_exception", "proposal", "staff", "tenant", "write_off")
"""Other tables whose rows are changed or removed, in the order in which one statement does that: whoever writes such a
row before it waits for something else holds a lock of the order above, and has met there whom it could meet here."""
