"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "tenant", "customer", "customer_class", "customer_group", "staff", "customer_number_series")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement."""
WRITTEN: Final = (
    "absence", "address", "contact", "customer_import_row", "heard_account", "heard_ageing_policy", "heard_alert",
    "heard_case", "heard_claim", "heard_credit", "heard_credit_policy", "heard_grade", "heard_hold", "heard_item",
    "heard_month", "heard_promise", "heard_reminder")
"""Other tables whose rows are changed or removed, in the order in which one statement does that: whoever writes such a
row before it waits for something else holds a lock of the order above, and has met there whom it could meet here."""
